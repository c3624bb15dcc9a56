"""How paths are spelled in reports."""

from __future__ import annotations


def report_root(root: str, rootdir: str) -> str:
    """What a report's paths are relative to: the project's root, or pytest's where that lies elsewhere (`--pyargs`)."""
    is_one_tree = f"{rootdir}/".startswith(f"{root}/") or f"{root}/".startswith(f"{rootdir}/")
    return root if is_one_tree else rootdir


def relative_path(path: str, root: str) -> str:
    """`path` relative to `root` where it lies inside of it, else as it is."""
    if path == root:
        return "."
    prefix = root.rstrip("/") + "/"
    return path.removeprefix(prefix)
