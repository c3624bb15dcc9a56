"""What a parsing child of Muster's own interpreter does: answers with encoded facts. Started by `parsing`."""

from __future__ import annotations

import gc
import signal
import sys
import warnings
from functools import partial
from typing import BinaryIO

import msgspec

from muster.facts.module_facts import ModuleFacts, encode_bodies, encode_facts
from muster.facts.parse import parse_bodies, parse_module, safe_filename
from muster.facts.roomy_stack import on_roomy_stack


class Job(msgspec.Struct, frozen=True, array_like=True):
    """Files to be parsed in one way: `skim` (a doubt is answered by None), `full` or `bodies`."""

    kind: str
    target: tuple[int, int]
    files: list[tuple[str, bytes]]
    cpu_limit_s: float = 0.0


_encode_job = msgspec.msgpack.Encoder().encode
_decode_job = msgspec.msgpack.Decoder(Job).decode
decode_records = msgspec.msgpack.Decoder(list[bytes | None]).decode
_encode_records = msgspec.msgpack.Encoder().encode


def encode_job(job: Job) -> bytes:
    """The MessagePack form of `job`; only the base names of its files go along, as a path need not be UTF-8."""
    files = [(safe_filename(path), source) for path, source in job.files]
    return _encode_job(Job(job.kind, job.target, files, job.cpu_limit_s))


def do_job(job: Job) -> list[bytes | None]:
    """The encoded facts (or bodies) of each file of `job`, in order; None where skimming was in doubt."""
    return [_parse(job.kind, job.target, path, source) for path, source in job.files]


def parse_full(path: str, source: bytes, target: tuple[int, int]) -> ModuleFacts:
    """The facts of a file by a full parse and the compiler's own checks."""
    return parse_module(source, target=target, path=path, compile_check=compile_tree)


def compile_tree(tree: object, name: str) -> object:
    """The code object of `tree`, which is never run. Raises what the compiler raises."""
    return compile(tree, name, "exec", dont_inherit=True)  # type: ignore[call-overload]  # because the tree is a Module


def _parse(kind: str, target: tuple[int, int], path: str, source: bytes) -> bytes | None:
    if kind == "bodies":
        return encode_bodies(parse_bodies(source, target))
    if kind == "full":
        return encode_facts(parse_full(path, source, target))
    from muster.facts.skim import skim_module  # Its patterns take a while to compile, and a warm run needs none.

    facts = skim_module(source, target=target)
    return None if facts is None else encode_facts(facts)


def serve() -> None:
    """Answer jobs from standard input until it ends."""
    # Syntax trees are large, short-lived and free of cycles: collecting them costs a third of the time.
    gc.disable()
    warnings.simplefilter("ignore")
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    while header := questions.read(8):
        job = _decode_job(questions.read(int.from_bytes(header, "big")))
        # Its signal ends this process, in the midst of C code too.
        signal.setitimer(signal.ITIMER_PROF, job.cpu_limit_s)
        records = _encode_records(on_roomy_stack(partial(do_job, job)))
        signal.setitimer(signal.ITIMER_PROF, 0)
        _answer(answers, records)


def _answer(answers: BinaryIO, payload: bytes) -> None:
    answers.write(len(payload).to_bytes(8, "big"))
    answers.write(payload)
    answers.flush()
