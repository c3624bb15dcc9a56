"""Which of the commits since the base lost a test: the first in whose tree it is not collected.

What a commit changed narrows the choice, often to one. Where several are left, the files in question are simulated in their
trees, by halves; a test that goes on under another id there is still collected.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from posixpath import basename, dirname, join, normpath

from muster.comparison import Behind, Difference, Fate, Silent, Version, bare_id
from muster.model.collection import Loss
from muster.model.commit import Commit
from muster.model.history import CommitFiles
from muster.ports import Clock, EntryKind, FileTree, ReadFailure, Revisions
from muster.usecases.command import extend_command
from muster.usecases.plan import Plan
from muster.usecases.revision_facts import at_revision
from muster.usecases.simulate import Ports, simulate

BUDGET_S = 10.0
"""So long commits are looked into; of what is left then no commit is named."""

UNCOMMITTED = Commit("", subject="a change that is not committed")

_CONFIGURATION = frozenset((
    "pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "tox.ini", "setup.cfg", "pyproject.toml", "muster.toml",
    "conftest.py",
))  # fmt: skip
_LOCAL = frozenset(("M401", "M402", "M403", "M404", "M406", "M408", "M409"))
"""Codes whose cause stands in the file itself, or in the configuration."""

_SHOWN_ALONE = frozenset(("M401", "M402", "M406", "M408", "M409"))
"""Codes that show when the file is named on the command line: no pattern and no exclusion applies to it then."""


@dataclass(frozen=True, slots=True)
class Blame:
    """The commits of losses (by their identity) and of newly blocked files; `UNCOMMITTED` for what is in the work tree only."""

    losses: Mapping[int, Commit] = field(default_factory=dict)
    files: Mapping[str, Commit] = field(default_factory=dict)


NO_BLAME = Blame()


@dataclass(frozen=True, slots=True)
class _Suspect:
    """One loss or blocked file, shown by one test of it: its bare id, and the files that it may be in, its own first."""

    key: int | str
    bare: str
    files: tuple[str, ...]
    candidates: tuple[int, ...]
    is_whole: bool
    """Whether only the whole session shows it."""


def find_commits(
    ports: Ports,
    clock: Clock,
    revisions: Revisions,
    plan: Plan,
    found: Difference,
    fates: Mapping[str, Fate],
    before: Version,
    rootdir: str,
) -> Blame:
    """The commit behind each silent loss and each newly blocked file among `fates`; node ids of the version `before` are
    relative to `rootdir`."""
    commits = revisions.commits()
    inquiry = _Inquiry(ports, clock, revisions, plan, commits, before)
    suspects = [inquiry.suspect(*each, rootdir) for each in _questions(found, fates)]
    answers: dict[int | str, Commit] = {}
    groups: dict[tuple[tuple[int, ...], bool], list[_Suspect]] = {}
    for suspect in suspects:
        groups.setdefault((suspect.candidates, suspect.is_whole), []).append(suspect)
    for (candidates, _), members in groups.items():
        answers.update(inquiry.decide(candidates, members))
    return Blame(
        {key: commit for key, commit in answers.items() if isinstance(key, int)},
        {key: commit for key, commit in answers.items() if isinstance(key, str)},
    )


def _questions(found: Difference, fates: Mapping[str, Fate]) -> Iterable[tuple[int | str, str, Loss | None]]:
    """One test for each loss and blocked file."""
    seen: set[int | str] = set()
    for bare, fate in fates.items():
        key: int | str
        cause: Loss | None = None
        match fate:
            case Silent(loss=loss):
                key, cause = id(loss), loss
            case Behind(path=path) if path in found.blocked:
                key = path
            case _:
                continue
        if key not in seen:
            seen.add(key)
            yield key, bare, cause


class _Inquiry:
    """What all questions of one comparison share."""

    def __init__(
        self,
        ports: Ports,
        clock: Clock,
        revisions: Revisions,
        plan: Plan,
        commits: Sequence[CommitFiles],
        before: Version,
    ) -> None:
        self._ports, self._clock, self._revisions, self._plan = ports, clock, revisions, plan
        self._before = before
        self._commits = commits
        self._deadline = clock.monotonic() + BUDGET_S
        self._dirty: dict[str, bool] = {}
        self._stamps: Mapping[str, str] | None = None
        self._configuration = [
            position
            for position, each in enumerate(commits)
            if any(basename(path) in _CONFIGURATION for path in each.paths)
        ]

    def suspect(self, key: int | str, bare: str, loss: Loss | None, rootdir: str) -> _Suspect:
        """The question, with the commits that come into it; the last number stands for the work tree."""
        own = normpath(join(rootdir, bare.partition("::")[0]))
        files = tuple(dict.fromkeys((own, loss.culprit.path) if loss is not None else (own,)))
        every = tuple(range(len(self._commits) + 1))
        candidates: list[int] = []
        if loss is not None and loss.kind in _LOCAL:
            touched = [position for position, each in enumerate(self._commits) if not each.paths.isdisjoint(files)]
            candidates = sorted({*touched, *self._configuration})
            if any(self._is_dirty(file) for file in (*files, *_configuration_of(own, rootdir))):
                candidates.append(len(self._commits))
        is_whole = loss is not None and loss.kind not in _SHOWN_ALONE and "::" not in loss.subject
        return _Suspect(key, bare, files, tuple(candidates) or every, is_whole)

    def _is_dirty(self, path: str) -> bool:
        """Whether the work tree's file is not that of the last commit."""
        if path not in self._dirty:
            content = _content(self._ports.tree, path)
            # The name of a content tells without reading it from git; that of a pointer (git-lfs) is not its content's.
            is_same = content is not None and self._last_stamps().get(path) == self._revisions.stamp_of(content)
            self._dirty[path] = not is_same and (not self._commits or content != self._committed(path))
        return self._dirty[path]

    def _last_stamps(self) -> Mapping[str, str]:
        if self._stamps is None:
            self._stamps = self._revisions.stamps(self._commits[-1].commit.sha) if self._commits else {}
        return self._stamps

    def _committed(self, path: str) -> bytes | None:
        """What the last commit has there."""
        return _content(self._revisions.tree(self._commits[-1].commit.sha), path)

    def decide(self, candidates: tuple[int, ...], suspects: Sequence[_Suspect]) -> dict[int | str, Commit]:
        """The candidate that did it, for each of `suspects`; none of those for which the time did not suffice."""
        if len(candidates) == 1:
            return dict.fromkeys((suspect.key for suspect in suspects), self._commit(candidates[0]))
        if self._clock.monotonic() > self._deadline:
            return {}
        middle = (len(candidates) - 1) // 2
        present = self._collected_after(candidates[middle], suspects)
        later = [suspect for suspect in suspects if suspect.key in present]
        earlier = [suspect for suspect in suspects if suspect.key not in present]
        answers: dict[int | str, Commit] = {}
        if later:
            answers |= self.decide(candidates[middle + 1 :], later)
        if earlier:
            answers |= self.decide(candidates[: middle + 1], earlier)
        return answers

    def _commit(self, position: int) -> Commit:
        return self._commits[position].commit if position < len(self._commits) else UNCOMMITTED

    def _collected_after(self, position: int, suspects: Sequence[_Suspect]) -> set[int | str]:
        """Those of `suspects` that the tree of that commit still collects."""
        commit = self._commits[position].commit.sha
        tree = self._revisions.tree(commit)
        files = {file for suspect in suspects for file in suspect.files if tree.kind(file) is EntryKind.FILE}
        if not files:
            return set()
        is_whole = any(suspect.is_whole for suspect in suspects)
        command = self._plan.command if is_whole else extend_command(self._plan.command, sorted(files), [])
        request = replace(self._plan, command=command).request
        items = simulate(
            at_revision(self._ports, commit, tree, self._revisions.stamps(commit)), request
        ).collection.items
        bare = {bare_id(item.nodeid) for item in items}
        version = Version.of_tree(tree)
        digests = {
            block.digest
            for path, line in {(item.path, item.line) for item in items if item.line}
            if (block := version.at(path, line)) is not None
        }
        return {suspect.key for suspect in suspects if suspect.bare in bare or self._said(suspect) in digests}

    def _said(self, suspect: _Suspect) -> str:
        """What the `def` of its test said in the base; "" where it has none there."""
        blocks = self._before.named(suspect.files[0], tuple(suspect.bare.split("::")[1:]))
        return blocks[-1].digest if blocks else ""


def _configuration_of(path: str, rootdir: str) -> Iterator[str]:
    """The conftests above the file, and whatever may configure pytest and Muster at the root."""
    folder = dirname(path)
    while folder.startswith(rootdir.rstrip("/") + "/"):
        yield f"{folder}/conftest.py"
        folder = dirname(folder)
    yield from (f"{rootdir}/{name}" for name in sorted(_CONFIGURATION))


def _content(tree: FileTree, path: str) -> bytes | None:
    try:
        return tree.read(path)
    except ReadFailure:
        return None
