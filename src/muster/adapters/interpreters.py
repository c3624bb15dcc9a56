"""Which interpreter is the project's: chosen as the user named or activated it, never run where it was merely found.

Order: `--python`, `[tool.muster] python`, `VIRTUAL_ENV`, `CONDA_PREFIX`, `.venv` in the root, Muster's own.
The configuration and the `.venv` of an examined tree may be hostile, so what they name is read from its metadata.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from muster.errors import UsageError

_PYTHON_NAME = re.compile(r"python(\d+(\.\d+)?)?")


@dataclass(frozen=True, slots=True)
class ChosenInterpreter:
    """The project's interpreter: `prefix` is its environment's folder, `why` how it was chosen.

    Where it may not be run, `base` is one outside the tree that may be asked about the standard library, or "".
    """

    executable: str
    why: str
    prefix: str
    may_run: bool = True
    base: str = ""


def choose_interpreter(
    root: str,
    *,
    named: str | None = None,
    setting: str | None = None,
    environ: Mapping[str, str],
    own: str,
) -> ChosenInterpreter:
    """The interpreter for the project at `root`. Raises `UsageError` where `named` (or `setting`) is none."""
    if named:
        return _named(root, named, environ)
    if setting:
        return _from_setting(root, setting, environ)
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        prefix = environ.get(variable, "")
        executable = _python_in(prefix) if os.path.isabs(prefix) else None
        if executable and not _is_of_a_tool(prefix, own):
            return ChosenInterpreter(executable, variable, prefix)
    found = os.path.join(root, ".venv")
    if os.path.realpath(_prefix_of(own)) == os.path.realpath(found):
        # Whoever starts Muster from this environment has run it already.
        return ChosenInterpreter(own, ".venv, which Muster itself runs in", found)
    if _python_in(found, must_exist=False) and os.path.isfile(os.path.join(found, "pyvenv.cfg")):
        return read_only(root, found, ".venv found in the root: read, not run (give --python .venv to run it)")
    return ChosenInterpreter(own, "Muster's own interpreter", _prefix_of(own))


def _is_of_a_tool(prefix: str, own: str) -> bool:
    """Whether the active environment is only the one that Muster was installed into by itself.

    pre-commit, pipx and uvx make such a one and activate it: it says nothing about the project. It is known by having no pytest.
    """
    if os.path.realpath(prefix) != os.path.realpath(_prefix_of(own)):
        return False
    version = environment_version(prefix)
    names: list[str] = []
    for library in ("lib", "lib64"):
        folder = os.path.join(prefix, library, "python{}.{}".format(*(version or (0, 0))), "site-packages")
        names += os.listdir(folder) if os.path.isdir(folder) else []
    return bool(names) and not any(re.match(r"pytest(-\d.*\.dist-info)?$", name) for name in names)


def _named(root: str, named: str, environ: Mapping[str, str]) -> ChosenInterpreter:
    executable = _resolve(root, named, environ)
    if executable is None:
        raise UsageError(f"--python: '{named}' is neither an interpreter nor an environment's folder")
    return ChosenInterpreter(executable, f"--python {named}", _prefix_of(executable))


def _from_setting(root: str, setting: str, environ: Mapping[str, str]) -> ChosenInterpreter:
    if _PYTHON_NAME.fullmatch(setting):
        # A bare name is looked up on the user's PATH, outside the tree: it can only be a Python of theirs.
        executable = _which(root, setting, environ)
        if executable:
            return ChosenInterpreter(executable, f"[tool.muster] python = '{setting}'", _prefix_of(executable))
    path = os.path.join(root, setting)
    prefix = path if os.path.isfile(os.path.join(path, "pyvenv.cfg")) else _prefix_of(path)
    if os.path.isfile(os.path.join(prefix, "pyvenv.cfg")):
        why = f"[tool.muster] python = '{setting}': read, not run (give --python to run it)"
        return read_only(root, prefix, why)
    raise UsageError(f"[tool.muster] python: '{setting}' is neither on PATH nor in an environment's folder")


def read_only(root: str, prefix: str, why: str) -> ChosenInterpreter:
    """The environment at `prefix`, whose metadata is read while only its base interpreter may be asked."""
    executable = _python_in(prefix, must_exist=False) or os.path.join(prefix, "bin", "python")
    return ChosenInterpreter(executable, why, prefix, may_run=False, base=_base_of(root, prefix))


def _base_of(root: str, prefix: str) -> str:
    """The system interpreter that the environment was made from, if it lies outside the tree and looks like one."""
    settings = read_pyvenv(prefix)
    home = settings.get("home", "")
    version = environment_version(prefix)
    if not os.path.isabs(home) or version is None:
        return ""
    for name in (f"python{version[0]}.{version[1]}", "python3", "python"):
        path = os.path.join(home, name)
        places = (os.path.abspath(path), os.path.realpath(path))
        inside = any(_is_below(place, candidate) for place in places for candidate in (root, os.path.realpath(root)))
        if os.path.isfile(path) and os.access(path, os.X_OK) and not inside and not _anyone_may_write(path):
            return path
    return ""


def _anyone_may_write(path: str) -> bool:
    """Whether the interpreter or its folder could have been planted by another user of the machine."""
    real = os.path.realpath(path)
    return any(os.stat(place).st_mode & 0o002 for place in (real, os.path.dirname(real)))


def read_pyvenv(prefix: str) -> dict[str, str]:
    """The settings of `pyvenv.cfg`, keys in lower case; empty where there is none."""
    settings: dict[str, str] = {}
    try:
        with open(os.path.join(prefix, "pyvenv.cfg"), encoding="utf-8", errors="replace") as file:
            lines = file.read(100_000).splitlines()
    except OSError:
        return {}
    for line in lines:
        key, equals, value = line.partition("=")
        if equals:
            settings[key.strip().lower()] = value.strip()
    return settings


def environment_version(prefix: str) -> tuple[int, int, int] | None:
    """The Python version that `pyvenv.cfg` names, or the folder below `lib` does."""
    settings = read_pyvenv(prefix)
    for key in ("version", "version_info"):
        found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", settings.get(key, ""))
        if found:
            return int(found[1]), int(found[2]), int(found[3] or 0)
    for library in ("lib", "lib64"):
        try:
            names = sorted(os.listdir(os.path.join(prefix, library)))
        except OSError:
            continue
        for name in names:
            found = re.fullmatch(r"python(\d+)\.(\d+)t?", name)
            if found:
                return int(found[1]), int(found[2]), 0
    return None


def _resolve(root: str, named: str, environ: Mapping[str, str]) -> str | None:
    if os.sep not in named:
        found = _which(root, named, environ)
        if found:
            return found
    path = os.path.abspath(named)
    if os.path.isdir(path):
        return _python_in(path)
    if os.sep not in named:
        return None  # as in a shell, a command's bare name is never a file of the working directory
    return path if os.path.isfile(path) and os.access(path, os.X_OK) else None


def _which(root: str, name: str, environ: Mapping[str, str]) -> str | None:
    """`name` on PATH, but for relative entries: those would look in the examined tree."""
    import shutil  # it brings the compression modules, and few runs look on PATH

    entries = [entry for entry in environ.get("PATH", "").split(os.pathsep) if os.path.isabs(entry)]
    found = shutil.which(name, path=os.pathsep.join(entries)) if entries else None
    return found if found and not _is_below(os.path.abspath(found), root) else None


def _python_in(prefix: str, must_exist: bool = True) -> str | None:
    for name in ("python", "python3"):
        path = os.path.join(prefix, "bin", name)
        if os.path.isfile(path) if must_exist else os.path.lexists(path):
            return path
    return None


def _prefix_of(executable: str) -> str:
    return os.path.dirname(os.path.dirname(os.path.abspath(executable)))


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
