"""rootdir and inifile, as `_pytest.config.findpaths.determine_setup` finds them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from muster.invocation.configfile import ConfigSettings, ConfigValue, config_names, find_loader, load_config
from muster.invocation.paths import absolute_path, exists, expand_variables, is_file, is_folder, lineage
from muster.invocation.refused import Refused, escaping
from muster.invocation.version import PytestVersion
from muster.model.location import Location
from muster.ports import FileTree


@dataclass(frozen=True, slots=True)
class Setup:
    """Where the session is rooted and what configures it; `ignored` are configuration files beside the chosen one."""

    rootdir: str
    inifile: str | None
    settings: ConfigSettings
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Located:
    folder: str
    inifile: str
    settings: ConfigSettings
    ignored: tuple[str, ...] = ()


def determine_setup(
    tree: FileTree,
    version: PytestVersion,
    *,
    inifile: str | None,
    rootdir_option: str | None,
    arguments: Sequence[str],
    cwd: str,
    environ: Mapping[str, str],
) -> Setup:
    """The setup for `arguments` as given on the command line (options among them are skipped). Raises `Refused`."""
    folders = _folders(tree, arguments, cwd)
    if inifile:
        setup = _explicit(tree, version, absolute_path(inifile, cwd), rootdir_option, folders, cwd)
    else:
        setup = _discovered(tree, version, rootdir_option, folders, cwd)
    if not rootdir_option:
        return setup
    rootdir = absolute_path(expand_variables(rootdir_option, environ), cwd)
    if not is_folder(tree, rootdir):
        raise Refused(f"Directory '{rootdir}' not found. Check your '--rootdir' option.", "--rootdir")
    return Setup(rootdir, setup.inifile, setup.settings, setup.ignored)


def parse_overrides(overrides: Iterable[str], inifile: str | None) -> ConfigSettings:
    """The settings given by `-o name=value`, the last of each name. Raises `Refused`."""
    settings: ConfigSettings = {}
    for text in overrides:
        name, separator, value = text.partition("=")
        if not separator:
            raise Refused(f"-o/--override-ini expects option=value style (got: {text!r}).", "-o")
        where = Location("", 0, text=f"-o {text}")
        settings[name] = ConfigValue(value, where, origin="override")
    return settings


def _explicit(
    tree: FileTree, version: PytestVersion, path: str, rootdir_option: str | None, folders: list[str], cwd: str
) -> Setup:
    """The setup where `-c` names the file: rootdir is its folder (`/dev/null` says nothing since 9.2)."""
    if version >= (9, 2, 0):
        return _explicit_checked(tree, version, path, rootdir_option, folders, cwd)
    loader = find_loader(path, version)
    if loader is not None and not is_file(tree, path):
        if exists(tree, path):
            raise escaping("IsADirectoryError", f"[Errno 21] Is a directory: '{path}'", "-c")
        raise escaping("FileNotFoundError", f"[Errno 2] No such file or directory: '{path}'", "-c")
    settings = (loader(tree, path, version) if loader is not None else None) or {}
    return Setup(posixpath.dirname(path), path, settings)


def _explicit_checked(
    tree: FileTree, version: PytestVersion, path: str, rootdir_option: str | None, folders: list[str], cwd: str
) -> Setup:
    hint = "Check your '-c/--config-file' option."
    if not exists(tree, path) and path != "/dev/null":
        raise Refused(f"Config file '{path}' not found. {hint}", "-c")
    if is_folder(tree, path):
        raise Refused(f"Config file '{path}' is a directory. {hint}", "-c")
    loader = find_loader(path, version)
    if loader is None and is_file(tree, path):
        message = f"Config file '{path}' has an unsupported format. Supported extensions are: .cfg, .ini, .toml."
        raise Refused(message, "-c")
    settings = (loader(tree, path, version) if loader is not None else None) or {}
    if is_file(tree, path):
        return Setup(posixpath.dirname(path), path, settings)
    rootdir = common_ancestor(tree, cwd, folders)
    return Setup(cwd if rootdir == "/" else rootdir, path, settings)


def _discovered(
    tree: FileTree, version: PytestVersion, rootdir_option: str | None, folders: list[str], cwd: str
) -> Setup:
    ancestor = common_ancestor(tree, cwd, folders)
    located = _locate(tree, version, [ancestor])
    if located is not None:
        return Setup(located.folder, located.inifile, located.settings, located.ignored)
    if rootdir_option is not None:
        # A --rootdir stops the search for other signs of a root; the empty text counts as none (`ns.rootdir or None`).
        return Setup(cwd, None, {})
    for folder in lineage(ancestor):
        if is_file(tree, posixpath.join(folder, "setup.py")):
            return Setup(folder, None, {})
    if folders != [ancestor]:
        located = _locate(tree, version, folders or [cwd])
        if located is not None:
            return Setup(located.folder, located.inifile, located.settings)
    rootdir = common_ancestor(tree, cwd, [cwd, ancestor])
    return Setup(ancestor if rootdir == "/" else rootdir, None, {})


def _locate(tree: FileTree, version: PytestVersion, folders: Iterable[str]) -> _Located | None:
    """The first configuration file at or above `folders`, nearest first (`findpaths.locate_config`)."""
    names = config_names(version)
    first_pyproject: str | None = None
    for start in folders:
        for folder in lineage(start):
            for index, name in enumerate(names):
                path = posixpath.join(folder, name)
                if not is_file(tree, path):
                    continue
                if name == "pyproject.toml" and first_pyproject is None:
                    first_pyproject = path
                settings = load_config(tree, path, version)
                if settings is not None:
                    ignored = _ignored(tree, version, folder, names[index + 1 :])
                    return _Located(folder, path, settings, ignored)
    # Since 8.1 a pyproject.toml without any pytest table still marks the root.
    if first_pyproject is not None and version >= (8, 1, 0):
        return _Located(posixpath.dirname(first_pyproject), first_pyproject, {})
    return None


def _ignored(tree: FileTree, version: PytestVersion, folder: str, names: Iterable[str]) -> tuple[str, ...]:
    # Only 9.0 and later read them at all (and refuse over their errors).
    if version < (9, 0, 0):
        return ()
    paths = ((name, posixpath.join(folder, name)) for name in names)
    return tuple(name for name, path in paths if is_file(tree, path) and load_config(tree, path, version) is not None)


def common_ancestor(tree: FileTree, cwd: str, paths: Iterable[str]) -> str:
    """The nearest folder above all existing `paths`; `cwd` where there is none (`findpaths.get_common_ancestor`)."""
    common: str | None = None
    for path in paths:
        if tree.kind(path) is None:
            continue
        common = path if common is None else posixpath.commonpath((path, common))
    if common is None:
        return cwd
    return posixpath.dirname(common) if is_file(tree, common) else common


def _folders(tree: FileTree, arguments: Sequence[str], cwd: str) -> list[str]:
    """The folders of those arguments that exist as paths (`findpaths.get_dirs_from_args`)."""
    folders = []
    for argument in arguments:
        if argument.startswith("-"):
            continue
        path = absolute_path(argument.split("::")[0], cwd)
        if exists(tree, path):
            folders.append(path if is_folder(tree, path) else posixpath.dirname(path))
    return folders
