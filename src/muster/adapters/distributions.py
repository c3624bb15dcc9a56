"""What is installed, read from metadata: names, versions, modules, plugins, editable installs. Nothing is imported."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from muster.adapters.disk_tree import DiskTree
from muster.model.environment import Distribution
from muster.ports import ReadFailure

if TYPE_CHECKING:
    import ast

_SOURCES = (".py", ".pyi", ".so", ".pyd", ".pyx")
_TREE = DiskTree(size_limit_bytes=64 << 20)


def read_distributions(search_path: Sequence[str], site_packages: Sequence[str]) -> tuple[Distribution, ...]:
    """Every distribution that `importlib.metadata` would find on `search_path`, the first of each name, by name."""
    found: dict[str, Distribution] = {}
    for entry in search_path:
        for metadata in _metadata_in(entry):
            distribution = _read_distribution(entry, metadata, entry in site_packages)
            if distribution is not None:
                found.setdefault(normalised(distribution.name), distribution)
    return tuple(found[name] for name in sorted(found))


def normalised(name: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _metadata_in(entry: str) -> list[str]:
    return [name for name in _names(entry) if name.endswith((".dist-info", ".egg-info"))]


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except (OSError, ValueError):
        return []


def _read_distribution(entry: str, metadata: str, in_site: bool) -> Distribution | None:
    folder = os.path.join(entry, metadata)
    text = _read(folder) if metadata.endswith(".egg-info") and os.path.isfile(folder) else ""
    text = text or _read(os.path.join(folder, "METADATA")) or _read(os.path.join(folder, "PKG-INFO"))
    headers = _headers(text)
    name = next(iter(headers.get("name", ())), "")
    if not name:
        return None
    return Distribution(
        name=name,
        version=next(iter(headers.get("version", ())), ""),
        modules=_modules(folder),
        location=entry,
        requires=tuple(headers.get("requires-dist", ())),
        pytest_plugins=tuple(_pytest_plugins(_read(os.path.join(folder, "entry_points.txt")))),
        editable=_editable(folder) or ("" if in_site or metadata.endswith(".dist-info") else entry),
    )


def _headers(text: str) -> dict[str, list[str]]:
    """The headers of an e-mail-like file, names in lower case; the body is left alone."""
    headers: dict[str, list[str]] = {}
    for line in text.splitlines():
        if not line.strip():
            break
        key, colon, value = line.partition(":")
        if colon and not line[0].isspace():
            headers.setdefault(key.lower(), []).append(value.strip())
    return headers


def _modules(folder: str) -> tuple[str, ...]:
    """The names that the distribution makes importable: `top_level.txt`, and what its RECORD lists."""
    names = {line.strip() for line in _read(os.path.join(folder, "top_level.txt")).splitlines() if line.strip()}
    for file in ("RECORD", "installed-files.txt", "SOURCES.txt"):
        if file == "RECORD" or not names:
            names |= set(_recorded_modules(_read(os.path.join(folder, file))))
    return tuple(sorted(name for name in names if name.isidentifier() and not name.startswith("__editable__")))


def _recorded_modules(record: str) -> Iterator[str]:
    for line in record.splitlines():
        path = line[1:].partition('"')[0] if line.startswith('"') else line.partition(",")[0]
        if path.endswith(_SOURCES) and not path.startswith(("..", "/")):
            first, slash, _ = path.partition("/")
            yield first if slash else first.partition(".")[0]


def _pytest_plugins(text: str) -> Iterator[tuple[str, str]]:
    section = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            section = line.strip("[] ")
        elif section == "pytest11" and "=" in line and not line.startswith(("#", ";")):
            name, _, value = line.partition("=")
            yield name.strip(), value.partition(":")[0].partition("[")[0].strip()


def _editable(folder: str) -> str:
    import json  # here and below: a warm run reads no metadata

    try:
        direct = json.loads(_read(os.path.join(folder, "direct_url.json")) or "{}")
        if direct.get("dir_info", {}).get("editable") is True:
            from urllib.parse import unquote, urlsplit  # Few distributions have such a file.

            return unquote(urlsplit(direct["url"]).path)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    return ""


def read_editable_finders(site_packages: Iterable[str]) -> dict[str, str]:
    """Top-level names that editable installs map to a folder or file, read from the finders' own text.

    setuptools writes `MAPPING = {...}` into `__editable___NAME_finder.py`; the `editables` library (hatch, pdm) writes
    calls of `F.map_module("name", "path")`.
    """
    found: dict[str, str] = {}
    for folder in site_packages:
        for name in _names(folder):
            if name.endswith(".py") and name.startswith(("__editable__", "_editable_impl_", "__editables_")):
                for module, path in _mapped(_read(os.path.join(folder, name))):
                    found.setdefault(module, path)
    return found


def _mapped(source: str) -> Iterator[tuple[str, str]]:
    import ast

    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == "MAPPING" for target in targets):
                yield from _literal_pairs(node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "map_module":
            values = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
            if len(values) == 2 and isinstance(values[0], str) and isinstance(values[1], str):
                yield values[0], _module_place(values[1])


def _literal_pairs(node: ast.Dict) -> Iterator[tuple[str, str]]:
    import ast

    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and isinstance(value, ast.Constant):
            name, path = key.value, value.value
            if isinstance(name, str) and isinstance(path, str):
                yield name, path


def _module_place(path: str) -> str:
    """A package by its folder, as setuptools spells it."""
    return str(PurePosixPath(path).parent) if PurePosixPath(path).name == "__init__.py" else path


def read_pth_entries(site_folder: str) -> list[str]:
    """The folders that the path lines of `.pth` files add, in order; import lines are left alone."""
    entries: list[str] = []
    for name in _names(site_folder):
        if not name.endswith(".pth") or name.startswith("."):
            continue
        for line in _read(os.path.join(site_folder, name)).splitlines():
            if line.strip() and not line.startswith(("#", "import ", "import\t")):
                entry = os.path.abspath(os.path.join(site_folder, line.rstrip()))
                if "\0" not in entry and os.path.exists(entry):
                    entries.append(entry)
    return list(dict.fromkeys(entries))


def fingerprint_of(folders: Iterable[str], others: Iterable[str]) -> str:
    """A digest of what is installed in `folders`, and of `others`: it changes whenever an environment may have.

    Per folder: every name with its time and size, the times of each distribution's metadata, the text of `.pth` files.
    """
    digest = blake2b(digest_size=16)
    for text in others:
        digest.update(text.encode("utf-8", "surrogateescape") + b"\0")
    for folder in folders:
        digest.update(b"\1" + os.fsencode(folder) + b"\0")
        for line in _folder_lines(folder):
            digest.update(line.encode("utf-8", "surrogateescape") + b"\0")
    return digest.hexdigest()


def _folder_lines(folder: str) -> Iterator[str]:
    try:
        with os.scandir(folder) as scanned:
            entries = sorted(scanned, key=lambda entry: entry.name)
    except (OSError, ValueError):
        return
    for entry in entries:
        if entry.name == "__pycache__":
            continue
        yield f"{entry.name} {_times(entry.path)}"
        if entry.name.endswith((".dist-info", ".egg-info")):
            for name in ("RECORD", "METADATA", "PKG-INFO", "entry_points.txt", "direct_url.json"):
                yield _times(os.path.join(entry.path, name))
        elif entry.name.endswith((".pth", ".egg-link")) or entry.name.startswith("__editable__"):
            yield _read(entry.path)


def _times(path: str) -> str:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return "-"
    return f"{status.st_mtime_ns} {status.st_size}"


def _read(path: str) -> str:
    try:
        return _TREE.read(path).decode("utf-8-sig", "replace")
    except ReadFailure:
        return ""
