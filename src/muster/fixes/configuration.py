"""pytest's configuration with one value more: TOML through tomlkit, so that its formatting stays; ini files line by line."""

from __future__ import annotations

import re
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Array, String

from muster.fixes.site import Site
from muster.model.fix import FileChange

_SECTIONS = {"setup.cfg": "tool:pytest", "tox.ini": "pytest", "pytest.ini": "pytest", ".pytest.ini": "pytest"}
_LISTS_OF_LINES = frozenset(("markers", "filterwarnings"))


def add_to_pytest(site: Site, setting: str, value: str, default: tuple[str, ...] = ()) -> FileChange | None:
    """The configuration file with `value` added to the list `setting`; None where it cannot be changed.

    `default` is what the setting holds where it is not configured, and has to be said with it. Without any configuration
    file a `pytest.ini` is written.
    """
    path = site.invocation.inifile
    if path is None:
        lines = [*default, value]
        text = f"[pytest]\n{setting} =\n" + "".join(f"    {line}\n" for line in lines)
        return site.create(f"{site.invocation.rootdir.rstrip('/')}/pytest.ini", text.encode())
    if path.endswith(".toml"):
        return site.edit(path, lambda text: _in_toml(text, setting, value, default))
    section = _SECTIONS.get(path.rpartition("/")[2], "pytest")
    return site.edit(path, lambda text: _in_ini(text, section, setting, value, default))


def _in_toml(text: str, setting: str, value: str, default: tuple[str, ...]) -> str | None:
    try:
        document = tomlkit.parse(text)
        table = _pytest_table(document)
        if table is None:
            return None
        known = table.get(setting)
        if known is None:
            array = tomlkit.array()
            for each in (*default, value):
                array.append(each)
            table[setting] = array
        elif isinstance(known, Array):
            if value in known:
                return None
            known.append(value)
        elif isinstance(known, String):
            separator = "\n" if "\n" in known or setting in _LISTS_OF_LINES else " "
            table[setting] = tomlkit.string(
                f"{str(known).rstrip()}{separator}{value}", multiline="\n" in f"{known}{separator}"
            )
        else:
            return None
        return tomlkit.dumps(document)
    except TOMLKitError:
        return None


def _pytest_table(document: Any) -> Any:
    if "pytest" in document and hasattr(document["pytest"], "get"):
        return document["pytest"]
    tool = document.get("tool", {})
    pytest = tool.get("pytest")
    if pytest is None:
        return None
    return pytest.get("ini_options", pytest)


def _in_ini(text: str, section: str, setting: str, value: str, default: tuple[str, ...]) -> str | None:
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.split(newline)
    head = next((number for number, line in enumerate(lines) if line.strip() == f"[{section}]"), None)
    if head is None:
        return None
    end = next((number for number in range(head + 1, len(lines)) if lines[number].startswith("[")), len(lines))
    key = re.compile(rf"{re.escape(setting)}\s*[=:]\s*(.*)")
    at = next((number for number in range(head + 1, end) if key.match(lines[number])), None)
    if at is None:
        new = [f"{setting} =", *(f"    {each}" for each in (*default, value))] if setting in _LISTS_OF_LINES else [
            f"{setting} = {' '.join((*default, value))}"
        ]  # fmt: skip
        return newline.join([*lines[: head + 1], *new, *lines[head + 1 :]])
    last = at
    while last + 1 < end and (lines[last + 1][:1] in (" ", "\t") and lines[last + 1].strip()):
        last += 1
    if last > at:
        indent = lines[last][: len(lines[last]) - len(lines[last].lstrip())]
        return newline.join([*lines[: last + 1], indent + value, *lines[last + 1 :]])
    if setting in _LISTS_OF_LINES:
        match = key.match(lines[at])
        old = match[1] if match else ""
        new = [f"{setting} =", *(f"    {each}" for each in (old, value) if each)]
        return newline.join([*lines[:at], *new, *lines[at + 1 :]])
    return newline.join([*lines[:at], f"{lines[at].rstrip()} {value}", *lines[at + 1 :]])
