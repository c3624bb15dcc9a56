"""`sys`, `os`, `os.path`, `pathlib`, `glob`, `importlib`: answered by the tree and the simulated process, never by the host."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from muster.execution import operations
from muster.execution.machine import Machine
from muster.execution.methods import absolute, kind_of, resolved
from muster.execution.namespaces import ModuleTable
from muster.execution.raised import Raised
from muster.execution.values import (
    UNKNOWN,
    DictValue,
    ExceptionInstance,
    IteratorValue,
    ListValue,
    ModuleValue,
    Native,
    Opaque,
    OpaqueInstance,
    TupleValue,
    Value,
)
from muster.model.collection import Frame, ModuleMissing, SessionExit, Wait
from muster.model.location import Location
from muster.ports import EntryKind
from muster.trees.globbing import glob_paths

Args = tuple[Value, ...]
Kwargs = dict[str, Value]
Function = Callable[[Machine, Args, Kwargs], Value]


# sys


def system_exit(machine: Machine, args: Args) -> Raised:
    """`SystemExit`, with the code as its message."""
    code = args[0] if args else None
    text = "" if code is None else operations.text_of(code) or ""
    raised = machine.error("SystemExit", text, SessionExit(text))
    raised.value = ExceptionInstance(Opaque("builtins.SystemExit", "class"), args)
    raised.value.detail = SessionExit(text)
    return raised


def _sys_exit(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    raise system_exit(machine, args)


def _version_info(machine: Machine) -> Value:
    info = TupleValue((*machine.version, "final", 0))
    info.cls = _version_class()
    return info


def _version_class() -> Any:
    from muster.execution.values import ClassValue

    cls = ClassValue("version_info", "version_info", "sys", "", 0)
    cls.namespace["_fields"] = ("major", "minor", "micro", "releaselevel", "serial")
    cls.special = "namedtuple"
    return cls


# os and os.path


def _text(value: Value) -> str | None:
    return str(value) if isinstance(value, (str, PurePosixPath)) else None


def _path_function(function: Callable[..., Any]) -> Function:
    def run(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
        texts = [_text(arg) for arg in args]
        if any(text is None for text in texts) or kwargs or not args:
            return UNKNOWN
        return operations.wrap(function(*texts))

    return run


def _tree_question(answer: Callable[[Machine, str], Value]) -> Function:
    def run(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
        text = _text(args[0]) if args else None
        return UNKNOWN if text is None else answer(machine, text)

    return run


def _listdir(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    text = _text(args[0]) if args else machine.cwd
    if text is None:
        return ListValue((), True)
    folder = posixpath.normpath(absolute(machine, text))
    if machine.tree.kind(folder) is not EntryKind.FOLDER:
        raise machine.error("FileNotFoundError", f"[Errno 2] No such file or directory: {text!r}")
    machine.gave_listings = True
    return ListValue(sorted(machine.tree.listing(folder)))


def _walk(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    text = _text(args[0]) if args else None
    if text is None:
        return IteratorValue(None)
    machine.gave_listings = True
    rows: list[Value] = []
    pending = [text]
    while pending and len(rows) < 20_000:
        here = pending.pop(0)
        listing = machine.tree.listing(posixpath.normpath(absolute(machine, here)))
        folders = sorted(name for name, kind in listing.items() if kind is EntryKind.FOLDER)
        files = sorted(name for name, kind in listing.items() if kind is not EntryKind.FOLDER)
        rows.append(TupleValue((here, ListValue(folders), ListValue(files))))
        pending[:0] = [posixpath.join(here, name) for name in folders]
    return IteratorValue(rows)


def _getenv(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    if not args or not isinstance(args[0], str):
        return UNKNOWN
    default = args[1] if len(args) > 1 else kwargs.get("default")
    if machine.trace is not None:
        operations.trace_lookup(machine, machine.trace, machine.environ, args[0])
    if machine.environ.unsure and args[0] not in machine.environ:
        return UNKNOWN
    return machine.environ.get(args[0], default)


def _glob(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    pattern = _text(args[0]) if args else None
    if pattern is None or set(kwargs) - {"recursive"}:
        return ListValue((), True)
    is_recursive = machine.truth(kwargs.get("recursive", False)) is True
    machine.gave_listings = True
    return ListValue(glob_paths(machine.tree, pattern, machine.cwd, recursive=is_recursive))


def open_file(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    """`open(path)`: definitely fails only where a file to be read is not there."""
    text = _text(args[0]) if args else None
    mode = args[1] if len(args) > 1 else kwargs.get("mode", "r")
    if text is not None and isinstance(mode, str) and "r" in mode and kind_of(machine, text) is None:
        raise machine.error("FileNotFoundError", f"[Errno 2] No such file or directory: {text!r}")
    machine.opaque_calls += 1
    return UNKNOWN


def _chdir(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    text = _text(args[0]) if args else None
    if text is None:
        machine.path_trusted = False
    else:
        machine.cwd = resolved(machine, text)
    return None


# pathlib


def _path(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    texts = [_text(arg) for arg in args]
    if any(text is None for text in texts):
        bad = next(arg for arg, text in zip(args, texts, strict=True) if text is None)
        if bad is None:
            raise machine.error("TypeError", _path_refusal(machine))
        return UNKNOWN
    return PurePosixPath(*[text for text in texts if text is not None])


def _path_refusal(machine: Machine) -> str:
    if machine.version >= (3, 12, 0):
        return "argument should be a str or an os.PathLike object where __fspath__ returns a str, not 'NoneType'"
    return "expected str, bytes or os.PathLike object, not NoneType"


# importlib


def _import_module(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    name = args[0] if args else kwargs.get("name", UNKNOWN)
    package = args[1] if len(args) > 1 else kwargs.get("package")
    if not isinstance(name, str):
        return UNKNOWN
    importer = machine.here.file if machine.here else ""
    if name.startswith("."):
        if package in (None, ""):
            text = f"the 'package' argument is required to perform a relative import for {name!r}"
            raise machine.error("TypeError", text)
        if not isinstance(package, str):
            return UNKNOWN
        level = len(name) - len(name.lstrip("."))
        parts = package.split(".")
        base = ".".join(parts[: len(parts) - level + 1])
        name = f"{base}.{name[level:]}" if name[level:] else base
    return machine.import_module(name, importer)


def _find_spec(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    name = args[0] if args else UNKNOWN
    if not isinstance(name, str) or name.startswith("."):
        return UNKNOWN
    if name in machine.modules or name in machine.preloaded:
        return OpaqueInstance(Opaque("importlib.machinery.ModuleSpec", "class"))
    from muster.execution.imports import module_path
    from muster.execution.searchpath import search_entries
    from muster.resolver.finder import NotFound, Undecided, resolve_on_path

    parent_name, _, tail = name.rpartition(".")
    entries: list[str] | None = search_entries(machine)
    if parent_name:
        parent = machine.import_module(parent_name, machine.here.file if machine.here else "")
        entries = module_path(machine, parent) if isinstance(parent, ModuleValue) else None
        if entries is None and isinstance(parent, ModuleValue) and parent.kind == "source":
            text = f"__path__ attribute not found on {parent_name!r} while trying to find {name!r}"
            raise machine.error("ModuleNotFoundError", text, ModuleMissing(name, "", (), parent_is_module=True))
        if entries is None:
            return UNKNOWN
    elif tail in machine.environment.builtin_modules:
        return OpaqueInstance(Opaque("importlib.machinery.ModuleSpec", "class"))
    match resolve_on_path(machine.tree, tail, [posixpath.normpath(entry) for entry in entries or ()]):
        case NotFound():
            return None
        case Undecided():
            return UNKNOWN
        case _:
            return OpaqueInstance(Opaque("importlib.machinery.ModuleSpec", "class"))


def _reload(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    from muster.execution.imports import run_module

    module = args[0] if args else UNKNOWN
    if isinstance(module, ModuleValue) and module.kind == "source":
        run_module(machine, module)
    return module


def _module_type(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    name = args[0] if args else kwargs.get("name", UNKNOWN)
    return ModuleValue(name if isinstance(name, str) else "?", None, "made")


def _version(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    name = args[0] if args else UNKNOWN
    if not isinstance(name, str):
        return UNKNOWN
    wanted = name.lower().replace("_", "-").replace(".", "-")
    for distribution in machine.environment.distributions:
        if distribution.name.lower().replace("_", "-").replace(".", "-") == wanted:
            return distribution.version
    if not machine.environment.distributions:
        return UNKNOWN
    raised = machine.error(
        "PackageNotFoundError", f"No package metadata was found for {name}", ModuleMissing(name, "", ())
    )
    raised.bases = ("PackageNotFoundError", "ModuleNotFoundError", "ImportError", "Exception", "BaseException")
    return _raise(raised)


def _raise(raised: Raised) -> Value:
    raise raised


def _extend_path(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    """`pkgutil.extend_path(__path__, __name__)`: every folder of that name on the search path joins the package."""
    if len(args) != 2 or not isinstance(args[1], str) or (elements := machine.iterate(args[0])) is None:
        return UNKNOWN
    from muster.execution.searchpath import search_entries

    folders = [posixpath.join(entry, *args[1].split(".")) for entry in search_entries(machine)]
    init = [folder for folder in folders if machine.tree.kind(posixpath.join(folder, "__init__.py")) is EntryKind.FILE]
    return ListValue([*elements, *(folder for folder in init if folder not in elements)])


def _sleep(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    """`time.sleep(seconds)`: importing the file takes that much longer."""
    seconds = args[0] if args else UNKNOWN
    here = machine.here
    if isinstance(seconds, (int, float)) and seconds > 0 and here is not None and not machine.unsure:
        frames = tuple(Frame(scope.file, scope.line) for scope in machine.scopes)
        machine.waits.append(Wait(float(seconds), Location(here.file, here.line), machine.during, frames))
    return None


NATIVES: dict[str, Function] = {
    "time.sleep": _sleep,
    "sys.exit": _sys_exit,
    "sys.getrecursionlimit": lambda machine, args, kwargs: 1000,
    "sys.intern": lambda machine, args, kwargs: args[0] if args else UNKNOWN,
    "sys.getdefaultencoding": lambda machine, args, kwargs: "utf-8",
    "os.getcwd": lambda machine, args, kwargs: machine.cwd,
    "os.chdir": _chdir,
    "os.getenv": _getenv,
    "os.environ.get": _getenv,
    "os.listdir": _listdir,
    "os.walk": _walk,
    "os.fspath": lambda machine, args, kwargs: _text(args[0]) or UNKNOWN if args else UNKNOWN,
    "glob.glob": _glob,
    "glob.iglob": _glob,
    "pathlib.Path": _path,
    "pathlib.PosixPath": _path,
    "pathlib.PurePath": _path,
    "pathlib.PurePosixPath": _path,
    "pathlib.Path.cwd": lambda machine, args, kwargs: PurePosixPath(machine.cwd),
    "importlib.import_module": _import_module,
    "importlib.util.find_spec": _find_spec,
    "importlib.reload": _reload,
    "importlib.metadata.version": _version,
    "types.ModuleType": _module_type,
    "pkgutil.extend_path": _extend_path,
    "runpy.run_path": lambda machine, args, kwargs: _run_path(machine, args, kwargs),
}  # fmt: skip

for _module in ("os.path", "posixpath"):
    NATIVES.update(
        {
            f"{_module}.join": _path_function(posixpath.join),
            f"{_module}.dirname": _path_function(posixpath.dirname),
            f"{_module}.basename": _path_function(posixpath.basename),
            f"{_module}.split": _path_function(posixpath.split),
            f"{_module}.splitext": _path_function(posixpath.splitext),
            f"{_module}.normpath": _path_function(posixpath.normpath),
            f"{_module}.normcase": _path_function(posixpath.normcase),
            f"{_module}.isabs": _path_function(posixpath.isabs),
            f"{_module}.commonprefix": lambda machine, args, kwargs: UNKNOWN,
            f"{_module}.abspath": _tree_question(lambda machine, text: posixpath.normpath(absolute(machine, text))),
            f"{_module}.realpath": _tree_question(resolved),
            f"{_module}.exists": _tree_question(lambda machine, text: kind_of(machine, text) is not None),
            f"{_module}.lexists": _tree_question(lambda machine, text: kind_of(machine, text) is not None),
            f"{_module}.isfile": _tree_question(lambda machine, text: kind_of(machine, text) is EntryKind.FILE),
            f"{_module}.isdir": _tree_question(lambda machine, text: kind_of(machine, text) is EntryKind.FOLDER),
            f"{_module}.expanduser": _tree_question(lambda machine, text: UNKNOWN if text.startswith("~") else text),
            f"{_module}.relpath": lambda machine, args, kwargs: _relpath(machine, args),
        }
    )


def _relpath(machine: Machine, args: Args) -> Value:
    texts = [_text(arg) for arg in args]
    if not texts or any(text is None for text in texts):
        return UNKNOWN
    start = texts[1] if len(texts) > 1 else machine.cwd
    return posixpath.relpath(absolute(machine, texts[0] or "."), absolute(machine, start or "."))


VALUES: dict[str, Callable[[Machine], Value]] = {
    "sys.path": lambda machine: machine.sys_path,
    "sys.modules": ModuleTable,
    "sys.version_info": _version_info,
    "sys.hexversion": lambda machine: (
        (machine.version[0] << 24) | (machine.version[1] << 16) | (machine.version[2] << 8) | 0xF0
    ),
    "sys.platform": lambda machine: machine.environment.platform,
    "sys.maxsize": lambda machine: 2**63 - 1,
    "sys.version": lambda machine: UNKNOWN,
    "sys.executable": lambda machine: machine.environment.executable or UNKNOWN,
    "sys.argv": lambda machine: ListValue((), True),
    "sys.meta_path": lambda machine: MetaPath(),
    "sys.path_hooks": lambda machine: ListValue((), True),
    "sys.flags": lambda machine: UNKNOWN,
    "os.environ": lambda machine: machine.environ,
    "os.name": lambda machine: machine.environment.os_name,
    "os.sep": lambda machine: "/",
    "os.path.sep": lambda machine: "/",
    "os.pathsep": lambda machine: ":",
    "os.linesep": lambda machine: "\n",
    "os.curdir": lambda machine: ".",
    "os.pardir": lambda machine: "..",
    "posix.environ": lambda machine: UNKNOWN,
}


class MetaPath:
    """`sys.meta_path`: whatever is put on it may answer for modules that no file holds."""

    __slots__ = ()

    def simulated_getattr(self, machine: Machine, name: str) -> Value:
        """Its methods, as far as they add a finder."""
        if name in ("append", "insert"):
            return Native(f"sys.meta_path.{name}", lambda machine, args, kwargs: machine.import_hooks.extend(args[-1:]))
        return UNKNOWN

    def simulated_setitem(self, machine: Machine, key: Value, value: Value) -> None:
        """`sys.meta_path[:0] = [finder]`."""
        machine.import_hooks.extend(machine.iterate(value) or [value])


def _run_path(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    """`runpy.run_path(path)`: the file's body runs in a namespace of its own."""
    from muster.execution.imports import run_module

    text = _text(args[0]) if args else None
    if text is None or not text.endswith(".py") or kind_of(machine, text) is not EntryKind.FILE:
        return DictValue((), True)
    module = ModuleValue("<run_path>", posixpath.normpath(absolute(machine, text)), "source")
    run_module(machine, module)
    return DictValue(module.namespace)
