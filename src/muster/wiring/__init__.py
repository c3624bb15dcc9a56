"""The composition root: which adapter stands behind which port. The only module that imports adapters."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TextIO

from muster.adapters.clock import SystemClock
from muster.adapters.disk_tree import DiskTree
from muster.adapters.environment import InterpreterQuery
from muster.adapters.fact_cache import NullFactCache, SqliteFactCache, cache_folder, clear_cache
from muster.adapters.git_working_copy import GitWorkingCopy
from muster.adapters.interpreters import ChosenInterpreter, choose_interpreter
from muster.adapters.own_edition import own_edition
from muster.adapters.parsing import SourceParser
from muster.errors import UsageError
from muster.model.acceptance import Accepted
from muster.model.collection import Collection
from muster.model.history import Chronicle, HistoryQuestions
from muster.ports import (
    Clock,
    FactCache,
    FileTree,
    FixCommits,
    History,
    NewRepository,
    Observations,
    ObservedPytest,
    PairedRuns,
    ProjectCopy,
    ProjectWriter,
    RunView,
    TracedPytest,
)
from muster.settings import ACCEPTED_FILE, Settings, load_accepted, load_settings, render_accepted
from muster.usecases.command import command_words
from muster.usecases.plan import Plan
from muster.usecases.selection import Selection, plan_session
from muster.usecases.simulate import Ports
from muster.usecases.witness import Confirmation

if TYPE_CHECKING:
    from muster.adapters.project_copy import CopiedProject
    from muster.render.layout import Canvas
    from muster.usecases.baseline import Base
    from muster.usecases.preflight import ServicePorts
    from muster.usecases.run import RunPorts, RunRequest

_PROJECT_FILES = (".git", "pyproject.toml", "pytest.ini", "tox.ini", "setup.cfg", "setup.py")
_MOST_WORKERS = 512
_HOME = Path(__file__).parent.parent
_PAGES = _HOME / "causes"
_PAGES_OF_CHECKOUT = _HOME.parent.parent / "docs" / "causes"


@dataclass(frozen=True, slots=True)
class Choices:
    """What a surface was asked for; the same for every command that simulates. Empty means: as the project says."""

    paths: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    invocation: str = ""
    python: str = ""
    static: bool = False
    cache: bool = True
    root: str = ""
    options: tuple[str, ...] = ()
    record: bool = True


@dataclass(frozen=True, slots=True)
class RunChoices:
    """What a surface was asked for beyond `Choices`, to run it.

    `workers` is a number or `auto`, `shard` is `I/N` or empty, `junit` the file for pytest's own XML, `durations` a
    file of recorded durations in place of the project's own. `start` lets services be started.
    """

    workers: str = "auto"
    shard: str = ""
    strict: bool = False
    fail_flaky: bool = False
    junit: str = ""
    durations: str = ""
    start: bool = False


@dataclass(frozen=True, slots=True)
class Workspace:
    """Everything that a use case needs: the ports, and the session that was asked for."""

    plan: Plan
    ports: Ports
    clock: Clock
    interpreter: str
    settings: Settings = field(default_factory=Settings)

    @property
    def words(self) -> list[str]:
        """The command of the session as a child of the right environment runs it."""
        return command_words(self.plan.command)

    @property
    def observations(self) -> Observations:
        """The real collections that were seen of this project."""
        from muster.adapters.observations import ProjectObservations

        return ProjectObservations(self.plan.root)

    @property
    def observed(self) -> ObservedPytest:
        """The real pytest of the environment; using it runs the project's code."""
        from muster.adapters.observed_pytest import PytestProcess  # what only `--confirm` needs

        return PytestProcess(self.interpreter, environ=self.ports.environ, children=_worker_count("auto"))

    def confirmation(self, extent: Literal["doubtful", "whole"] = "doubtful") -> Confirmation:
        """What `--confirm` asks of `observed`, in as many processes at once as there are cores."""
        return Confirmation(self.observed, extent, _worker_count("auto"))

    def traced(self, file_timeout_s: float, *, profiled: bool = False) -> TracedPytest:
        """As `observed`, traced; a file that takes longer than `file_timeout_s` to collect is given up."""
        from muster.adapters.traced_pytest import TracedProcess  # what only a probe needs

        return TracedProcess(
            self.interpreter,
            self.ports.environ,
            file_timeout_s=file_timeout_s,
            children=_worker_count("auto"),
            profiled=profiled,
        )


class ProjectHistory:
    """The history of the project at `root`, if it has one; git is only started where something is asked."""

    def __init__(self, root: str, cache: FactCache) -> None:
        self._root = root
        self._cache = cache
        self._history: History | None = None

    def ask(self, questions: HistoryQuestions, budget_s: float) -> Chronicle:
        """What the history tells of `questions`."""
        if not questions:
            return Chronicle()
        from muster.adapters.git_history import GitHistory  # what only a check that misses something needs

        if self._history is None:
            self._history = GitHistory(self._root, self._cache)
        return self._history.ask(questions, budget_s)


@contextmanager
def open_workspace(choices: Choices) -> Iterator[Workspace]:
    """The workspace for `choices` here; its child processes end and its cache is written when it is left.

    Raises `UsageError` for arguments and settings that cannot be used.
    """
    tree, here = DiskTree(), _working_folder()
    root, settings = _find_project(tree, choices.root, here)
    cwd = root if choices.root or settings.origin else here
    selection = Selection(choices.paths, choices.categories, choices.invocation, choices.options)
    plan = plan_session(settings, selection, root=root, cwd=cwd, typed_in=here)
    plan = replace(plan, standards=replace(plan.standards, accepted=load_accepted(tree, root)))
    environ = {**os.environ, **plan.command.variables}
    # The command's variables may be the examined tree's (`[tool.muster] invocation`): they choose no interpreter.
    chosen = choose_interpreter(
        root, named=choices.python or None, setting=settings.python, environ=os.environ, own=sys.executable
    )
    with ExitStack() as opened:
        cache: FactCache = NullFactCache()
        if choices.cache:
            cache = opened.enter_context(closing(SqliteFactCache(cache_folder())))
        query = InterpreterQuery(
            chosen, root, cache, environ=os.environ, variables=plan.command.variables, cwd=cwd, static=choices.static
        )
        opened.callback(query.close)
        version = query.describe().version
        parser = SourceParser(version[:2], interpreter=_parsing_interpreter(chosen, static=choices.static))
        opened.callback(parser.close)
        yield Workspace(
            plan=plan,
            ports=Ports(
                tree=tree,
                cache=cache,
                environment=query,
                parser=parser,
                environ=environ,
                history=ProjectHistory(root, cache),
                edition=own_edition(),
                working_copy=GitWorkingCopy(root),
            ),
            clock=SystemClock(),
            interpreter=chosen.executable,
            settings=settings,
        )


def recorded_collection(
    events: Sequence[Mapping[str, Any]], exit_code: int, seconds: float | None
) -> Collection:  # fmt: skip
    """The collection that `events` of a session tell that is over."""
    from muster.adapters.observed_pytest import collection_of

    return collection_of(events, exit_code, seconds)


def recorded_pytest(collection: Collection) -> Confirmation:
    """A real pytest that already ran, to confirm with: all that it saw."""
    from muster.adapters.observed_pytest import RecordedPytest

    return Confirmation(RecordedPytest(collection), "whole")


def open_base_of(workspace: Workspace, choices: Choices, reference: str | None) -> AbstractContextManager[Base | None]:
    """The base that was asked for, if one was; "" is the merge base with the default branch."""
    return nullcontext() if reference is None else open_base(workspace, choices, reference)


@contextmanager
def open_base(workspace: Workspace, choices: Choices, reference: str = "") -> Iterator[Base]:
    """The revision that `reference` names, by default the merge base with the default branch, to be compared with.

    Its session is the one that its own settings ask for. Raises `UsageError` where the repository cannot tell it whole.
    """
    from muster.adapters.git_base import GitBase  # what only a comparison needs
    from muster.usecases.baseline import base_of_tree

    root, plan = workspace.plan.root, workspace.plan
    with closing(GitBase(root, workspace.ports.tree, reference)) as base:
        tree = base.tree()
        here = _working_folder()
        typed = [os.path.join(plan.cwd, word) for word in plan.command.argv if not word.startswith("-")]
        base.refuse_sparse([path for path in typed if workspace.ports.tree.kind(path)] or [root])
        # A path that is new is none of the base's; where the base has none of them, all that they hold is gained.
        there = tuple(path for path in choices.paths if tree.kind(absolute_path(path.partition("::")[0])) is not None)
        selection = Selection(there or choices.paths, choices.categories, choices.invocation, choices.options)
        try:
            settings = load_settings(tree, root)
            its_plan = plan_session(settings, selection, root=root, cwd=plan.cwd, typed_in=here)
        except UsageError:
            its_plan = plan  # its settings could not be used, or did not know the category yet
        yield base_of_tree(base.name, base.against, its_plan, tree, base, tree.blobs(), base.complain, base.notes())


def recorded_base(workspace: Workspace, path: str) -> Base:
    """The record in the file at `path`, to be compared with. Raises `UsageError` where it is none."""
    from muster.usecases.baseline import base_of_record
    from muster.usecases.record import decode_record

    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror or error}; `muster baseline record` writes it"
        ) from error
    return base_of_record(path, decode_record(content, path), workspace.plan)


@contextmanager
def open_run(
    workspace: Workspace, choices: Choices, run: RunChoices, view: RunView, canvas: Canvas
) -> Iterator[tuple[RunRequest, RunPorts]]:
    """What a run needs; all of its processes have ended when it is left, with everything that they started."""
    from muster.adapters.crew import PytestCrew  # what only a run needs
    from muster.adapters.durations import ProjectRecords
    from muster.render.run import render_outcome, render_simulated
    from muster.render.services import render_statuses
    from muster.runs.shards import parse_shard
    from muster.usecases.preflight import Preflight, choose_services, preflight
    from muster.usecases.run import RunPorts, RunRequest

    request = RunRequest(
        workers=_worker_count(run.workers),
        shard=parse_shard(run.shard) if run.shard else None,
        strict=run.strict,
        fail_flaky=run.fail_flaky,
        junit=absolute_path(run.junit) if run.junit else "",
        categories=workspace.settings.categories,
    )
    environ = {**workspace.ports.environ, **_terminal_variables(canvas, workspace.ports.environ)}
    crew = PytestCrew(workspace.interpreter, workspace.words, workspace.plan.cwd, environ, workers=request.workers)
    categories = workspace.plan.categories
    services = choose_services(workspace.settings, (), categories) if categories else ()
    with closing(crew), open_service_ports(workspace.plan.root, start=run.start) as service_ports:
        yield (
            request,
            RunPorts(
                crew=crew,
                view=view,
                records=ProjectRecords(workspace.plan.root, run.durations),
                describe=lambda report: render_simulated(report, canvas),
                conclude=lambda report: render_outcome(report, canvas),
                describe_services=lambda statuses: "\n".join(render_statuses(statuses, canvas)),
                preflight=lambda: preflight(service_ports, services) if services else Preflight(),
            ),
        )


def stream_view(stream: TextIO, width: int) -> RunView:
    """A run shown on `stream`; `width` is that of a terminal, 0 for what is none."""
    from muster.adapters.run_view import StreamView

    return StreamView(stream, width)


def _worker_count(text: str) -> int:
    if text == "auto":
        wanted = os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS", "")
        if wanted.isdecimal() and int(wanted) > 0:
            return int(wanted)
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not text.isdecimal() or not 1 <= int(text) <= _MOST_WORKERS:
        raise UsageError(f"-n {text}: it takes a number of workers from 1 to {_MOST_WORKERS}, or auto")
    return int(text)


def _terminal_variables(canvas: Canvas, environ: Mapping[str, str]) -> dict[str, str]:
    """What tells pytest, which writes to us, of the terminal that we write to."""
    if not canvas.colour or {"PY_COLORS", "NO_COLOR", "FORCE_COLOR"} & environ.keys():
        return {}
    return {"FORCE_COLOR": "1", "COLUMNS": str(canvas.width)}


@contextmanager
def open_service_ports(root: str, *, start: bool) -> Iterator[ServicePorts]:
    """What a preflight needs. With `start` services may be started, in the folder `root`, and run until this is left."""
    from muster.adapters.services.probing import ThreadedServiceProbe  # what only a preflight needs
    from muster.adapters.services.starting import StartedServices
    from muster.usecases.preflight import ServicePorts

    probe, clock = ThreadedServiceProbe(), SystemClock()
    if not start:
        yield ServicePorts(probe, clock, os.environ)
        return
    with StartedServices(root, os.environ) as starter:
        yield ServicePorts(probe, clock, os.environ, starter)


def project_writer(root: str) -> ProjectWriter:
    """What writes fixes into the project at `root`, and takes them back."""
    from muster.adapters.project_files import ProjectFiles  # what only `muster fix --apply` and `--undo` need

    return ProjectFiles(root)


def project_copy(workspace: Workspace) -> ProjectCopy:
    """A copy of the project to collect in; using it runs the project's code."""
    return _copied_project(workspace)


def paired_runs(workspace: Workspace) -> PairedRuns:
    """Two copies of the project to time; using them runs the project's code."""
    return _copied_project(workspace)


def _copied_project(workspace: Workspace) -> CopiedProject:
    from muster.adapters.observed_pytest import PytestProcess
    from muster.adapters.project_copy import CopiedProject  # what only `muster fix --confirm` needs

    ports = workspace.ports
    return CopiedProject(
        workspace.plan.root,
        ports.environment.describe(),
        ports.environ,
        lambda environ: PytestProcess(workspace.interpreter, environ=environ),
    )


def fix_commits(root: str) -> FixCommits:
    """The repository that holds `root`. Raises `UsageError` where there is none."""
    from muster.adapters.fix_commits import ProjectCommits  # what only `muster fix --commit` needs

    return ProjectCommits(root)


def new_repository(folder: str) -> NewRepository:
    """A new git repository in the absolute `folder`. Raises `UsageError` where git or the folder cannot be used."""
    from muster.adapters.new_repository import GitRepository  # what only the demo needs

    return GitRepository(folder)


def read_story_text() -> str:
    """The project of the demo, as a history in Markdown."""
    return read_data("demo.md")


def find_settings(root: str) -> tuple[str, Settings]:
    """The project's root, found from here where none is given, and its settings."""
    return _find_project(DiskTree(), root, _working_folder())


def settings_categories(root: str) -> frozenset[str]:
    """The names of the project's categories."""
    return frozenset(_find_project(DiskTree(), root, _working_folder())[1].categories)


def project_acceptances(root: str) -> tuple[tuple[Accepted, ...], str]:
    """What the project accepts, and the time now."""
    tree = DiskTree()
    return load_accepted(tree, _find_project(tree, root, _working_folder())[0]), SystemClock().now()


def write_acceptances(root: str, entries: Sequence[Accepted]) -> str:
    """Make `entries` all that the project at `root` accepts; the file, which is gone where there are none."""
    path = os.path.join(root, ACCEPTED_FILE)
    if os.path.islink(path):  # whoever made the tree chose where it leads
        raise UsageError(f"{path} is a symlink: it is not written")
    content = render_accepted(entries)
    if content:
        write_file(path, content.encode("utf-8"))
    elif os.path.lexists(path):
        os.unlink(path)
    return path


def open_tree() -> FileTree:
    """The disk."""
    return DiskTree()


def working_root(root: str) -> str:
    """The absolute folder `root`, by default the working directory. Raises `UsageError` where it is none."""
    folder = os.path.abspath(root) if root else _working_folder()
    if not os.path.isdir(folder):
        raise UsageError(f"--root {root}: there is no such folder")
    return folder


def absolute_path(path: str) -> str:
    """`path` as typed here, absolute and normal."""
    return os.path.normpath(os.path.join(_working_folder(), path))


def write_file(path: str, content: bytes) -> None:
    """Write `content` to `path`, whole or not at all. Raises `UsageError` where that is not possible."""
    from muster.adapters.atomic import write_atomically

    try:
        if os.path.exists(path) and not stat.S_ISREG(os.stat(path).st_mode):
            with open(path, "wb") as device:  # /dev/stdout, a FIFO: nothing that could be replaced
                device.write(content)
        else:
            write_atomically(os.path.abspath(path), content)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from error


def read_cause_page(code: str) -> str:
    """The documentation page of the cause `code`, in Markdown. Raises `UsageError` where there is none."""
    for folder in (_PAGES, _PAGES_OF_CHECKOUT):
        try:
            return (folder / f"{code}.md").read_text(encoding="utf-8")
        except OSError:
            continue
    raise UsageError(f"there is no cause '{code}'; docs/reference/causes.md lists them all")


def read_page_or_nothing(code: str) -> str:
    """The page of the cause `code`, or "" where there is none: a renderer never fails over it."""
    try:
        return read_cause_page(code)
    except UsageError:
        return ""


def read_data(name: str) -> str:
    """The text of a file that comes with Muster."""
    return (_HOME / "data" / name).read_text(encoding="utf-8")


def repository_prefix(root: str) -> str:
    """The folder of the project at `root` within its git repository, with a slash at its end; "" at the top, or in none."""
    folder = os.path.abspath(root)
    while not os.path.lexists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return ""
        folder = parent
    inside = os.path.relpath(os.path.abspath(root), folder)
    return "" if inside == "." else inside.replace(os.sep, "/") + "/"


def fact_cache_folder() -> str:
    """Where the cache lies."""
    return cache_folder()


def clear_fact_cache() -> int:
    """Delete the cache; returns the bytes that this frees."""
    try:
        return clear_cache(cache_folder())
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise UsageError(f"{cache_folder()} cannot be cleared: {error.strerror or error}") from error


def _find_project(tree: FileTree, root: str, here: str) -> tuple[str, Settings]:
    """The project's root and settings: the nearest folder upwards with a `[tool.muster]`, else with a project file."""
    if root:
        folder = working_root(root)
        return folder, load_settings(tree, folder)
    folders = [here, *map(str, Path(here).parents)]
    for folder in folders:
        settings = load_settings(tree, folder)
        if settings.origin:
            return folder, settings
    marked = (folder for folder in folders if any(tree.kind(f"{folder}/{name}") for name in _PROJECT_FILES))
    return next(marked, here), Settings()


def _working_folder() -> str:
    """The working directory as the user spells it, which is how pytest sees it too."""
    try:
        real = os.getcwd()
    except FileNotFoundError as error:
        raise UsageError("the working directory is gone") from error
    return real


def _parsing_interpreter(chosen: ChosenInterpreter, *, static: bool) -> str | None:
    """The interpreter that may be started to parse newer grammar."""
    if static:
        return None
    return chosen.executable if chosen.may_run else chosen.base or None
