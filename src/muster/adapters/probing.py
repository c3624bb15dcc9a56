"""Installed modules, imported in a child of the project's interpreter to see what that really does.

One child answers for all modules, so that what they share is imported once. What that sharing leaves in doubt is asked
of a fresh child, whose word counts. A child that dies or hangs is an answer too.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from muster.adapters.child_death import ChildDied
from muster.model.environment import ImportFailure, ProbedModule

if TYPE_CHECKING:
    from muster.adapters.guest_process import GuestProcess

_INSIDE = "InsideExaminedTree"


class Prober:
    """Asks children that `start` begins; each answer is awaited for `timeout_s`."""

    def __init__(self, start: Callable[[], GuestProcess], timeout_s: float) -> None:
        self._start = start
        self._timeout_s = timeout_s
        self._shared: GuestProcess | None = None

    @property
    def is_running(self) -> bool:
        """Whether the shared child is there."""
        return self._shared is not None

    def probe(self, name: str) -> ProbedModule:
        """What importing `name` does, or reading the attribute of `module:attribute`."""
        try:
            return self._probe(name)
        except OSError as error:
            return _died(name, ChildDied(f"its interpreter cannot be run: {error.strerror or error}", ""))

    def _probe(self, name: str) -> ProbedModule:
        if self._shared is None:
            self._shared = self._start()
        answer = self._ask(self._shared, name)
        if isinstance(answer, ChildDied):
            self._shared = None
            if answer.timed_out:
                return _died(name, answer)
        elif not answer["doubtful"] or _is_plainly_absent(name, answer):
            return _probed(name, answer)
        return self._probe_afresh(name)

    def _probe_afresh(self, name: str) -> ProbedModule:
        fresh = self._start()
        answer = self._ask(fresh, name)
        fresh.close()
        return _died(name, answer) if isinstance(answer, ChildDied) else _probed(name, answer)

    def _ask(self, child: GuestProcess, name: str) -> dict[str, Any] | ChildDied:
        answer = child.ask(json.dumps(name).encode("ascii"), self._timeout_s)
        if isinstance(answer, ChildDied):
            return answer
        try:
            described = json.loads(answer)
        except (ValueError, RecursionError):
            described = None
        if isinstance(described, dict) and described.get("name") == name and "doubtful" in described:
            return described
        child.close()
        return ChildDied("its answer cannot be read", "")

    def close(self) -> None:
        """End the shared child."""
        if self._shared is not None:
            self._shared.close()
            self._shared = None


def _is_plainly_absent(name: str, answer: dict[str, Any]) -> bool:
    """Whether the finder itself found no such module: no other order of imports would change that."""
    first = answer.get("first") or {}
    missing = first.get("missing") if first.get("type") == "ModuleNotFoundError" else ""
    is_above = bool(missing) and (name == missing or name.startswith(f"{missing}."))
    return is_above and bool(answer.get("second"))


def _probed(name: str, answer: dict[str, Any]) -> ProbedModule:
    described = {key: value for key, value in answer.items() if key != "doubtful"}
    try:
        probed = msgspec.convert(described, type=ProbedModule)
    except msgspec.ValidationError:
        return ProbedModule(name=name, lenient=True)
    if any(failure is not None and _INSIDE in failure.mro for failure in (probed.first, probed.second)):
        # It needs code of the examined tree, which was kept from running: nothing follows from that.
        return ProbedModule(name=name, lenient=True)
    return msgspec.structs.replace(probed, lenient=probed.lenient or (probed.first is not None and ":" not in name))


def _died(name: str, death: ChildDied) -> ProbedModule:
    failure = ImportFailure(type="InterpreterDied", message=death.reason)
    return ProbedModule(name=name, first=failure, second=failure, lenient=True)
