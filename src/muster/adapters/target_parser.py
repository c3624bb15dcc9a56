"""The examined project's own interpreter as a parser, for when its grammar or its words differ from ours.

It gets Muster's extraction as text and every source as data; it is started with `-I -S` in an empty folder, so it runs
nothing of the project and nothing of its environment.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from muster.adapters.child_death import ChildLost
from muster.adapters.piped_child import PipedChild
from muster.facts.module_facts import FunctionBodies, ModuleFacts, SyntaxProblem
from muster.facts.parse import bodies_of_fields, failed_facts, line_of, parse_directives, safe_filename, undecided_facts

_PACKAGE = Path(__file__).parent.parent
_GUEST = _PACKAGE / "guest" / "target_parse.py"
_SENT = ("opcodes", "scopes", "extract")


class TargetParser:
    """One child of `interpreter`, whose version is `target`."""

    def __init__(self, interpreter: str, target: tuple[int, int], *, cpu_limit_s: float = 5.0) -> None:
        self._target = target
        self._cpu_limit_s = cpu_limit_s
        argv = [interpreter, "-I", "-S", "-B", "-c", _GUEST.read_text(encoding="utf-8")]
        self._child = PipedChild(argv, greeting=_greeting())

    def parse(self, path: str, source: bytes) -> ModuleFacts:
        """What the target itself says of `source`: its facts, its error, or why it could not be asked."""
        try:
            reply = self._ask("facts", path, source)
        except ChildLost as exc:
            return undecided_facts(source, str(exc))
        if "error" in reply:
            return failed_facts(source, _problem(reply["error"], source))
        if "undecided" in reply:
            return undecided_facts(source, reply["undecided"])
        fields = reply["ok"]
        return ModuleFacts(
            body=fields["body"],
            future_annotations=fields["future_annotations"],
            doc=fields["doc"],
            directives=parse_directives(source),
            imports=tuple(fields["imports"]),
            all_names=tuple(fields["all_names"]),
        )

    def parse_bodies(self, path: str, source: bytes) -> FunctionBodies | None:
        """The bodies of all functions; none where the target refuses the file, None where it could not be asked."""
        try:
            reply = self._ask("bodies", path, source)
        except ChildLost:
            return None
        return bodies_of_fields(dict(reply.get("ok", ())))

    def close(self) -> None:
        """End the child."""
        self._child.close()

    def _ask(self, kind: str, path: str, source: bytes) -> dict[str, Any]:
        # A second a mebibyte is what a parser takes; five are a slow machine.
        limit_s = self._cpu_limit_s * (1 + len(source) / 2**20)
        head = json.dumps([kind, self._target, safe_filename(path), limit_s]).encode()
        answer = self._child.ask(head + b"\n" + source, limit_s)
        try:
            reply = json.loads(answer, object_hook=_bytes_again)
        except (ValueError, RecursionError) as exc:
            raise ChildLost("the target's parser gave no usable answer") from exc
        if not isinstance(reply, dict):
            raise ChildLost("the target's parser gave no usable answer")
        return reply


def _greeting() -> bytes:
    modules: list[tuple[str, str | None]] = [("muster", None), ("muster.facts", None)]
    for name in _SENT:
        modules.append((f"muster.facts.{name}", (_PACKAGE / "facts" / f"{name}.py").read_text(encoding="utf-8")))
    return json.dumps(modules).encode()


def _bytes_again(value: dict[str, Any]) -> Any:
    return bytes.fromhex(value["b"]) if value.keys() == {"b"} else value


def _problem(error: dict[str, Any], source: bytes) -> SyntaxProblem:
    text = error["text"].rstrip("\r\n") or line_of(source, error["line"])
    return SyntaxProblem(error["type"], error["message"], error["line"], error["column"], text)
