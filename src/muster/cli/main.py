"""The console script: one command line in, one exit code out.

Exit codes: 0 nothing of severity error, 1 something, 2 Ctrl-C, 3 our bug, 4 an argument or setting of Muster's own,
5 no tests. What stands behind `--` is pytest's and never parsed here.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from muster import __version__
from muster.errors import InternalError, MusterError

INTERRUPTED = 2
INTERNAL_ERROR = InternalError.exit_code
USAGE_ERROR = MusterError.exit_code
_FIRST_COLLECTION, _LAST_COLLECTION = 700_000, 20_000_000
"""How many more containers than before there are when garbage is looked for."""


def main() -> None:
    """Run the command line of this process and end it."""
    _leave_examined_folders()
    gc.freeze()
    gc.set_threshold(_FIRST_COLLECTION, 50, 100)
    gc.callbacks.append(_collect_less_often)
    _end(run(sys.argv[1:]))


def _collect_less_often(phase: str, info: dict[str, int]) -> None:
    """Wait four times as long for the next collection of garbage where this one found hardly any.

    Facts and values mostly live as long as the process does: looking for garbage among them only costs time. Projects
    whose code makes much of it (sympy: half of all values) keep the first rate, or they would take three times the memory.
    """
    threshold = gc.get_threshold()[0]
    if phase == "stop" and info["collected"] * 10 < threshold < _LAST_COLLECTION:
        gc.set_threshold(threshold * 4, 50, 100)


def _end(code: int) -> NoReturn:
    """End this process without taking its values apart one by one, which for a large tree takes most of a second."""
    atexit._run_exitfuncs()
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):
        sys.exit(code)  # a stream that is gone or closed: as Python itself ends then
    os._exit(code)


def _leave_examined_folders() -> None:
    """Take what lies in the working directory off the search path: with `PYTHONPATH=.` its `json` would be imported as ours."""
    home = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    here = os.path.abspath("") + os.sep
    named = {os.path.abspath(entry) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep)} - {home}
    examined = {entry for entry in named if (entry + os.sep).startswith(here)}
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) not in examined]


def run(arguments: Sequence[str]) -> int:
    """The exit code of `muster ARGUMENTS`; output goes to the standard streams."""
    if list(arguments) in (["--version"], ["-V"]):  # answered before anything heavy is imported
        print(f"muster {__version__}")
        return 0
    from muster.cli.terminal import prepare_streams

    prepare_streams()
    try:
        return _parse(arguments)()
    except KeyboardInterrupt:
        _complain("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        _silence_output()
        return 128 + signal.SIGPIPE
    except MusterError as error:
        _complain(str(error))
        return error.exit_code
    except Exception as error:
        return _report_bug(error)


def _parse(arguments: Sequence[str]) -> Callable[[], int]:
    """What the command line asks for, ready to be run. Raises `UsageError` for what cannot be understood."""
    from muster.cli.quick import parse_plain

    plain = parse_plain(arguments)
    if plain is not None:
        return plain
    from muster.cli.app import parse_arguments

    return parse_arguments(arguments)


def _complain(message: str) -> None:
    from muster.render.escape import escape_lines

    first, *rest = escape_lines(message)
    print("\n".join([f"muster: {first}", *(f"        {line}" for line in rest)]), file=sys.stderr)


def _report_bug(error: Exception) -> int:
    """Say that this is our bug and how to report it; the traceback only where it is asked for."""
    if os.environ.get("MUSTER_TRACEBACK") == "1":
        import traceback

        traceback.print_exc()
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    code = frame.tb_frame.f_code if frame is not None else None
    place = f"{os.path.basename(code.co_filename)}:{frame.tb_lineno}" if code is not None and frame is not None else "?"
    python = ".".join(map(str, sys.version_info[:3]))
    _complain(
        f"internal error: {type(error).__name__} at {place}: {error}\n"
        f"This is a bug of muster {__version__} (Python {python}), not of your project. Please report it as an\n"
        "issue of pytest-muster, with the output of the same command under MUSTER_TRACEBACK=1."
    )
    return INTERNAL_ERROR


def _silence_output() -> None:
    """Keep the interpreter's last flush from complaining about a pipe that nobody reads any more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
