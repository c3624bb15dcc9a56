"""Runs in the examined project's own interpreter (`python -I -S`, 3.9 or newer): parses source that comes as data.

The first frame is a JSON list of [module name, text]: Muster's own extraction. Every later frame is a kind (`facts` or
`bodies`), the target version, a file name and a limit of processor seconds as a line of JSON, then the source. The
answer is JSON: `{"ok": ...}` or `{"error": {...}}`; bytes are `{"b": hex}`. Nothing that is parsed is ever run.
"""

from __future__ import annotations

import ast
import gc
import json
import signal
import sys
import types
import warnings
from typing import Any, BinaryIO


def install(modules: list[tuple[str, str | None]]) -> None:
    """Make the modules of Muster that extraction needs importable, from their texts."""
    for name, text in modules:
        module = types.ModuleType(name)
        sys.modules[name] = module
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)
        if text is None:
            module.__path__ = []
        else:
            exec(compile(text, name, "exec", dont_inherit=True), module.__dict__)


def answer(kind: str, target: tuple[int, int], filename: str, source: bytes) -> dict[str, Any]:
    """What this interpreter says of `source`."""
    from muster.facts.extract import extract_bodies, extract_module

    try:
        tree = ast.parse(source, filename=filename)
        if kind == "bodies":
            bodies = extract_bodies(tree, source, target)
            return {"ok": [[line, fields] for line, fields in bodies.items()]}
        compile(tree, filename, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as exc:
        return {"error": describe(exc)}
    try:
        return {"ok": extract_module(tree, source, target)}
    except RecursionError:
        return {"undecided": "it is nested too deeply"}


def describe(exc: BaseException) -> dict[str, Any]:
    """The exception as plain values; lone surrogates are shown escaped."""
    return {
        "type": type(exc).__name__,
        "message": str(exc).encode("utf-8", "backslashreplace").decode("utf-8"),
        "line": getattr(exc, "lineno", None) or 0,
        "column": max(getattr(exc, "offset", None) or 0, 0),
        "text": (getattr(exc, "text", None) or "").encode("utf-8", "backslashreplace").decode("utf-8"),
    }


def read_frame(stream: BinaryIO) -> bytes | None:
    """The next frame, or None at the end."""
    header = stream.read(8)
    return stream.read(int.from_bytes(header, "big")) if len(header) == 8 else None


def serve(questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer until the questions end."""
    gc.disable()
    warnings.simplefilter("ignore")
    install(json.loads(read_frame(questions) or b"[]"))
    while True:
        frame = read_frame(questions)
        if frame is None:
            return
        head, _, source = frame.partition(b"\n")
        kind, target, filename, cpu_limit_s = json.loads(head)
        signal.setitimer(signal.ITIMER_PROF, cpu_limit_s)  # Its signal ends this process, in the midst of C code too.
        reply = json.dumps(answer(kind, tuple(target), filename, source), default=lambda value: {"b": value.hex()})
        signal.setitimer(signal.ITIMER_PROF, 0)
        payload = reply.encode("ascii")
        answers.write(len(payload).to_bytes(8, "big") + payload)
        answers.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
