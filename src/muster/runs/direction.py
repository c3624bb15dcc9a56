"""The course of a run: what is told to the processes, and what is made of what they tell.

Workers ask for work while they still have one test to run, as pytest tears fixtures down by looking at the next test;
so nobody waits for anybody, and a worker that was told that there is no more runs its last test and ends. What comes
back into the queue after that (the rest of a lost worker's share, a failed test to be tried again) gets a new worker.
Who asks when the queue is empty gets half of what another one still has before it, where that is worth a second import:
how many tests a file has, and how slow they are, is often only known once they run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from muster.model.run import CONTROLLER, Event, Fate, FileError, Gone, Printed, Task, Told, Unit
from muster.ports import Clock, Crew, RunView
from muster.runs.head_start import HeadStart
from muster.runs.ledger import Ledger, ReportRow, fate_of
from muster.runs.plan import SPLIT_SECONDS
from muster.runs.queue import Queue

TICK_S = 0.2
INTERRUPT_S = 1.4
"""How long children may take to end by themselves after Ctrl-C."""
IDLE_DEATHS = 3
"""Workers that died one after the other without having collected or run anything: there is no sense in a further one."""
SLOWEST_COLLECTION_S = 60.0
MEASURED_TESTS = 3
"""After so many tests of a portion it is guessed what the others of it take."""

BAD = frozenset((Fate.FAILED, Fate.ERROR))


@dataclass(slots=True)
class Hand:
    """One worker as it stands."""

    name: str
    is_ready: bool = False
    keys: list[str] = field(default_factory=list)
    running: int | None = None
    next: int = 0
    batch: tuple[Task, ...] = ()
    collecting: str = ""
    has_ended: bool = False
    finished: Mapping[str, Any] | None = None
    output: bytes = b""
    deadline: float | None = None
    timed_out: bool = False
    trouble: str = ""
    has_worked: bool = False
    is_waiting: bool = False
    """It has asked for work, and another one is asked to give some up."""
    is_sharing: bool = False
    is_surveying: bool = False
    """It collects ahead, and was given nothing yet."""
    tests_done: int = 0
    seconds_done: float = 0.0
    """Of the tests since it was last given some."""

    @property
    def spare(self) -> int:
        """How many tests it has not begun, but for the next one."""
        return len(self.keys) - self.next - 1

    @property
    def seconds_spare(self) -> float:
        """What those may take, if they are like the ones before them."""
        return self.spare * self.seconds_done / max(self.tests_done, 1)


@dataclass(frozen=True, slots=True)
class Course:
    """What a run came to, besides the ledger: the controller's exit code and what went wrong around the tests."""

    pytest_exit: int | None
    stopped: str
    interrupted: bool
    troubles: tuple[str, ...]
    collect_seconds: Mapping[str, float]
    lost_workers: tuple[str, ...]


class Direction:
    """One run from its first message to its last."""

    def __init__(
        self,
        crew: Crew,
        view: RunView,
        clock: Clock,
        ledger: Ledger,
        queue: Queue,
        workers: int,
        root: str,
    ) -> None:
        self._crew, self._view, self._clock = crew, view, clock
        self._ledger, self._queue, self._workers, self._root = ledger, queue, workers, root
        self._hands: dict[str, Hand] = {}
        self._tasks: dict[str, Task] = {}
        self._attempts: dict[str, int] = {}
        self._seconds: dict[str, float] = {}
        self._collect_reports: set[tuple[str, str]] = set()
        self._troubles: list[str] = []
        self._lost: list[str] = []
        self._idle_deaths = 0
        self._started = 0
        self._stopped = ""
        self._interrupt: Mapping[str, object] | None = None
        self._exit: int | None = None
        self._is_controller_there = True
        self._is_controller_ready = False
        self._is_over = False
        self.before_end: Callable[[], None] = lambda: None
        """Called once, when all tests have their fate and pytest has not yet summed up."""

    def run(
        self, names: Sequence[str], paths: Sequence[str], ahead: HeadStart | None = None, *, started: int = 0
    ) -> Course:
        """Run everything in the queue with the workers `names`, of those that were `started`; the command itself names `paths`.

        The controller and one worker may be `ahead`; that one goes on if it is among `names`.
        """
        self._started = max(started, len(names))
        if ahead is None:
            self._crew.send(CONTROLLER, {"kind": "go", "names": list(names), "paths": list(paths)})
        for name in names:
            self._hands[name] = Hand(name)
            if ahead is None or name != ahead.name:
                self._crew.send(name, {"kind": "go"})
                if ahead is not None:
                    self._tell_controller("node", id=name)
        try:
            if ahead is not None:
                self._take_over(ahead)
            while not self._is_over or self._is_controller_there:
                self._step(TICK_S)
        except KeyboardInterrupt:
            self._end_by_interrupt()
        return self.course()

    def _take_over(self, ahead: HeadStart) -> None:
        if (hand := self._hands.get(ahead.name)) is not None:
            hand.is_surveying, hand.has_worked = True, True
            hand.deadline = self._clock.monotonic() + ahead.patience_s
        for event in ahead.heard:
            self._take(event)

    def _dismiss_surveyors(self) -> None:
        """Send away who still collects ahead where that takes too long, or nothing is left to be done."""
        now = self._clock.monotonic()
        for hand in [hand for hand in self._hands.values() if hand.is_surveying]:
            is_late = hand.deadline is not None and now > hand.deadline
            if is_late or self._stopped or (not self._queue and len(self._hands) == 1):
                self._dismiss(hand)

    def _dismiss(self, hand: Hand) -> None:
        del self._hands[hand.name]
        self._crew.dismiss(hand.name)

    def _step(self, timeout_s: float) -> None:
        for event in self._crew.events(timeout_s):
            self._take(event)
        self._serve_waiting()
        self._dismiss_surveyors()
        self._enforce_deadlines()
        self._view.tick()
        if not self._is_over:
            self._replace_workers()
            if not self._hands and not self._queue and self._is_controller_ready:
                self._conclude()

    def course(self) -> Course:
        """What the run has come to by now."""
        return Course(
            self._exit,
            self._stopped,
            self._interrupt is not None,
            tuple(self._troubles),
            self._seconds,
            tuple(self._lost),
        )

    # What is told.

    def _take(self, event: Event) -> None:
        match event:
            case Printed(text=text):
                self._view.pass_on(text)
            case Gone(sender=sender) if sender == CONTROLLER:
                self._lose_controller(event)
            case Gone():
                self._lose_worker(event)
            case Told(sender=sender) if sender == CONTROLLER:
                self._hear_controller(event)
            case Told(sender=sender) if sender in self._hands:
                self._hear_worker(self._hands[sender], event)
            case _:
                return

    def _hear_controller(self, told: Told) -> None:
        header: Mapping[str, Any] = told.header
        match header["kind"]:
            case "node":
                self._crew.send(header["id"], {"kind": "input"}, told.body)
            case "ready":
                self._is_controller_ready = True
            case "stop":
                self._stop(str(header["reason"]))
            case "finished":
                self._exit = int(header["exit"])
            case _:
                return

    def _hear_worker(self, hand: Hand, told: Told) -> None:
        header: Mapping[str, Any] = told.header
        match header["kind"]:
            case "ready":
                hand.is_ready = True
                self._tell_controller("nodeready", told.body, id=hand.name)
            case "surveyed":
                hand.is_surveying, hand.deadline = False, None
                if header["failed"]:
                    self._dismiss(hand)
            case "want":
                self._give(hand)
            case "collecting":
                self._note_collecting(hand, str(header["path"]))
            case "collected":
                self._note_collected(hand, header)
            case "lost":
                self._break_file(FileError(self._nodeid(header["path"]), header["path"], header["text"]))
            case "collectreport":
                self._note_collect_report(hand, header, told.body)
            case "shared":
                self._note_shared(hand, int(header["keep"]))
            case "start":
                self._note_start(hand, int(header["test"]))
            case "done":
                self._note_done(hand, header, told.body)
            case "warning":
                self._tell_controller("warning", told.body)
            case "interrupt":
                self._note_interrupt(header)
            case "trouble":
                hand.trouble = str(header["text"])
            case "finished":
                hand.finished, hand.output = header, told.body
            case _:
                return

    # Giving out work.

    def _give(self, hand: Hand) -> None:
        tasks = () if self._stopped else self._queue.take()
        hand.is_waiting = not tasks and not self._stopped and self._may_get_some(hand)
        if hand.is_waiting:
            return
        if not tasks:
            hand.has_ended = True
            self._crew.send(hand.name, {"kind": "stop" if self._stopped else "end"})
            return
        hand.batch, hand.collecting = tasks, ""
        for task in tasks:
            self._tasks[task.path] = task
        self._crew.send(hand.name, {"kind": "batch", "tasks": [_described(task) for task in tasks]})

    def _may_get_some(self, asking: Hand) -> bool:
        """Whether another worker still collects, or gives up tests; the one with the most before it is asked to."""
        others = [hand for hand in self._hands.values() if hand is not asking and not hand.is_waiting]
        if any(hand.is_sharing or hand.batch for hand in others):
            return True
        free = [hand for hand in others if hand.spare > 0 and not self._is_bound(hand)]
        if any(hand.tests_done < MEASURED_TESTS for hand in free):
            return True
        most = max(free, key=lambda hand: hand.seconds_spare, default=None)
        if most is None or most.seconds_spare < SPLIT_SECONDS:
            return False
        most.is_sharing = True
        self._crew.send(most.name, {"kind": "share"})
        return True

    def _is_bound(self, hand: Hand) -> bool:
        """Whether tests that `hand` has before it must stay together."""
        paths = {self._ledger.path_of(key) for key in hand.keys[hand.next :]}
        return any(path not in self._tasks or self._tasks[path].is_bound for path in paths)

    def _note_shared(self, hand: Hand, keep: int) -> None:
        hand.is_sharing = False
        if hand.keys[keep:]:
            self._queue.put_back([self._unit_of(hand.keys[keep:])])
            del hand.keys[keep:]

    def _serve_waiting(self) -> None:
        """Answer those who wait for work, now that something may have come back."""
        for hand in [hand for hand in self._hands.values() if hand.is_waiting and not hand.has_ended]:
            self._give(hand)

    def _note_collecting(self, hand: Hand, path: str) -> None:
        if hand.is_surveying:
            return
        hand.collecting, hand.has_worked = path, True
        limits = [task.timeout_s for task in hand.batch if task.timeout_s is not None]
        # Imports are not tests, but a file that never ends importing must not hold up a run with a limit.
        hand.deadline = self._clock.monotonic() + max(SLOWEST_COLLECTION_S, 10 * min(limits)) if limits else None

    def _note_collected(self, hand: Hand, header: Mapping[str, Any]) -> None:
        for task in hand.batch:
            self._ledger.close_file(task.path)
            share = float(header["seconds"]) / len(hand.batch)
            self._seconds[task.path] = self._seconds.get(task.path, 0.0) + share
        hand.keys.extend(self._ledger.meet(nodeid, path) for nodeid, path in header["items"])
        self._ledger.deselect(header["deselected"])
        self._view.expect(self._ledger.expected)
        hand.batch, hand.collecting, hand.deadline = (), "", None
        hand.tests_done, hand.seconds_done = 0, 0.0
        self._idle_deaths = 0

    def _note_collect_report(self, hand: Hand, header: Mapping[str, Any], body: bytes) -> None:
        # The parts of a file, and the files of a folder, meet one failure or skip in several workers.
        report = (str(header["nodeid"]), str(header["outcome"]))
        if report in self._collect_reports:
            return
        self._collect_reports.add(report)
        if header["outcome"] == "failed":
            self._ledger.break_file(FileError(str(header["nodeid"]), hand.collecting, str(header["text"])))
            self._view.say(f"ERROR {header['nodeid']}  {header['text']}")
        self._tell_controller("collectreport", body)

    # Tests.

    def _note_start(self, hand: Hand, number: int) -> None:
        hand.running, hand.next = number, number + 1
        task = self._tasks.get(self._ledger.path_of(hand.keys[number]))
        limit = task.timeout_s if task is not None else None
        hand.deadline = self._clock.monotonic() + limit if limit is not None else None

    def _note_done(self, hand: Hand, header: Mapping[str, Any], body: bytes) -> None:
        key = hand.keys[int(header["test"])]
        hand.running, hand.deadline, hand.has_worked = None, None, True
        hand.tests_done, hand.seconds_done = hand.tests_done + 1, hand.seconds_done + float(header["seconds"])
        self._idle_deaths = 0
        fate, text = fate_of([ReportRow(*row) for row in header["reports"]])
        attempts = self._attempts[key] = self._attempts.get(key, 0) + 1
        if fate in BAD and not self._stopped and self._try_again(key, attempts):
            return
        if fate is Fate.PASSED and attempts > 1:
            fate, text = Fate.FLAKY, f"passed at attempt {attempts}"
        result = self._ledger.record(
            key, fate, text, seconds=float(header["seconds"]), worker=hand.name, attempts=attempts
        )
        self._tell_controller("reports", body, id=hand.name, flaky=fate is Fate.FLAKY)
        self._view.test_done(result)

    def _try_again(self, key: str, attempts: int) -> bool:
        """Whether the category allows another attempt at `key`; if so, it is queued behind everything else."""
        path = self._ledger.path_of(key)
        task = self._tasks.get(path)
        if task is None or attempts > task.retries:
            return False
        self._ledger.release(key)
        nodeid = self._ledger.nodeid_of(key)
        self._queue.put_last(Unit((replace(task, only=(nodeid,), part=(0, 1)),)))
        return True

    # Ends.

    def _stop(self, reason: str) -> None:
        if self._stopped:
            return
        self._stopped = reason
        self._queue.clear()
        for hand in self._hands.values():
            if not hand.has_ended:
                hand.has_ended = True
                self._crew.send(hand.name, {"kind": "stop"})

    def _note_interrupt(self, header: Mapping[str, Any]) -> None:
        """A test called `pytest.exit`, or raised `KeyboardInterrupt`: pytest ends the session there."""
        if self._interrupt is None:
            self._interrupt = {"type": header["type"], "text": header["text"], "code": header["code"]}
            self._stop(f"{header['type']}: {header['text']}")

    def _lose_worker(self, gone: Gone) -> None:
        hand = self._hands.pop(gone.sender, None)
        if hand is None:
            return
        if hand.finished is not None and gone.code != int(hand.finished["exit"]):
            self._troubles.append(f"{hand.name} {gone.how} behind its last test")
        error = "" if hand.finished is not None else gone.how
        if error and not hand.has_worked:
            self._idle_deaths += 1
        if hand.is_ready or hand.finished is not None:
            self._tell_controller("gone", hand.output, id=hand.name, error=error)
        if self._interrupt is None:
            self._account_for(hand, gone)
        if hand.trouble:
            self._troubles.append(f"{hand.name}: internal error in pytest or a plugin\n{hand.trouble}")
            self._tell_controller("trouble")
        if error and not hand.is_ready:
            self._lost.append(f"{hand.name} {gone.how} before it was ready\n{gone.output}".rstrip())
        if self._idle_deaths >= IDLE_DEATHS or (error and not hand.is_ready and not self._ledger.collected):
            self._stop("workers cannot be started")

    def _account_for(self, hand: Hand, gone: Gone) -> None:
        """The test that was lost with a worker gets its fate; what the worker did not get to goes back."""
        reason = _cause_of_death(hand, gone)
        if hand.running is not None:
            self._lose_test(hand, hand.keys[hand.running], reason, gone.output)
        left = hand.keys[hand.next :]
        back = [self._unit_of(left)] if left and not self._stopped else []
        broken = _blamed(hand)
        for task in hand.batch:
            if task.path in broken:
                text = f"{reason} while it was collected"
                self._break_file(FileError(self._nodeid(task.path), task.path, text, crashed=True), gone.output)
            elif not self._stopped:
                back.append(Unit((task,)))
        self._queue.put_back(back)

    def _lose_test(self, hand: Hand, key: str, reason: str, output: str) -> None:
        fate = Fate.TIMED_OUT if hand.timed_out else Fate.CRASHED
        attempts = self._attempts.get(key, 0) + 1
        result = self._ledger.record(key, fate, reason, worker=hand.name, attempts=attempts)
        text = f"{fate}: {reason}" + (f"\n\nlast output of {hand.name}:\n{output}" if output else "")
        path = self._nodeid(result.path)
        self._tell_controller("died", path=path, nodeid=result.nodeid, text=text)
        self._view.test_done(result)

    def _unit_of(self, keys: Sequence[str]) -> Unit:
        """Collected tests that another worker is to run, file by file."""
        by_path: dict[str, list[str]] = {}
        for key in keys:
            self._ledger.release(key)
            by_path.setdefault(self._ledger.path_of(key), []).append(self._ledger.nodeid_of(key))
        tasks = []
        for path, nodeids in by_path.items():
            task = self._tasks.get(path) or Task(path, (path,))
            tasks.append(replace(task, only=tuple(nodeids), part=(0, 1)))
        return Unit(tuple(tasks))

    def _break_file(self, error: FileError, output: str = "") -> None:
        self._ledger.break_file(error)
        text = error.text + (f"\n\nlast output of the worker:\n{output}" if output else "")
        self._tell_controller("broken", nodeid=error.nodeid, text=text)
        self._view.say(f"ERROR {error.nodeid}  {error.text}")

    def _replace_workers(self) -> None:
        """Start workers for what is left, where those that are there have been told that nothing is."""
        if not self._queue or self._stopped:
            return
        wanted = min(len(self._queue), self._workers)
        while len(self._hands) < self._workers and sum(not hand.has_ended for hand in self._hands.values()) < wanted:
            name = f"gw{self._started}"
            self._started += 1
            self._hands[name] = Hand(name)
            self._crew.start_worker(name)
            self._crew.send(name, {"kind": "go"})
            self._tell_controller("node", id=name)

    def _enforce_deadlines(self) -> None:
        now = self._clock.monotonic()
        for hand in self._hands.values():
            if hand.deadline is not None and now > hand.deadline and not hand.timed_out:
                hand.timed_out = True
                self._crew.abort(hand.name)

    def _conclude(self) -> None:
        self._is_over = True
        self._view.end()
        self.before_end()
        self._tell_end()

    def _tell_end(self) -> None:
        not_run = sum(result.fate is Fate.NOT_RUN for result in self._ledger.close(self._stopped))
        self._crew.send(
            CONTROLLER,
            {
                "kind": "end",
                "collected": self._ledger.collected,
                "deselected": self._ledger.deselected,
                "skipped": self._ledger.skipped,
                "not run": not_run,
                "interrupt": self._interrupt,
            },
        )

    def _end_by_interrupt(self) -> None:
        """Ctrl-C: workers and controller end at the same time, what they still say within a moment counts."""
        self._interrupt = {"type": "KeyboardInterrupt", "text": "", "code": None}
        self._stopped = "interrupted"
        self._crew.interrupt()
        if not self._is_over:
            self._conclude()
        deadline = self._clock.monotonic() + INTERRUPT_S
        while self._is_controller_there and self._clock.monotonic() < deadline:
            for event in self._crew.events(0.1):
                if isinstance(event, Printed) or event.sender == CONTROLLER:
                    self._take(event)

    def _lose_controller(self, gone: Gone) -> None:
        self._is_controller_there = False
        if self._exit is None:
            self._troubles.append(f"pytest's own process, which reports, {gone.how}")
        if not self._is_over:
            self._is_over = True
            self._stop("pytest could not be started" if not self._is_controller_ready else "pytest ended early")
            self._view.end()

    def _tell_controller(self, kind: str, body: bytes = b"", **values: object) -> None:
        self._crew.send(CONTROLLER, {"kind": kind, **values}, body)

    def _nodeid(self, path: str) -> str:
        return path.removeprefix(self._root.rstrip("/") + "/")


def _described(task: Task) -> dict[str, object]:
    return {
        "path": task.path,
        "arguments": list(task.arguments),
        "only": list(task.only),
        "part": list(task.part),
    }


def _cause_of_death(hand: Hand, gone: Gone) -> str:
    if hand.timed_out:
        return "it took longer than the category's timeout, and its worker was killed"
    if hand.trouble:
        return f"internal error in {hand.name}: {hand.trouble.strip().splitlines()[-1]}"
    return f"its worker {hand.name} {gone.how}"


def _blamed(hand: Hand) -> frozenset[str]:
    """The files that the worker was collecting when it ended: one, or those below the folder it had just begun."""
    if not hand.collecting:
        return frozenset()
    below = f"{hand.collecting.rstrip('/')}/"
    return frozenset(task.path for task in hand.batch if task.path == hand.collecting or task.path.startswith(below))
