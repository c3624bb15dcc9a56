"""What became of each test that is gone.

A test that still stands in the sources, or that says the same under a name that is not collected, is silently lost. One
whose own lines are gone was deleted on purpose, or goes on under another node id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from posixpath import join, normpath

from muster.comparison.callers import serves_others
from muster.comparison.difference import Difference, TestGroup, bare_id
from muster.comparison.matching import likeness, match_tests
from muster.comparison.origins import Origin, find_origin
from muster.comparison.reasons import place_of_change, why_not_collected
from muster.comparison.renaming import Renamings
from muster.comparison.sides import Sides
from muster.comparison.unparsed import stands_in_pieces
from muster.facts.blocks import Block
from muster.model.collection import Collection, Item, Loss, Outcome, SyntaxFailure
from muster.model.location import Location

ALIKE = 0.8
"""A function that is new under a name that is not collected is the test where so much of it is the same."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """Its own lines were removed."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """It is collected as the bare id `to`."""

    to: str


@dataclass(frozen=True, slots=True)
class Kept:
    """It runs all the same, as `by`: through a subclass."""

    by: str


@dataclass(frozen=True, slots=True)
class Behind:
    """Its file, or what stands above that, fails."""

    path: str


@dataclass(frozen=True, slots=True)
class Silent:
    """It is lost: `loss` says by what."""

    loss: Loss


@dataclass(frozen=True, slots=True)
class Unsure:
    """Whether it is collected depends on code that was not run."""

    reason: str


_OF_FOLDERS = frozenset(("M401", "M403", "M404", "M407", "M408"))
"""Codes that can take a whole class, file or folder."""

Fate = Deleted | Renamed | Kept | Behind | Silent | Unsure


def judge_tests(found: Difference, collection: Collection, sides: Sides) -> dict[str, Fate]:
    """The fate of each bare id that `found` misses in `collection`, which is the later one."""
    return _Court(found, collection, sides).judge()


class _Court:
    """What all judgements of one comparison share."""

    def __init__(self, found: Difference, collection: Collection, sides: Sides) -> None:
        self._found = found
        self._collection = collection
        self._sides = sides
        self._losses = _by_nodeid(collection.losses)
        self._subjects = {loss.subject.rstrip("/"): loss for loss in collection.losses if loss.kind in _OF_FOLDERS}
        self._skipped = {loss.culprit.path: loss for loss in collection.losses if loss.kind == "M407"}
        self._uncollected_files = {
            loss.culprit.path: loss for loss in collection.losses if loss.subject.endswith(".py")
        }
        self._deselected = {bare_id(nodeid) for nodeid in collection.deselected}
        self._renamed: dict[str, Loss] = {}
        self._followed: set[str] = set()
        self._fresh: dict[tuple[str, ...], list[tuple[str, Block]]] | None = None
        self._running = {(item.path, item.line): item.nodeid for item in collection.items if item.line}
        self._reports = {report.path: report for report in collection.reports}
        self._blocked = {path for path, _ in collection.blocked} | {
            report.path for report in collection.reports if report.outcome is Outcome.FAILED
        }

    def judge(self) -> dict[str, Fate]:
        sides = self._sides
        fates: dict[str, Fate] = {}
        gone: list[Origin] = []
        self._follow_renamings(fates)
        for group in self._found.lost:
            if group.bare in fates:
                continue
            origin = find_origin(group, sides.before, sides.rootdir_before)
            fate = self._standing(origin)
            if fate is None:
                gone.append(origin)
            else:
                fates[group.bare] = fate
        fates |= self._departed(gone)
        return fates

    def _follow_renamings(self, fates: dict[str, Fate]) -> None:
        """Add the fates of tests in files that say the same but for names: those of the tests that bear the new ones."""
        if self._sides.rootdir_before != self._sides.rootdir_after:
            return
        renamings = Renamings(self._sides)
        behind = {bare_id(item.nodeid) for _, items in self._collection.blocked for item in items}
        for group in self._found.lost:
            path = normpath(join(self._sides.rootdir_before, group.file))
            now = renamings.of_test(path, group.names)
            bare = "::".join((group.file, *now.names)) if now is not None else ""
            if now is None or bare in self._found.before:
                continue
            if bare in self._found.after:
                fates[group.bare] = Renamed(bare)
            elif bare in behind:
                fates[group.bare] = Behind(path)
            elif bare in self._losses:
                fates[group.bare] = Silent(self._losses[bare])
            elif now.is_whole and (group.item.path, group.item.line) not in self._running:
                text = f"it is '{'.'.join(now.names)}' now, which is not collected"
                fates[group.bare] = Silent(
                    self._named_away(group, now.names[: now.size], Location(path, now.line), text)
                )
            else:
                continue
            self._followed.add(bare)

    # What still stands in its place ---------------------------------------------------------------------------------

    def _standing(self, origin: Origin) -> Fate | None:
        """The fate of a test whose own lines are still where they were; None where they are not."""
        sides, after = self._sides, self._sides.after
        blocks = after.named(origin.path, origin.names)
        kind = origin.block.kind if origin.block is not None else ""
        if origin.block is None:
            is_there = after.has(origin.path) and self._is_named(origin)
        elif origin.is_own:
            is_there = any(block.kind == kind for block in blocks)
        else:
            has_class = origin.owner is None or bool(after.named(origin.path, origin.owner.names))
            is_there = has_class and bool(after.named(origin.path_of_block, origin.block.names))
            is_there = is_there and after.has(origin.path)
        if not is_there:
            is_cut = self._is_unparsed(origin.path) and stands_in_pieces(origin, sides)
            return Behind(origin.path) if is_cut else None
        return self._uncollected(origin, next((block for block in reversed(blocks) if block.kind == kind), None))

    def _is_named(self, origin: Origin) -> bool:
        """Whether a test that no `def` of its name makes may still be made: by the same class or file."""
        if origin.owner is not None:
            return bool(self._sides.after.named(origin.path, origin.owner.names))
        return self._sides.before.outline(origin.path) == self._sides.after.outline(origin.path)

    def _uncollected(self, origin: Origin, block: Block | None) -> Fate:
        """Why a test that stands in the sources is not collected."""
        bare, path = origin.group.bare, origin.path
        if path in self._blocked or self._is_below_failure(path):
            return Behind(path)
        loss = self._losses.get(bare) or self._loss_above(origin)
        if loss is not None:
            return Silent(loss)
        report = self._reports.get(path)
        if report is not None and report.outcome is Outcome.UNDECIDED:
            return Unsure(report.reason or "what it collects depends on code that was not run")
        if bare in self._deselected:
            return Silent(_own_loss(origin, "deselected", "an option deselects it", Location(path)))
        change = why_not_collected(origin, block, self._sides.after)
        place = place_of_change(origin, block)
        return Silent(_own_loss(origin, change.kind, change.text, place))

    def _is_unparsed(self, path: str) -> bool:
        report = self._reports.get(path)
        return (
            report is not None and report.exception is not None and isinstance(report.exception.detail, SyntaxFailure)
        )

    def _is_below_failure(self, path: str) -> bool:
        return any(path.startswith(folder + "/") for folder in self._blocked)

    def _loss_above(self, origin: Origin) -> Loss | None:
        """The loss of the class, file or folder that holds the test."""
        for end in _ends(origin.group.bare):
            if end in self._subjects:
                return self._subjects[end]
        return self._skipped.get(origin.path)

    # What does not ---------------------------------------------------------------------------------------------------

    def _departed(self, gone: Sequence[Origin]) -> dict[str, Fate]:
        """The fates of tests whose own lines are gone from their place."""
        sides = self._sides
        gained = [
            find_origin(group, sides.after, sides.rootdir_after)
            for group in self._found.gained
            if group.bare not in self._followed
        ]
        renamed = match_tests(gone, gained)
        fates: dict[str, Fate] = {old: Renamed(new) for old, new in renamed.items()}
        left = [origin for origin in gone if origin.group.bare not in fates]
        blocked = match_tests(left, list(self._in_blocked()))
        fates |= {
            old: Behind(normpath(join(sides.rootdir_after, new.partition("::")[0]))) for old, new in blocked.items()
        }
        left = [origin for origin in left if origin.group.bare not in fates]
        uncollected = match_tests(left, list(self._in_losses()))
        fates |= {old: Silent(self._losses[new]) for old, new in uncollected.items()}
        for origin in left:
            if origin.group.bare not in fates:
                fates[origin.group.bare] = self._survivor(origin) or Deleted()
        return fates

    def _in_blocked(self) -> Iterator[Origin]:
        """The tests behind failures of files that the baseline has not: moved there."""
        for _, items in self._collection.blocked:
            for item in items:
                group = TestGroup(bare_id(item.nodeid), item)
                if group.bare not in self._found.before and group.bare not in self._followed:
                    yield find_origin(group, self._sides.after, self._sides.rootdir_after)

    def _in_losses(self) -> Iterator[Origin]:
        """The tests that the later collection itself knows to be lost, and the baseline did not have."""
        for nodeid, loss in self._losses.items():
            if not (nodeid in self._followed or nodeid in self._found.before or nodeid in self._found.after):
                group = TestGroup(nodeid, Item(nodeid, loss.culprit.path))
                origin = find_origin(group, self._sides.after, self._sides.rootdir_after)
                if not self._sides.before.named(origin.path, origin.names):
                    yield origin

    def _survivor(self, origin: Origin) -> Fate | None:
        """The fate of a test that is still written somewhere, under another name."""
        if origin.block is None or not origin.is_own:
            return self._with_its_class(origin) or self._with_its_definition(origin)
        own = ((origin.path, block) for block in self._sides.after.blocks(origin.path))
        for path, block in chain(own, self._fresh_namesakes(origin.names)):
            fate = self._as_survivor(origin, path, block)
            if fate is not None:
                return fate
        return None

    def _with_its_class(self, origin: Origin) -> Fate | None:
        """The loss of an inherited test whose class is still there, under a name that is not collected."""
        owner, path = origin.owner, origin.path
        for block in self._sides.after.blocks(path) if owner is not None else ():
            is_same = (
                (block.kind, block.digest, block.bases) == ("class", owner.digest, owner.bases) if owner else False
            )
            if is_same and not self._sides.before.named(path, block.names):
                return Silent(self._renamed_away(origin, path, block))
        for other, loss in self._uncollected_files.items():
            moved = self._sides.after.named(other, owner.names) if owner is not None else []
            if owner is not None and any(block.digest == owner.digest for block in moved):
                return Silent(loss)
        return None

    def _with_its_definition(self, origin: Origin) -> Fate | None:
        """The fate of an inherited test is that of the `def` which it inherits, where its class is still there."""
        if origin.block is None or origin.is_own:
            return None
        if origin.owner is not None and not self._sides.after.named(origin.path, origin.owner.names):
            return None
        path = origin.path_of_block
        return self._survivor(replace(origin, path=path, names=origin.block.names, owner=None))

    def _fresh_namesakes(self, names: tuple[str, ...]) -> Iterator[tuple[str, Block]]:
        """What bears the names in new files; what says the same elsewhere under another name is a helper."""
        if self._fresh is None:
            self._fresh = {}
            for path in self._sides.new_files():
                for block in self._sides.after.blocks(path):
                    self._fresh.setdefault(block.names, []).append((path, block))
        yield from self._fresh.get(names, ())

    def _as_survivor(self, origin: Origin, path: str, block: Block) -> Fate | None:
        assert origin.block is not None
        if block.kind != origin.block.kind:
            return None
        is_elsewhere = path != origin.path
        is_new = is_elsewhere or not self._sides.before.named(path, block.names)
        if not is_new and len(self._sides.after.named(path, block.names)) < 2:
            return None
        is_same = block.digest == origin.block.digest
        if not is_new:
            return self._as_shadowed(origin, path, block) if is_same else None
        if is_elsewhere and not is_same:
            return None
        running = self._running.get((path, block.line))
        if running is not None:
            return Kept(running) if is_same else None
        if not is_same and not _is_edited(origin, path, block):
            return None
        if serves_others(origin, path, block, self._sides):
            return None
        return Silent(self._renamed_away(origin, path, block))

    def _renamed_away(self, origin: Origin, path: str, block: Block) -> Loss:
        """The loss of a test whose own name, or whose class's or file's, is another one that is not collected."""
        if path != origin.path and path in self._uncollected_files:
            return self._uncollected_files[path]
        text = f"it is '{'.'.join(block.names)}' now, which is not collected"
        size = next(
            (at + 1 for at, pair in enumerate(zip(origin.names, block.names, strict=False)) if len(set(pair)) > 1), 0
        )
        if path != origin.path or len(block.names) not in (len(origin.names), len(origin.names) - 1) or not size:
            return _own_loss(origin, "renamed", text, Location(path, block.line))
        named = self._sides.after.named(path, block.names[:size])
        place = Location(path, named[-1].line if named else block.line)
        return self._named_away(origin.group, block.names[:size], place, text)

    def _named_away(self, group: TestGroup, names: tuple[str, ...], place: Location, text: str) -> Loss:
        """The one loss of the definition `names`, which no pattern matches, in the file of `group`."""
        subject = "::".join((group.file, *names))
        if subject not in self._renamed:
            self._renamed[subject] = Loss("M403", subject, place, (group.bare,), 1, text)
        return self._renamed[subject]

    def _as_shadowed(self, origin: Origin, path: str, block: Block) -> Fate | None:
        """The loss of one of several definitions of a name."""
        lines = [each.line for each in self._sides.after.named(path, block.names)]
        owners = {block.names[:size] for size in range(1, len(block.names) + 1)}
        for loss in self._collection.losses:
            is_here = loss.kind == "M402" and loss.culprit.path == path
            if is_here and tuple(loss.subject.split("::")[1:]) in owners:
                return Silent(loss)
        if all((path, line) in self._running for line in lines):
            return None
        text = f"'{'.'.join(block.names)}' is defined on lines {', '.join(map(str, lines))}"
        subject = "::".join((origin.group.file, *block.names))
        return Silent(Loss("M402", subject, Location(path, block.line), (origin.group.bare,), 1, text))


def _by_nodeid(losses: Iterable[Loss]) -> dict[str, Loss]:
    found: dict[str, Loss] = {}
    for loss in losses:
        for nodeid in loss.lost:
            found.setdefault(bare_id(nodeid), loss)
    return found


def _own_loss(origin: Origin, root: str, text: str, place: Location) -> Loss:
    return Loss("M406", origin.group.bare, place, (origin.group.bare,), 1, text, root=root)


def _is_edited(origin: Origin, path: str, block: Block) -> bool:
    """Whether `block`, of the same class, is the test after some editing."""
    assert origin.block is not None
    if path != origin.path or block.names[:-1] != origin.names[:-1] or not origin.block.text:
        return False
    return likeness(origin.block, block) >= ALIKE


def _ends(bare: str) -> Iterator[str]:
    """The class, file and folders that hold the test, the nearest first."""
    while (cut := max(bare.rfind("::"), bare.rfind("/"))) > 0:
        bare = bare[:cut]
        yield bare
