"""M301: a file that does not parse. What made it so can be undone line by line; of a merge conflict, one side can be kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice

from muster.fixes.site import Site
from muster.fixes.source import read_source, syntax_error_line
from muster.model.cause import Cause
from muster.model.fix import Fix
from muster.model.history import PastVersion

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_MOST_VERSIONS = 30
_MOST_HUNKS = 8
_CONFLICT = re.compile(
    r"^<{7}(?: [^\r\n]*)?(?:\r\n|\r|\n)(?P<ours>.*?)(?:^\|{7}(?: [^\r\n]*)?(?:\r\n|\r|\n).*?)?"
    r"^={7}(?:\r\n|\r|\n)(?P<theirs>.*?)^>{7}(?: [^\r\n]*)?(?:\r\n|\r|\n|\Z)",
    re.MULTILINE | re.DOTALL,
)


def fix_unparsable(cause: Cause, site: Site) -> Iterator[Fix]:
    """Either side of a conflict; else the lines that broke it taken back. Whose work is given up is for a person to say."""
    if cause.culprit is None:
        return
    path = cause.culprit.path
    source = site.source(path)
    if source is None:
        return
    if _CONFLICT.search(source.text):
        for side, name in (("ours", "the first"), ("theirs", "the second")):
            change = site.edit(path, lambda text, side=side: one_side(text, side))  # type: ignore[misc]  # because mypy cannot type defaults of a lambda
            if change is not None:
                yield Fix(
                    "conflict", f"keep {name} side of the merge conflict in {site.show(path)}", (change,), choice=True
                )
        return
    good = _last_that_parses(path, site)
    if good is None:
        return
    past = read_source(good.content)
    lines: list[int] = []
    change = site.edit(path, lambda text: without_breakage(text, past.text, lines) if past is not None else None)
    if change is not None:
        where = f"{site.show(path)}:{lines[0]}" if lines else site.show(path)
        yield Fix("revert", f"take back what broke {where}, as {good.commit} had it", (change,), choice=True)


def one_side(text: str, side: str) -> str | None:
    """`text` with one side of each conflict, None where that does not parse either."""
    kept = _CONFLICT.sub(lambda found: found[side], text)
    return kept if syntax_error_line(kept) == 0 else None


def without_breakage(text: str, good: str, places: list[int]) -> str | None:
    """`text` with as few as possible of its changes since `good` taken back, so that it parses; `places` gets their lines.

    One after the other: that which lies nearest to where the parser stumbles, and not behind it.
    """
    old, new = _LINE.findall(good), _LINE.findall(text)
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    changed = [_Hunk(*places) for tag, *places in codes if tag != "equal"]
    for _ in range(min(len(changed), _MOST_HUNKS)):
        line = syntax_error_line("".join(new))
        if not line:
            break
        before = [each for each in changed if each.start < line]
        hunk = before[-1] if before else changed[0]
        places.append(hunk.start + 1)
        new = [*new[: hunk.start], *old[hunk.first : hunk.last], *new[hunk.end :]]
        grown = (hunk.last - hunk.first) - (hunk.end - hunk.start)
        changed = [each.moved(grown) if each.start > hunk.start else each for each in changed if each is not hunk]
    result = "".join(new)
    return result if syntax_error_line(result) == 0 else None


@dataclass(frozen=True, slots=True)
class _Hunk:
    """Lines `first` to `last` of the old text, which became `start` to `end` of the new one."""

    first: int
    last: int
    start: int
    end: int

    def moved(self, lines: int) -> _Hunk:
        """The same, so many lines further down in the new text."""
        return _Hunk(self.first, self.last, self.start + lines, self.end + lines)


def _last_that_parses(path: str, site: Site) -> PastVersion | None:
    if site.versions is None:
        return None
    for version in islice(site.versions(path), _MOST_VERSIONS):
        source = read_source(version.content)
        if source is not None and source.text.strip() and syntax_error_line(source.text) == 0:
            return version
    return None
