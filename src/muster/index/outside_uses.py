"""Who else takes a name out of a module: by `from module import name`, `module.name`, or a text such as a patch's target."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from posixpath import basename, dirname


def outside_use(
    path: str, names: frozenset[str], files: Sequence[str], read: Callable[[str], bytes | None]
) -> tuple[str, int] | None:
    """The file and line where another one of `files` seems to take one of `names` out of the module at `path`, or None.

    It goes by the last part of the module's name, so that some namesakes count too: better one import too many that stays
    where it is than one that a patch looks for in vain.
    """
    module = basename(path).removesuffix(".py")
    module = basename(dirname(path)) if module == "__init__" else module
    words = [name.encode() for name in sorted(names)]
    pattern = _pattern(module.encode(), words)
    for other in files:
        content = read(other) if other != path else None
        if content is None or module.encode() not in content:
            continue
        is_named = any(word in content for word in words)
        found = pattern.search(content) if is_named or b"*" in content else None
        if found is None and is_named:
            found = _by_another_name(module.encode(), words, content)
        if found is not None:
            return other, content.count(b"\n", 0, found.start()) + 1
    return None


def _pattern(module: bytes, names: Sequence[bytes]) -> re.Pattern[bytes]:
    module, any_name = re.escape(module), b"|".join(map(re.escape, names))
    return re.compile(
        rb"\bfrom[ \t]+[\w.]*\b" + module + rb"[ \t]+import[ \t]*"
        rb"(?:\*|\([^)]*\b(?:" + any_name + rb")\b|[^\n(]*\b(?:" + any_name + rb")\b)"
        rb"|\b" + module + rb"\.(?:" + any_name + rb")\b"
        rb"|\b(?:setattr|delattr|object|multiple)\([^()\n]*\b" + module + rb"\b[^()\n]*[\"'](?:" + any_name + rb")[\"']"
    )


def _by_another_name(module: bytes, names: Sequence[bytes], content: bytes) -> re.Match[bytes] | None:
    """A use through `import a.module as other`."""
    aliases = re.findall(rb"\b" + re.escape(module) + rb"[ \t]+as[ \t]+(\w+)", content)
    for alias in dict.fromkeys(aliases):
        found = _pattern(alias, names).search(content)
        if found is not None:
            return found
    return None
