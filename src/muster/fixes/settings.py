"""M306: a setting, option or value that pytest refuses is written as the nearest that it takes, or taken out."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable, Iterator
from posixpath import dirname, join

from muster.fixes.site import Site
from muster.fixes.source import Places
from muster.index.near import closeness
from muster.invocation.optiontable import CORE_OPTIONS
from muster.invocation.settingtable import setting_specs
from muster.model.cause import Cause
from muster.model.fix import Fix
from muster.ports import EntryKind

_UNKNOWN_OPTIONS = re.compile(r"unrecognized arguments: (.+)")
_UNKNOWN_SETTING = re.compile(r"[Uu]nknown config option: (\w+)")
_CHOICE = re.compile(r"invalid choice: '?([\w-]+)'? \(choose from (.+?)\)")
_ACTION = re.compile(r"invalid action: '(\w+)'")
_PATH = re.compile(r"file or directory not found: (\S+)")
_CATEGORY = re.compile(r"module 'builtins' has no attribute '(\w+)'")
_ACTIONS = ("error", "ignore", "always", "default", "module", "once")
_CATEGORIES = tuple(name for name in dir(builtins) if name.endswith("Warning"))
_NEAR = 0.75
_MOST_LINES = 60


def fix_setting(cause: Cause, site: Site) -> Iterator[Fix]:
    """The nearest word that pytest takes; then the refused word taken out, which is for a person to want."""
    place = cause.culprit
    words = next((each.text for each in cause.evidence if each.kind == "pytest"), "")
    if place is None or not place.line or not words:
        return
    is_plugins = any(each.kind == "plugin" for each in cause.evidence)
    for word, known in _refused(words, site):
        near = _nearest(word, known) if not is_plugins else ""
        if near:
            change = site.edit(place.path, lambda text, word=word, near=near: respelled(text, place.line, word, near))  # type: ignore[misc]  # because mypy cannot type defaults of a lambda
            if change is not None:
                yield Fix("setting", f"write '{near}' instead of '{word}' in {site.show(place.path)}", (change,))
        change = site.edit(place.path, lambda text, word=word: without_word(text, place.line, word))  # type: ignore[misc]  # because mypy cannot type defaults of a lambda
        if change is not None and word.startswith("-"):
            yield Fix("setting", f"take '{word}' out of {site.show(place.path)}", (change,), choice=True)


def _refused(words: str, site: Site) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each refused word of pytest's message with those that would do."""
    if found := _UNKNOWN_OPTIONS.search(words):
        for each in found[1].split():
            if each.startswith("-"):
                yield each, _options(site)
    elif found := _UNKNOWN_SETTING.search(words):
        yield found[1], _settings(site)
    elif found := _CHOICE.search(words):
        yield found[1], tuple(re.findall(r"[\w-]+", found[2]))
    elif found := _ACTION.search(words):
        yield found[1], _ACTIONS
    elif found := _CATEGORY.search(words):
        yield found[1], _CATEGORIES
    elif found := _PATH.search(words):
        yield found[1], tuple(_beside(found[1], site))


def _options(site: Site) -> tuple[str, ...]:
    version = site.invocation.pytest_version
    own = (name for option in CORE_OPTIONS if option.is_known(version) for name in option.names)
    return (*own, *(name for option in site.environment.options for name in option.names))


def _settings(site: Site) -> tuple[str, ...]:
    return tuple(setting_specs(site.invocation.pytest_version, site.environment.ini_options))


def _beside(path: str, site: Site) -> Iterator[str]:
    """What lies where the missing path was sought, as the setting would spell it."""
    folder = dirname(path.rstrip("/"))
    for name, kind in sorted(site.tree.listing(join(site.invocation.rootdir, folder)).items()):
        if kind is EntryKind.FOLDER or name.endswith(".py"):
            yield join(folder, name)


def _nearest(word: str, known: Iterable[str]) -> str:
    """The one of `known` that `word` most probably means, with the value that it was given; "" where none is near."""
    name, equals, value = word.partition("=")
    scored = sorted((-closeness(name, each), each) for each in set(known) if each != name)
    if not scored or -scored[0][0] < _NEAR or (len(scored) > 1 and scored[0][0] == scored[1][0]):
        return ""
    return scored[0][1] + equals + value


def respelled(text: str, line: int, word: str, near: str) -> str | None:
    """`text` with the first `word` on `line` or the lines of its value written as `near`."""
    found = _first(text, line, word)
    return text[: found.start()] + near + text[found.end() :] if found else None


def without_word(text: str, line: int, word: str) -> str | None:
    """`text` without the first `word` there: with the quotes and the comma that it has as one of a list."""
    found = _first(text, line, word)
    if found is None:
        return None
    start, end = found.span()
    line_start, line_end = _line_around(text, start)
    if text[line_start:line_end].strip("'\", \t\r\n") == word:
        return text[:line_start] + text[line_end:]
    if text[start - 1 : start] in ("'", '"') and text[end : end + 1] == text[start - 1 : start]:
        start, end = start - 1, end + 1
        listed = re.compile(r"[ \t]*,[ \t]*").match(text, end)
        return text[:start] + text[listed.end() :] if listed else text[:start].rstrip(", \t") + text[end:]
    blank = re.compile(r"[ \t]*").match(text, end)
    after = blank.end() if blank else end
    return text[:start] + text[after:] if after > end else text[:start].rstrip(" \t") + text[end:]


def _line_around(text: str, position: int) -> tuple[int, int]:
    """Where the line of `position` begins and, with its end, stops."""
    end = text.find("\n", position)
    return text.rfind("\n", 0, position) + 1, end + 1 if end >= 0 else len(text)


def _first(text: str, line: int, word: str) -> re.Match[str] | None:
    places = Places(text)
    start, end = places.line_start(line), places.line_start(line + _MOST_LINES)
    return re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])").search(text, start, end)
