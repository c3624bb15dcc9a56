"""Simulate the session that a pytest command would run, executing nothing of the project."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from posixpath import basename, normpath

from muster.collection.dependence import SessionTrace, dependent_groups
from muster.collection.encoding import Groups
from muster.collection.session import collect_session
from muster.execution.interpreter import Interpreter
from muster.execution.machine import examined_packages, installed_prefixes
from muster.execution.testfiles import root_and_package
from muster.execution.trace import ImportTrace
from muster.facts.roomy_stack import on_roomy_stack
from muster.facts.store import FactStore
from muster.invocation import initial_conftests, resolve_invocation
from muster.invocation.request import FindModule
from muster.invocation.request import Request as Command
from muster.model.collection import Collection
from muster.model.environment import Environment
from muster.model.invocation import Invocation
from muster.ports import EnvironmentQuery, FactCache, FileTree, History, Parser, WorkingCopy
from muster.resolver.finder import NamespacePackage, NotFound, RegularPackage, Undecided, resolve_on_path
from muster.trees.recorded import RecordedTree
from muster.usecases.kept_sessions import keep_session, looks_at, recall_session, session_key
from muster.usecases.reach import prefetch_reach

DEFAULT_MARKERS = (
    "filterwarnings", "skip", "skipif", "xfail", "parametrize", "usefixtures", "tryfirst", "trylast",
)  # fmt: skip
"""The marks that pytest itself registers, for environments that were not asked."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The effects that a simulation and its explanation need; without a history nothing is told of who moved what."""

    tree: FileTree
    cache: FactCache
    environment: EnvironmentQuery
    parser: Parser
    environ: Mapping[str, str] = field(default_factory=dict)
    history: History | None = None
    edition: str = ""
    """What tells this Muster from any other; without it no session is kept from run to run."""
    working_copy: WorkingCopy | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A pytest command: `argv` behind `pytest`, the absolute folder it runs in, and how it was chosen."""

    argv: tuple[str, ...]
    cwd: str
    command: str = "pytest"
    why: str = "default"
    cwd_on_path: bool = False


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a simulated session tells."""

    collection: Collection
    invocation: Invocation
    environment: Environment
    store: FactStore
    groups: tuple[tuple[str, ...], ...] = ()
    """The files that must be imported by one process together, in session order, where that was asked for."""


Meanwhile = Callable[[Invocation, int], None]
"""Called while a session is simulated anew: with its command, and how many files it was found to reach so far."""


def say_nothing(invocation: Invocation, files: int) -> None:
    """For those who need not know."""


def simulate(
    ports: Ports,
    request: Request,
    *,
    grouped: bool = False,
    meanwhile: Meanwhile = say_nothing,
) -> Simulation:
    """The session of `request`, from the configuration to the last item: the one that is kept, where it still holds.

    `grouped` also finds out which test files depend on what others do to the process. `meanwhile` is called where that
    takes its time, as nothing is kept that holds, and again as it grows.
    """
    prepared = prepare(ports, request)
    environment, invocation, store = prepared.environment, prepared.invocation, prepared.store
    key = session_key(ports.edition, environment, invocation, grouped=grouped)
    told = recall_session(ports.cache, key, ports.tree, _variables(ports.environ), store)
    if told is None:
        met = partial(meanwhile, invocation)
        met(0)
        told = on_roomy_stack(lambda: _simulate_anew(ports, request, prepared, key, met, grouped=grouped))
    return Simulation(told[0], invocation, environment, store, told[1])


def _simulate_anew(
    ports: Ports, request: Request, prepared: Prepared, key: str, met: Callable[[int], None], *, grouped: bool
) -> tuple[Collection, Groups]:
    """The session and the groups of its files, kept under `key`."""
    environment, invocation, store = prepared.environment, prepared.invocation, prepared.store
    tree = RecordedTree(ports.tree)
    ports = replace(ports, tree=tree)
    interpreter = start_interpreter(ports, request, environment, invocation, store)
    if grouped:
        interpreter.trace = ImportTrace()
    prefetch_reach(ports.tree, store, invocation, interpreter, initial_conftests(ports.tree, invocation), met)
    collection = collect_session(interpreter, invocation, environment, ports.tree)
    found = (*collection.problems, *interpreter.problems, *store.problems)
    collection = replace(collection, problems=tuple(dict.fromkeys(found)), waits=tuple(interpreter.waits))
    groups = dependent_groups(_session_trace(ports, interpreter, invocation, collection)) if grouped else ()
    asked = interpreter.environ
    looks = looks_at(_variables(ports.environ), asked.looked, whole=asked.seen_whole)
    answers = tree.answers(by_products_count=interpreter.gave_listings)
    keep_session(ports.cache, key, (answers, looks), store, (collection, groups))
    ports.cache.flush()
    return collection, groups


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is known before anything is collected."""

    environment: Environment
    invocation: Invocation
    store: FactStore


def prepare(ports: Ports, request: Request) -> Prepared:
    """The environment, the resolved invocation, and the facts of the tree's files."""
    environment = ports.environment.describe()
    command = Command(request.argv, request.cwd, ports.environ, request.command, request.why, request.cwd_on_path)
    finder = _finder(ports.tree, environment, request)
    invocation = resolve_invocation(ports.tree, environment, command, find_module=finder)
    paths = [argument.path for argument in invocation.arguments]
    examined = examined_packages(installed_prefixes(environment), paths)
    store = FactStore(
        ports.tree, ports.cache, ports.parser, environment.version[:2], invocation.rootdir, others=examined
    )
    return Prepared(environment, invocation, store)


def _session_trace(
    ports: Ports, interpreter: Interpreter, invocation: Invocation, collection: Collection
) -> SessionTrace:
    trace = interpreter.trace or ImportTrace()
    return SessionTrace(
        files=collection.files,
        trace=trace,
        effects=collection.effects,
        roots={file: root_and_package(interpreter, file) for file in collection.files},
        mode=invocation.import_mode,
        conftests={path: root_and_package(interpreter, path)[0] for path in _conftests(trace)},
        cwd=invocation.cwd,
        tree=ports.tree,
    )


def _conftests(trace: ImportTrace) -> list[str]:
    return sorted({file for files in trace.files.values() for file in files if basename(file) == "conftest.py"})


def start_interpreter(
    ports: Ports, request: Request, environment: Environment, invocation: Invocation, store: FactStore
) -> Interpreter:
    """The simulated process as it stands when pytest begins to load conftests."""
    registered = [marker_name(line) for line in (*environment.markers, *invocation.markers, *DEFAULT_MARKERS)]
    interpreter = Interpreter(
        tree=ports.tree,
        environment=environment,
        probe=ports.environment.probe,
        invocation=invocation,
        facts=store,
        environ=_variables(ports.environ),
        strict_markers=invocation.strict_markers,
        registered_markers=registered,
        filters=invocation.filterwarnings,
    )
    interpreter.sys_path.extend(search_path_at_start(request, environment, invocation))
    return interpreter


def search_path_at_start(request: Request, environment: Environment, invocation: Invocation) -> list[str]:
    """`sys.path` once pytest has configured itself: `pythonpath` first, then the working directory under `python -m pytest`."""
    entries = list(invocation.pythonpath)
    if request.cwd_on_path:
        entries.append(request.cwd)
    return [*entries, *environment.search_path]


def _variables(environ: Mapping[str, str]) -> dict[str, str]:
    # pytest sets these itself before it imports anything of the project.
    return {**environ, "PYTEST_VERSION": environ.get("PYTEST_VERSION", "")}


def marker_name(line: str) -> str:
    """The name that a `markers` line registers (`_pytest/mark/structures.py`)."""
    return line.split(":", 1)[0].split("(", 1)[0].strip()


def _finder(tree: FileTree, environment: Environment, request: Request) -> FindModule:
    def find(name: str, leading: tuple[str, ...]) -> str | None:
        own = (request.cwd,) if request.cwd_on_path else ()
        entries: Sequence[str] = (*leading, *own, *environment.search_path)
        if name in environment.builtin_modules:
            return ""
        place: str | None = None
        for part in name.split("."):
            match resolve_on_path(tree, part, [normpath(entry) for entry in entries]):
                case NotFound() | Undecided():
                    return None
                case NamespacePackage(portions=portions):
                    place, entries = portions[0], portions
                case RegularPackage(path=path, folder=folder):
                    place, entries = path, (folder,)
                case found:
                    place, entries = found.path, ()
        return place

    return find
