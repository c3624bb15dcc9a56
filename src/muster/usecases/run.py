"""`muster run`: simulate, say at once what cannot be collected, run the rest in workers, and account for every test."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from posixpath import join, normpath

from muster.errors import UsageError
from muster.model.invocation import Invocation
from muster.model.report import Report
from muster.model.run import Fate, FileDurations, ItemResult, Unit
from muster.model.run_report import RunReport
from muster.model.service import ServiceStatus
from muster.ports import Clock, Crew, FileTree, ReadFailure, RunRecords, RunView
from muster.runs.direction import Course, Direction
from muster.runs.groups import join_groups
from muster.runs.ledger import Ledger
from muster.runs.plan import Costs, Limits, Planned, plan_tests, plan_units, split_units
from muster.runs.queue import Queue
from muster.runs.shards import Shard, fingerprint, pick_shard
from muster.settings import Category
from muster.usecases.check import examine
from muster.usecases.last_failed import read_last_failed
from muster.usecases.plan import FAILED, NO_TESTS, Plan
from muster.usecases.preflight import Preflight
from muster.usecases.report import make_report
from muster.usecases.report_paths import relative_path
from muster.usecases.run_report import Told, make_run_report
from muster.usecases.simulate import Ports, Simulation
from muster.usecases.workforce import Workforce


@dataclass(frozen=True, slots=True)
class RunRequest:
    """How to run: with how many workers, which shard, what is not let pass, and where pytest's junit goes.

    `categories` are all of the settings'; `fail_flaky` makes a pass on retry red, `strict` stops where anything is
    blocked.
    """

    workers: int = 2
    shard: Shard | None = None
    strict: bool = False
    fail_flaky: bool = False
    junit: str = ""
    categories: Mapping[str, Category] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunPorts:
    """The effects of a run beyond those of a simulation.

    `describe` words a simulated collection, `conclude` what differs from it, `describe_services` their answers;
    `preflight` asks the services of the categories before the first test.
    """

    crew: Crew
    view: RunView
    records: RunRecords
    describe: Callable[[Report], str]
    conclude: Callable[[RunReport], str]
    describe_services: Callable[[Sequence[ServiceStatus]], str]
    preflight: Callable[[], Preflight] = Preflight


def run_tests(ports: Ports, clock: Clock, plan: Plan, request: RunRequest, run: RunPorts) -> RunReport:
    """Run the session in `plan`; returns what became of every test."""
    force = Workforce(run.crew, clock, request.workers, partial(_may_begin_ahead, plan, request))
    # pytest is loaded while we simulate; but for a head start nothing of the project is imported before that has told what
    # there is. Where the session is known from an earlier run, no more workers are started than it needs.
    run.crew.start_controller(_controller_arguments(request))
    force.start(1)
    with force.listening:
        simulation, checked = examine(ports, clock, plan, grouped=True, meanwhile=force.prepare)
    _refuse_what_runs_nothing(simulation, plan)
    report = make_report(checked)
    told = Told(report, checked.root, checked.started_at, request.workers, checked.simulated_s)
    planned, units, told = _plan(ports, plan, simulation, request, run.records, told)
    force.settle(simulation.collection, planned, units)
    run.view.say(run.describe(report))
    if not units and not _is_refused(report):
        return make_run_report(told, exit_code=NO_TESTS)
    if request.strict and (planned.blocked or _is_refused(report)):
        return make_run_report(replace(told, stopped="--strict: files are blocked"), exit_code=FAILED)
    services = run.preflight()
    told = replace(told, services=services.statuses)
    if services.statuses:
        run.view.say(run.describe_services(services.statuses))
    if services.down:
        names_down = ", ".join(status.name for status in services.down)
        return make_run_report(replace(told, stopped=f"down: {names_down}"), exit_code=services.exit_code)
    return _run(ports, clock, plan, request, run, simulation.invocation, planned, units, told, force)


def _refuse_what_runs_nothing(simulation: Simulation, plan: Plan) -> None:
    """Raise `UsageError` where there is no pytest, or the command asks for something else than a run."""
    environment = simulation.environment
    if not environment.pytest_version:
        where = environment.executable or environment.prefix
        raise UsageError(f"pytest is not installed in {where} ({environment.why}); --python names another environment")
    if _only_collects(plan):
        raise UsageError("the command only collects; 'muster run --collect-only' does that")
    if not simulation.invocation.collects:
        raise UsageError("the command runs no tests: it asks pytest for its help or version")


def _only_collects(plan: Plan) -> bool:
    return bool({"--collect-only", "--co"} & set(plan.command.argv))


def _may_begin_ahead(plan: Plan, request: RunRequest, invocation: Invocation) -> bool:
    """Whether a worker may collect before the simulation has ended: what it imports is what will be run, and nothing
    that has to be there first is asked for."""
    requires = any(request.categories[name].requires for name in plan.categories)
    asks_for_less = request.shard is not None or invocation.last_failed or invocation.failed_first
    is_run = invocation.collects and not _only_collects(plan)
    return is_run and request.workers > 1 and not request.strict and not requires and not asks_for_less


def _run(
    ports: Ports,
    clock: Clock,
    plan: Plan,
    request: RunRequest,
    run: RunPorts,
    invocation: Invocation,
    planned: Planned,
    units: Sequence[Unit],
    told: Told,
    force: Workforce,
) -> RunReport:
    ledger = Ledger(planned)
    units = _without_services(plan, request, units, told.services, ledger)
    # Files that are expected to fail come last: what they leave behind can then disturb no test.
    usual = [unit for unit in units if not _is_blocked(unit, planned)]
    blocked = [unit for unit in units if _is_blocked(unit, planned)]
    # `--ff`: pytest puts those that failed last in front in each portion, which files come first is up to us.
    failed = _files_that_failed(ports.tree, invocation) if invocation.failed_first else frozenset()
    first = [unit for unit in usual if _holds_any(unit, failed)]
    rest = [unit for unit in usual if not _holds_any(unit, failed)]
    queue = Queue(rest, request.workers, first=first, last=blocked)
    direction = Direction(run.crew, run.view, clock, ledger, queue, request.workers, invocation.rootdir)

    started = clock.monotonic()

    def by_now() -> Told:
        course = direction.course()
        seconds = clock.monotonic() - started
        return replace(
            told,
            results=ledger.close(course.stopped),
            errors=tuple(ledger.errors),
            deselected=ledger.deselected,
            pytest_exit=course.pytest_exit,
            stopped=course.stopped,
            problems=(*course.troubles, *course.lost_workers),
            tests_s=seconds,
            total_s=told.simulated_s + seconds,
        )

    direction.before_end = lambda: run.view.say(run.conclude(make_run_report(by_now())))
    run.view.begin(planned.tests, len(planned.files), request.workers)
    paths = [argument.path for argument in invocation.arguments]
    course = direction.run(force.names, paths, force.ahead, started=force.started)
    told = by_now()
    shard = str(request.shard) if request.shard else ""
    run.records.save(_durations(told.results, course.collect_seconds, plan.root), shard)
    return make_run_report(told, exit_code=_exit_code(told, course, request))


def _without_services(
    plan: Plan, request: RunRequest, units: Sequence[Unit], services: Sequence[ServiceStatus], ledger: Ledger
) -> list[Unit]:
    """`units` without the files whose services do not answer and may be missing: their tests are skipped, and counted."""
    missing = {status.name: status for status in services if status.state == "skipped"}
    kept: list[Unit] = []
    for unit in units:
        tasks = []
        for task in unit.tasks:
            needed = {
                name
                for category in plan.categories
                if _holds(request.categories[category], task.path, plan.root)
                for name in request.categories[category].requires
            }
            if lacking := sorted(needed & missing.keys()):
                ledger.skip_file(task.path, f"service {missing[lacking[0]]}")
            else:
                tasks.append(task)
        if tasks:
            kept.append(replace(unit, tasks=tuple(tasks)))
    return kept


def _holds(category: Category, path: str, root: str) -> bool:
    folders = [f"{root}/{folder}".rstrip("/") for folder in category.paths] or [root]
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def _controller_arguments(request: RunRequest) -> list[str]:
    # Only the family xunit1 names the file of a test (`_pytest.junitxml`).
    return ["--junit-xml", request.junit, "-o", "junit_family=xunit1"] if request.junit else []


def _plan(
    ports: Ports, plan: Plan, simulation: Simulation, request: RunRequest, records: RunRecords, told: Told
) -> tuple[Planned, list[Unit], Told]:
    collection, invocation = simulation.collection, simulation.invocation
    failed = read_last_failed(ports.tree, invocation) if invocation.last_failed else ()
    planned = plan_tests(collection, invocation.rootdir, failed)
    costs = _costs(ports.tree, planned, records.load(), plan.root)
    limits = _limits(planned, request.categories, plan)
    only = {path: tuple(item.nodeid for item in items) for path, items in planned.files.items()} if failed else {}
    units = plan_units(planned, invocation, costs, limits, join_groups(planned, simulation.groups), only)
    told = replace(told, planned=planned, plan=fingerprint(units, plan.root))
    if request.shard is not None:
        units = pick_shard(units, request.shard)
        planned = _narrowed(planned, units)
        told = replace(told, planned=planned, shard=str(request.shard))
    return planned, split_units(units, planned, costs, request.workers), told


def _narrowed(planned: Planned, units: Sequence[Unit]) -> Planned:
    paths = {task.path for unit in units for task in unit.tasks}
    files = {path: items for path, items in planned.files.items() if path in paths}
    return replace(planned, files=files, blocked=planned.blocked & paths, undecided=planned.undecided & paths)


def _costs(tree: FileTree, planned: Planned, records: Mapping[str, FileDurations], root: str) -> Costs:
    sizes = {}
    for path in planned.files:
        try:
            sizes[path] = len(tree.read(path))
        except ReadFailure:
            sizes[path] = 0
    known = {path: records[name] for path in planned.files if (name := relative_path(path, root)) in records}
    return Costs(known, sizes)


def _limits(planned: Planned, categories: Mapping[str, Category], plan: Plan) -> dict[str, Limits]:
    """What the categories of each file say; one that selects by marker alone only where it was chosen."""
    limits: dict[str, Limits] = {}
    for name, category in categories.items():
        if name not in plan.categories and (category.markers or plan.categories):
            continue
        for path in planned.files:
            if _holds(category, path, plan.root):
                limits.setdefault(path, Limits(category.timeout_s, category.retries))
    return limits


def _is_blocked(unit: Unit, planned: Planned) -> bool:
    return all(task.path in planned.blocked for task in unit.tasks)


def _files_that_failed(tree: FileTree, invocation: Invocation) -> frozenset[str]:
    names = read_last_failed(tree, invocation)
    return frozenset(normpath(join(invocation.rootdir, name.partition("::")[0])) for name in names)


def _holds_any(unit: Unit, paths: Collection[str]) -> bool:
    return any(task.path in paths for task in unit.tasks)


def _is_refused(report: Report) -> bool:
    return report.session.state == "aborted"


def _is_too_small(report: Report) -> bool:
    """Whether a category has fewer tests than its `min_tests`, not counting what `-k` and the like leave out."""
    return not report.totals.deselected and any(
        cause.code == "M405" and cause.severity == "error" and cause.accepted is None for cause in report.causes
    )


def _durations(results: Sequence[ItemResult], collecting: Mapping[str, float], root: str) -> dict[str, FileDurations]:
    """What files took that ran to their end."""
    unfinished = {result.path for result in results if result.fate in (Fate.NOT_RUN, Fate.CRASHED, Fate.TIMED_OUT)}
    seconds: dict[str, float] = {path: took for path, took in collecting.items() if path not in unfinished}
    for result in results:
        if result.path in seconds:
            seconds[result.path] += result.seconds
    return {relative_path(path, root): FileDurations(took, collecting[path]) for path, took in seconds.items()}


def _exit_code(told: Told, course: Course, request: RunRequest) -> int:
    """pytest's own code, and at least 1 where anything was not as it should be."""
    if course.pytest_exit is None:
        return 2 if course.interrupted else 3
    fates = {result.fate for result in told.results}
    is_red = bool(
        fates & {Fate.FAILED, Fate.ERROR, Fate.CRASHED, Fate.TIMED_OUT, Fate.NOT_RUN}
        or told.errors
        or told.problems
        or told.planned.blocked
        or any(not result.foreseen for result in told.results)
        or _is_refused(told.report)
        or _is_too_small(told.report)
        or (request.fail_flaky and Fate.FLAKY in fates)
    )
    return FAILED if is_red and course.pytest_exit in (0, NO_TESTS) else course.pytest_exit
