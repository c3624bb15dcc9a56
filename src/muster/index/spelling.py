"""How a file is spelled as a module: its dotted name below a search path entry."""

from __future__ import annotations

from collections.abc import Sequence
from posixpath import dirname


def dotted_below(path: str, root: str) -> str:
    """The dotted module name of the file or folder `path` below `root`, or "" where it has none."""
    prefix = root.rstrip("/") + "/"
    if not path.startswith(prefix):
        return ""
    rest = path.removeprefix(prefix).removesuffix(".py")
    parts = rest.split("/")
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts) if parts and all(part.isidentifier() for part in parts) else ""


def spell(path: str, roots: Sequence[str]) -> str:
    """The shortest dotted name that `roots` give `path` (the deepest entry wins, as people write it), or ""."""
    names = (dotted_below(path, root) for root in sorted(set(roots), key=len, reverse=True))
    return next((name for name in names if name), "")


def resolve_relative(module: str, level: int, path: str, roots: Sequence[str]) -> str:
    """The absolute name of `from <level dots><module> import ...` in the file `path`; "" where it leaves every root."""
    if not level:
        return module
    folder = dirname(path)
    for _ in range(level - 1):
        folder = dirname(folder)
    package = spell(folder + "/__init__.py", roots)
    return ".".join(part for part in (package, module) if part)
