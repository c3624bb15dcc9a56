"""Programs and threads that code starts while it is imported.

No program is ever started. What one would do is not known, but whether it is there is: `subprocess` looks for it as
`os.get_exec_path` says. A function that is handed to a pool of threads is called at once.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from pathlib import PurePosixPath

from muster.execution.machine import Machine
from muster.execution.raised import Raised
from muster.execution.values import (
    UNKNOWN,
    DictValue,
    ListValue,
    Native,
    Opaque,
    OpaqueInstance,
    TupleValue,
    Value,
)
from muster.model.collection import OtherFailure
from muster.ports import EntryKind

Args = tuple[Value, ...]
Kwargs = dict[str, Value]

_ELSEWHERE = ("executable", "env", "shell", "preexec_fn")
"""Options of `subprocess.Popen` with which the program is another, is looked for elsewhere, or something else fails first."""


def _start(dotted: str) -> Callable[[Machine, Args, Kwargs], Value]:
    def run(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
        program = _program(args[0] if args else kwargs.get("args", UNKNOWN))
        is_plain = all(option not in kwargs or kwargs[option] in (None, False) for option in _ELSEWHERE)
        if is_plain and len(args) < 2 and program and _is_missing(machine, program):
            text = f"[Errno 2] No such file or directory: {program!r}"
            raise machine.error("FileNotFoundError", text, OtherFailure("program"))
        for value in (*args, *kwargs.values()):
            if isinstance(value, (ListValue, DictValue)):
                value.unsure = True
        machine.opaque_calls += 1
        return OpaqueInstance(Opaque(_RESULTS[dotted], "class")) if dotted in _RESULTS else UNKNOWN

    return run


def _program(command: Value) -> str:
    """The program that a command starts, "" where it is not known."""
    if isinstance(command, (ListValue, TupleValue, tuple)):
        first = command[0] if command else UNKNOWN
        if isinstance(command, ListValue) and command.unsure and len(command) == 0:
            return ""
        return str(first) if isinstance(first, (str, PurePosixPath)) else ""
    return command if isinstance(command, str) else ""


def _is_missing(machine: Machine, program: str) -> bool:
    """Whether a program with this bare name is in none of the folders that are searched."""
    path = machine.environ.get("PATH")
    if "/" in program or not isinstance(path, str):
        return False
    folders = [entry or machine.cwd for entry in path.split(":")]
    return all(_lacks(machine, posixpath.normpath(posixpath.join(machine.cwd, folder)), program) for folder in folders)


def _lacks(machine: Machine, folder: str, program: str) -> bool:
    if machine.tree.kind(folder) is not EntryKind.FOLDER:
        # It may be there without being readable from here, unless its parent is and does not hold it.
        return bool(machine.tree.listing(posixpath.dirname(folder)))
    listing = machine.tree.listing(folder)
    return program not in listing and not machine.tree.is_symlink(posixpath.join(folder, program))


def _submit(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    """`Executor.submit(function, *args)`: what the function gives or raises waits in the future."""
    future = OpaqueInstance(Opaque("concurrent.futures._base.Future", "class"))
    if len(args) < 2:
        return future
    try:
        given = machine.call(args[1], args[2:], kwargs)
    except Raised as raised:
        refused = raised  # because Python unbinds the name at the end of the handler

        def fail(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
            raise refused

        future.attributes["result"] = Native("concurrent.futures.Future.result", fail)
        return future
    future.attributes["result"] = Native("concurrent.futures.Future.result", lambda machine, args, kwargs: given)
    return future


_RESULTS = {"subprocess.Popen": "subprocess.Popen", "subprocess.run": "subprocess.CompletedProcess"}
NATIVES: dict[str, Callable[[Machine, Args, Kwargs], Value]] = {}
for _pool in ("concurrent.futures.ThreadPoolExecutor", "concurrent.futures.thread.ThreadPoolExecutor"):
    NATIVES[f"{_pool}().submit"] = _submit
    NATIVES[f"{_pool}().__enter__"] = lambda machine, args, kwargs: args[0] if args else UNKNOWN
for _name in ("run", "Popen", "call", "check_call", "check_output"):
    NATIVES[f"subprocess.{_name}"] = _start(f"subprocess.{_name}")
