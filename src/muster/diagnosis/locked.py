"""What lock files pin: of poetry, uv and pdm, PEP 751's own, and Pipfile.lock."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from muster.diagnosis.declaration import Declaration, normal_name

_TABLES = re.compile(r"(?:uv|poetry|pdm)\.lock|pylock(?:\.[^.]+)?\.toml")
_VERSION = re.compile(r'version\s*=\s*"([^"]*)"')
_GROUPS = (("default", ""), ("develop", "group dev"))


def is_lock_file(name: str) -> bool:
    """Whether a file of this name pins distributions."""
    return name == "Pipfile.lock" or _TABLES.fullmatch(name) is not None


def locked_distributions(path: str, text: str) -> Iterator[Declaration]:
    """What the lock file `path` pins, each with its line; one that is cut off pins what came whole."""
    yield from _from_pipfile(path, text) if path.endswith("/Pipfile.lock") else _from_tables(path, text)


def _from_tables(path: str, text: str) -> Iterator[Declaration]:
    """Read line by line: the file can have tens of thousands, and a whole parse takes a second."""
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        if line.startswith("name = ") and lines[number - 2].strip() in ("[[package]]", "[[packages]]"):
            found = _VERSION.match(lines[number]) if number < len(lines) else None
            version = f"=={found[1]}" if found else ""
            yield Declaration(normal_name(line[7:].strip().strip('"')), version, path, number, "", True)


def _from_pipfile(path: str, text: str) -> Iterator[Declaration]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return
    for section, group in _GROUPS:
        table = data.get(section) if isinstance(data, dict) else None
        start = max(text.find(f'"{section}"'), 0)
        for name, value in table.items() if isinstance(table, dict) else ():
            version = value.get("version") if isinstance(value, dict) else None
            line = text.count("\n", 0, max(text.find(f'"{name}": {{', start), 0)) + 1
            yield Declaration(normal_name(name), version if isinstance(version, str) else "", path, line, group, True)
