"""The revision that a change is compared with, in the project's own repository.

Each way in which a clone can lack what the comparison needs ends in an error that says what to fetch: a comparison with less
would pass for want of tests to miss.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from muster.adapters.git_log import log_between
from muster.adapters.git_objects import Repository, blob_id
from muster.adapters.revision_tree import BLOB, RevisionTree, read_listing
from muster.errors import UsageError
from muster.model.history import CommitFiles
from muster.ports import EntryKind, FileTree

DEFAULT_BRANCHES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")

LOG_BUDGET_S = 20.0
_SHOWN = 3


class GitBase:
    """The base `reference` of the project at `root`; "" is the merge base with the default branch. `close` ends its readers.

    What is compared with is the merge base of `HEAD` and the reference: what others have merged since is nobody's loss.
    On the default branch itself, where the two are one, it is the parent of `HEAD`.
    Raises `UsageError` where there is none.
    """

    def __init__(self, root: str, disk: FileTree, reference: str = "") -> None:
        here = Repository(root)
        if not here:
            raise UsageError(
                f"there is no revision to compare with: {here.failure}; without git, `muster baseline record` keeps one"
            )
        self._disk = disk
        self._repository = Repository(here.top)
        self._root = root
        self.head = self._repository.head
        self.name, self.against = self._resolve(reference)
        self._absent = _left_out(self._repository, disk, root)
        self._trees: dict[str, RevisionTree] = {}

    def close(self) -> None:
        """End the readers of objects."""
        for tree in self._trees.values():
            tree.close()

    def tree(self, revision: str = "") -> RevisionTree:
        """The world as of the commit `revision`, by default of the base."""
        revision = revision or self.name
        if revision not in self._trees:
            self._trees[revision] = RevisionTree(self._repository, revision, self._disk, absent=self._absent)
        return self._trees[revision]

    def stamps(self, revision: str) -> Mapping[str, str]:
        """The files of the commit `revision` to the stamps that they have in its tree."""
        return self.tree(revision).blobs()

    def stamp_of(self, content: bytes) -> str:
        """The stamp of a file with this content: git's name of it (`git help hash-object`)."""
        return BLOB + blob_id(content, len(self.head))

    def commits(self) -> Sequence[CommitFiles]:
        """The commits from the base to `HEAD` along first parents, oldest first, with the files that each changed."""
        top = self._repository.top.rstrip("/")
        log = log_between(self._repository, self.name, self.head, LOG_BUDGET_S)
        return [
            CommitFiles(entry.commit, frozenset(f"{top}/{path}" for change in entry.changes for path in change.paths))
            for entry in reversed(log.entries)
        ]

    def complain(self) -> None:
        """Raise `UsageError` where the base could not be read in full."""
        gaps = self.tree().gaps
        if gaps.contents:
            raise UsageError(
                f"the base {self.name[:10]} cannot be read: this partial clone has not fetched {self._list(gaps.contents)}; "
                "git fetch --refetch --no-filter origin"
            )
        if gaps.pointers:
            raise UsageError(
                f"the base {self.name[:10]} cannot be read: git-lfs has not fetched {self._list(gaps.pointers)}; "
                f"git lfs fetch origin {self.name[:10]}"
            )
        lacking = {folder: commit for folder, commit in gaps.submodules.items() if commit}
        for folder, commit in lacking.items():
            raise UsageError(
                f"the base {self.name[:10]} cannot be read: the submodule {self._short(folder)} has no commit "
                f"{commit[:10]} here; git -C {self._short(folder)} fetch origin {commit[:10]}"
            )

    def refuse_sparse(self, folders: Iterable[str]) -> None:
        """Raise `UsageError` where a sparse checkout leaves out Python files below `folders`: their tests would not be missed."""
        top, below = self._repository.top.rstrip("/"), tuple(folder.rstrip("/") + "/" for folder in folders)
        missed = [
            f"{top}/{name}" for name in self._absent if name.endswith(".py") and f"{top}/{name}".startswith(below)
        ]
        if missed:
            raise UsageError(
                f"a sparse checkout leaves out {self._list(missed)}: compare folders that are checked out, or "
                "git sparse-checkout disable"
            )

    def notes(self) -> tuple[str, ...]:
        """What both sides of the comparison leave out."""
        notes = []
        empty = [folder for folder, commit in self.tree().gaps.submodules.items() if not commit]
        if empty:
            notes.append(
                f"submodules that are not checked out are compared on neither side: {self._list(empty)}; "
                "git submodule update --init"
            )
        if self._absent:
            notes.append(
                f"a sparse checkout leaves out {len(self._absent)} files, which are compared on neither side; "
                "git sparse-checkout disable"
            )
        return tuple(notes)

    # Which revision -------------------------------------------------------------------------------------------------

    def _resolve(self, reference: str) -> tuple[str, str]:
        if reference:
            commit = self._commit(reference)
            if not commit:
                raise UsageError(self._missing(reference))
            base = self._merge_base(commit, reference)
            return base, reference if base == commit else f"the merge base with {reference}"
        branch = next((name for name in DEFAULT_BRANCHES if self._commit(name)), "")
        if not branch:
            raise UsageError(
                "there is no default branch to compare with (origin/HEAD, main, master): name a revision with --base, or "
                "git fetch origin main"
            )
        base = self._merge_base(self._commit(branch), branch)
        if base != self.head:
            return base, f"the merge base with {branch}"
        parent = self._commit("HEAD^")
        if not parent and self._repository.is_shallow:
            raise UsageError("the parent of HEAD is not in this shallow clone: git fetch --deepen=1")
        return (parent, f"the parent of HEAD, which {branch} has") if parent else (base, "HEAD")

    def _commit(self, reference: str) -> str:
        return Repository(self._repository.top, reference).head

    def _missing(self, reference: str) -> str:
        failure = Repository(self._repository.top, reference).failure
        words = f"--base {reference}: this repository has no such revision"
        if "no revision" in failure:
            return f"--base {failure}"
        if self._repository.is_shallow:
            return f"{words}; the clone is shallow: git fetch --unshallow (or fetch-depth: 0 in CI)"
        return f"{words}; git fetch origin {reference.removeprefix('origin/')}"

    def _merge_base(self, commit: str, reference: str) -> str:
        told = self._repository.run("merge-base", self.head, commit)
        base = told.data.decode("ascii", "replace").strip()
        if base:
            return base
        if self._repository.is_shallow:
            raise UsageError(
                f"this shallow clone does not go back to where HEAD and {reference} part: git fetch --unshallow "
                "(or fetch-depth: 0 in CI)"
            )
        raise UsageError(f"HEAD and {reference} have no commit in common: name another revision with --base")

    # Words ----------------------------------------------------------------------------------------------------------

    def _short(self, path: str) -> str:
        return path.removeprefix(self._root.rstrip("/") + "/")

    def _list(self, paths: Iterable[str]) -> str:
        names = sorted(map(self._short, paths))
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        return ", ".join(names[:_SHOWN]) + more


def _left_out(repository: Repository, disk: FileTree, root: str) -> frozenset[str]:
    """The tracked files, below the repository's top, that a sparse checkout keeps out of the work tree."""
    told = read_listing(repository, "ls-files", "-z", "-t", "--cached")
    top = repository.top.rstrip("/")
    names = (entry[2:].decode("utf-8", "surrogateescape") for entry in told.split(b"\0") if entry[:2] == b"S ")
    return frozenset(name for name in names if disk.kind(f"{top}/{name}") is not EntryKind.FILE)
