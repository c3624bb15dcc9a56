"""One worker that collects ahead: all that the command names, for real, while the session is simulated for the first time.

A first simulation can take as long as importing a large library does, and then a worker would begin with just that import.
So where a session reaches many files one of them begins it beside the simulation. What it collects decides nothing: the plan is the
simulation's, and the worker is given files like any other, of which it has imported all by then, in session order as pytest
does. Where it would still be at it for longer than a new worker needs, it is sent away.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from muster.model.invocation import Argument
from muster.model.run import CONTROLLER, Event, Gone, Told
from muster.ports import Clock, Crew

LEAST_PATIENCE_S = 5.0


class HeadStart:
    """The worker `name`, which begins at once, and what has come from it and the controller as long as nobody else listens.

    `arguments` are those of the command: what pytest is told to collect.
    """

    def __init__(self, crew: Crew, clock: Clock, name: str, arguments: Sequence[Argument]) -> None:
        self._crew, self._clock = crew, clock
        self.name = name
        self._begun_at = clock.monotonic()
        self._met: dict[str, float] = {}
        self._is_through = self._has_failed = False
        self.heard: list[Event] = []
        """What is still to be dealt with, in the order in which it came."""
        paths = [argument.path for argument in arguments]
        crew.send(CONTROLLER, {"kind": "go", "names": [name], "paths": paths})
        crew.send(name, {"kind": "go", "survey": [str(argument) for argument in arguments]})

    @property
    def patience_s(self) -> float:
        """How long it may still take once somebody waits for it: what is estimated can be wrong."""
        return max(LEAST_PATIENCE_S, self._clock.monotonic() - self._begun_at)

    def step(self, events: Sequence[Event]) -> None:
        """Take what has come."""
        for event in events:
            self._take(event)

    def _take(self, event: Event) -> None:
        kind = event.header["kind"] if isinstance(event, Told) else ""
        if isinstance(event, Told) and kind == "node":
            self._crew.send(str(event.header["id"]), {"kind": "input"}, event.body)
        elif isinstance(event, Told) and kind == "collecting":
            self._met.setdefault(str(event.header["path"]), self._clock.monotonic())
        else:
            self._is_through |= kind == "surveyed"
            self._has_failed |= isinstance(event, Gone) and event.sender == self.name
            self._has_failed |= isinstance(event, Told) and kind == "surveyed" and bool(event.header["failed"])
            self.heard.append(event)

    def is_worth_waiting_for(self, files: Collection[str]) -> bool:
        """Whether it will have collected the session's `files` before a new worker has collected the first of its own."""
        if self._has_failed:
            return False
        if self._is_through:
            return True
        met = [at for path, at in self._met.items() if path in files]
        if len(met) < 3:
            return False
        first_took = met[1] - self._begun_at
        each_takes = (self._clock.monotonic() - met[1]) / (len(met) - 1)
        return each_takes * (len(files) - len(met) + 1) <= first_took
