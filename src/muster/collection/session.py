"""The session: from the arguments to the items, as `Session.perform_collect` walks (`_pytest/main.py`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from muster.collection.blocked import blocked_by_file, hidden_failures
from muster.collection.classes import collect_class
from muster.collection.directories import collect_folder, make_files, make_folder
from muster.collection.doctests import collect_doctest_module, collect_doctest_text
from muster.collection.executor import Executor
from muster.collection.fixtures import FixtureManager
from muster.collection.hook_checks import find_unknown_hook
from muster.collection.hooks import PluginImportError, Plugins, is_plugin_missing, plugin_failure
from muster.collection.item_hooks import run_item_hooks
from muster.collection.losses import find_losses
from muster.collection.modules import collect_module, import_module
from muster.collection.nodeids import parents, relative_path
from muster.collection.nodes import (
    ClassNode,
    Collector,
    DoctestModuleNode,
    DoctestTextNode,
    FileNode,
    FolderNode,
    ItemNode,
    ModuleNode,
    Node,
    SessionNode,
)
from muster.collection.outcomes import usage_error
from muster.collection.reorder import reordered
from muster.collection.selection import Selection, select
from muster.collection.unittest_cases import collect_test_case
from muster.collection.unseen import note_unseen_hooks, report_doubtful, sure_losses
from muster.collection.vanished import skipped_modules
from muster.collection.walk import Walk
from muster.collection.worker_groups import group_of
from muster.execution.imports import UndecidedSourceError
from muster.execution.raised import Raised
from muster.invocation.arguments import normalize_arguments
from muster.invocation.conftests import is_in_confcutdir
from muster.model.collection import (
    Collection,
    CollectorReport,
    Item,
    Outcome,
    RaisedException,
    Session,
    SessionState,
)
from muster.model.environment import Environment
from muster.model.invocation import Argument, Invocation, Refusal
from muster.ports import EntryKind, FileTree

OK, TESTS_FAILED, INTERRUPTED, INTERNAL_ERROR, USAGE_ERROR, NO_TESTS = range(6)


def collect_session(interp: Executor, invocation: Invocation, environment: Environment, tree: FileTree) -> Collection:
    """What the session that `invocation` starts would collect, in pytest's order, with everything that fails or is lost."""
    walk = make_walk(interp, invocation, environment, tree)
    try:
        _refuse(walk, "start")
        _prepare(walk)
        return _run(walk)
    except SessionAborted as aborted:
        return _aborted(walk, aborted)


def make_walk(interp: Executor, invocation: Invocation, environment: Environment, tree: FileTree) -> Walk:
    """A session that has not begun."""
    fixtures = FixtureManager(interp, invocation.pytest_version)
    usefixtures = invocation.settings.get("usefixtures")
    if usefixtures is not None:
        fixtures.autouse[""] = _words(usefixtures.value)
    fixtures.add_installed(environment.fixtures)
    plugins = Plugins(interp, invocation, tree, fixtures, known_hooks=environment.hooks)
    walk = Walk(interp, invocation, environment, tree, fixtures, plugins)
    paths = [argument.path for argument in invocation.arguments]
    walk.initial_paths = frozenset(paths)
    walk.initial_paths_with_parents = frozenset(paths).union(*map(parents, paths))
    return walk


def _words(value: object) -> list[str]:
    if isinstance(value, str):
        return value.split()
    return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []


class SessionAborted(Exception):
    """pytest ends before it has collected everything, with `exit_code`."""

    def __init__(self, report: CollectorReport | None, exit_code: int) -> None:
        super().__init__(exit_code)
        self.report = report
        self.exit_code = exit_code
        self.items: list[ItemNode] = []


def _refuse(walk: Walk, when: str) -> None:
    """Raise where pytest refuses the configuration or the command line at this point."""
    for refusal in walk.invocation.refusals:
        if refusal.when == when:
            raise SessionAborted(_refusal_report(walk, refusal), refusal.exit_code)


def _refusal_report(walk: Walk, refusal: Refusal) -> CollectorReport:
    path = refusal.location.path if refusal.location is not None else ""
    return CollectorReport("", path, Outcome.FAILED, RaisedException(refusal.type, refusal.message))


def _prepare(walk: Walk) -> None:
    """Everything before the session begins: plugins, initial conftests, `pytest_configure`."""
    path = ""
    try:
        walk.plugins.load_named()
        walk.plugins.load_entry_points(walk.environment.withheld_plugins)
        walk.plugins.load_from_environment()
        for begun in walk.plugins.load_initial():
            path = begun  # the handlers below blame the conftest begun last
    except PluginImportError as error:
        raise SessionAborted(_plugin_report(walk, error), _plugin_exit(walk, error)) from None
    except UndecidedSourceError as error:
        walk.undecided("", path, str(error))
        raise SessionAborted(None, USAGE_ERROR) from None
    except Raised as raised:
        raise SessionAborted(_report(walk, path, raised), _conftest_exit(raised)) from None
    _refuse(walk, "conftest")
    try:
        walk.plugins.configure()
    except Raised as raised:
        raise SessionAborted(_report(walk, "", raised), _configure_exit(raised)) from None
    _refuse(walk, "configure")


def _report(walk: Walk, path: str, raised: Raised) -> CollectorReport:
    nodeid = (relative_path(path, walk.invocation.rootdir) or path) if path else ""
    return CollectorReport(nodeid, path, Outcome.FAILED, raised.describe())


def _plugin_report(walk: Walk, error: PluginImportError) -> CollectorReport:
    raised = plugin_failure(error, walk.version)
    path = error.requested_by
    is_usage = raised.type_name == "UsageError"
    nodeid = "" if is_usage or not path else relative_path(path, walk.invocation.rootdir) or path
    return CollectorReport(nodeid, path, Outcome.FAILED, raised.describe())


def _plugin_exit(walk: Walk, error: PluginImportError) -> int:
    if walk.version < (9, 2):
        return TESTS_FAILED  # an exception that escapes: Python ends with code 1
    return USAGE_ERROR if is_plugin_missing(error) else INTERNAL_ERROR


def _conftest_exit(raised: Raised) -> int:
    """`ConftestImportFailure` is a usage error; what is no `Exception` passes through pytest and ends the process."""
    if "SystemExit" in raised.bases:
        return _system_exit_code(raised)
    escaping = {"Skipped", "Failed", "OutcomeException", "PluginValidationError"}
    if escaping & set(raised.bases) and "Exit" not in raised.bases:
        return TESTS_FAILED
    return USAGE_ERROR


def _system_exit_code(raised: Raised) -> int:
    text = raised.message.strip()
    if text in ("", "None"):
        return OK
    return int(text) if text.lstrip("-").isdigit() else TESTS_FAILED


def _configure_exit(raised: Raised) -> int:
    if "UsageError" in raised.bases:
        return USAGE_ERROR
    return INTERRUPTED if {"Exit", "KeyboardInterrupt"} & set(raised.bases) else INTERNAL_ERROR


def _run(walk: Walk) -> Collection:
    """The session itself. Raises `SessionAborted`."""
    _refuse(walk, "collection")
    walk.executor.session_begins()
    found: list[ItemNode] = []
    stopped = False
    try:
        _collect_items(walk, found)
    except StoppedError:
        stopped = True
    except SessionAborted as aborted:
        aborted.items = found
        raise
    if not stopped:
        _refuse_unknown_hook(walk, found)
    try:
        selection = Selection(found) if stopped else _selected(walk, found)
    except Raised as raised:
        raise SessionAborted(_report(walk, "", raised), USAGE_ERROR) from None
    _refuse(walk, "end")
    return _finished(walk, selection, stopped)


def _refuse_unknown_hook(walk: Walk, found: list[ItemNode]) -> None:
    """Raise for a hook of the project that nothing specifies, where every plugin's hooks are known (`check_pending`)."""
    environment = walk.environment
    if not environment.hooks or environment.problems or walk.plugins.opaque:
        return
    modules = [plugin.module for plugin in walk.plugins.registered]
    if any("pytest_addhooks" in module.namespace for module in modules):
        return
    raised = find_unknown_hook(modules, environment.hooks, walk.executor)
    if raised is not None:
        aborted = SessionAborted(_report(walk, "", raised), INTERNAL_ERROR)
        aborted.items = found
        raise aborted


def _collect_items(walk: Walk, found: list[ItemNode]) -> None:
    """Walk all arguments first, then everything below them (`perform_collect`)."""
    collecting = _Collecting(walk)
    matched = collecting.matched_nodes()
    if collecting.not_found:
        raise SessionAborted(_not_found_report(collecting.not_found), USAGE_ERROR)
    for node in matched:
        found.extend(collecting.items_below(node))


def _not_found_report(not_found: list[tuple[str, list[Node]]]) -> CollectorReport:
    messages = []
    for argument, collectors in not_found:
        if collectors:
            listed = ", ".join(_spell_node(node) for node in collectors)
            messages.append(f"not found: {argument}\n(no match in any of [{listed}])")
        else:
            messages.append(f"found no collectors for {argument}")
    return CollectorReport("", "", Outcome.FAILED, usage_error("\n".join(messages)).describe())


def _spell_node(node: Node) -> str:
    kinds: dict[type[Node], str] = {
        ModuleNode: "Module", DoctestModuleNode: "DoctestModule", DoctestTextNode: "DoctestTextfile", SessionNode: "Session",
    }  # fmt: skip
    if isinstance(node, FolderNode):
        kind = "Package" if node.is_package else "Dir"
    elif isinstance(node, ClassNode):
        kind = "UnitTestCase" if node.is_test_case else "Class"
    else:
        kind = kinds.get(type(node), "Function")
    return f"<{kind} {node.name}>"


def _selected(walk: Walk, found: list[ItemNode]) -> Selection:
    """What is left of the items: hooks of later conftests, reordering, hooks of initial ones, then the options."""
    for plugin, _, change in walk.plugins.item_changers(("pytest_itemcollected", "pytest_collection_finish")):
        path = plugin.module.file or plugin.name
        walk.undecided(walk.relative(path), path, change)
    marks_matter = bool(walk.invocation.markexpr or walk.invocation.keyword)
    items = run_item_hooks(walk, found, initial=False, marks_matter=marks_matter)
    ordered = reordered(items, walk.version)
    left = run_item_hooks(walk, ordered, initial=True, marks_matter=marks_matter)
    return select(left, walk.invocation)


def _finished(walk: Walk, selection: Selection, stopped: bool) -> Collection:
    items = tuple(item_of(node) for node in selection.items)
    note_unseen_hooks(walk)
    walk.lose(sure_losses(walk, find_losses(walk)))
    blocked, estimated = blocked_by_file(walk, _Collecting(walk, lenient=True))
    walk.losses.extend(skipped_modules(walk, walk.skipped, _Collecting(walk, lenient=True)))
    return Collection(
        session=Session(
            SessionState.ABORTED if stopped else SessionState.COMPLETE, _exit_code(walk, len(items), stopped)
        ),
        files=tuple(walk.files),
        items=items,
        reports=tuple(walk.reports),
        deselected=tuple(node.nodeid for node in (*walk.deselected, *selection.deselected)),
        effects=tuple(walk.executor.effects),
        losses=tuple(walk.losses),
        blocked=blocked,
        estimated=estimated,
        hidden=hidden_failures(walk, walk.reports),
    )


def item_of(node: ItemNode) -> Item:
    """The frozen value of an item."""
    return Item(node.nodeid, node.defined_in or node.path, node.line, node.expanded, group_of(node))


def _exit_code(walk: Walk, items: int, stopped: bool) -> int:
    if stopped:
        return TESTS_FAILED
    if walk.failures and not walk.invocation.continue_on_collection_errors:
        return INTERRUPTED
    if walk.failures:
        return TESTS_FAILED
    return OK if items else NO_TESTS


def _aborted(walk: Walk, aborted: SessionAborted) -> Collection:
    """A session that ended early: every file counts as blocked."""
    walk.losses.clear()
    blocked, estimated = blocked_by_file(walk, _Collecting(walk, lenient=True), everything=True)
    return Collection(
        session=Session(SessionState.ABORTED, aborted.exit_code, aborted.report),
        files=tuple(walk.files),
        items=tuple(item_of(node) for node in aborted.items),
        reports=tuple(walk.reports),
        effects=tuple(walk.executor.effects),
        blocked=blocked,
        estimated=estimated,
        hidden=hidden_failures(walk, [*walk.reports, *([aborted.report] if aborted.report else [])]),
    )


class StoppedError(Exception):
    """`-x` or `--maxfail` ended collection."""


@dataclass(slots=True)
class Report:
    """What collecting one node gave (`CollectReport`)."""

    outcome: Outcome
    children: list[Node] = field(default_factory=list)


class _Collecting:
    """One pass over the collection tree; reports are cached by node, as pytest does."""

    def __init__(self, walk: Walk, lenient: bool = False) -> None:
        self.walk = walk
        self.lenient = lenient
        self.root = SessionNode("", "", walk.invocation.rootdir, None)
        self.cache: dict[Node, Report] = {}
        self.path_cache: dict[str, list[Node]] = {}
        self.not_found: list[tuple[str, list[Node]]] = []
        self.counted: set[int] = set()

    def matched_nodes(self) -> list[Node]:
        """The nodes that the arguments name, in order (`Session.collect`)."""
        return [node for argument in self._arguments() for node in self._matches(argument)]

    def _arguments(self) -> tuple[Argument, ...]:
        arguments = self.walk.invocation.arguments
        if self.walk.version >= (9, 0) and not self.walk.invocation.keep_duplicates:
            return normalize_arguments(arguments)
        return arguments

    def _matches(self, argument: Argument) -> Iterator[Node]:
        """Walk down to one argument, level by level."""
        paths = self._levels(argument)
        names = list(argument.names)
        parts: list[tuple[str, bool]] = [(path, True) for path in paths] + [(name, False) for name in names]
        work: list[tuple[Node, list[tuple[str, bool]]]] = [(self.root, parts)]
        has_match = False
        without_match: list[Node] = []
        while work:
            node, left = work.pop()
            if not left:
                has_match = True
                yield node
                continue
            if not isinstance(node, Collector):
                continue
            children = self._children(node, left)
            if children is None:
                continue
            matching = [child for child in reversed(children) if self._is_match(child, left, argument)]
            work.extend((child, left[1:]) for child in matching)
            if not matching:
                without_match.append(node)
        if not has_match:
            spelled = "::".join((argument.path, *argument.names))
            # Before 9.0 the parameters are part of the last name.
            spelled += argument.parametrization if self.walk.version < (9, 0) else ""
            self.not_found.append((spelled, without_match))

    def _levels(self, argument: Argument) -> list[str]:
        """The argument's path and those of its parents that pytest considers, from the top."""
        levels = [argument.path]
        if not argument.module_name:
            for path in parents(argument.path):
                if not is_in_confcutdir(self.walk.invocation.confcutdir, path):
                    break
                levels.insert(0, path)
            return levels
        words = argument.module_name.split(".")
        for index, path in enumerate(parents(argument.path), 2):
            if index > len(words) or path.rpartition("/")[2].partition(".")[0] != words[-index]:
                break
            levels.insert(0, path)
        return levels

    def _children(self, node: Node, left: list[tuple[str, bool]]) -> list[Node] | None:
        if isinstance(node, SessionNode):
            return self._collect_path(left[0][0])
        path, is_path = left[0]
        is_last_file = len(left) == 1 and is_path and self.walk.tree.kind(path) is EntryKind.FILE
        report, was_cached = self.collect_one(node, use_cache=not is_last_file)
        if report.outcome is not Outcome.COLLECTED:
            if not was_cached:
                self._count(report)
            return None
        return report.children

    def _collect_path(self, path: str) -> list[Node]:
        """The collectors of a path that no folder was collected for (`Session._collect_path`)."""
        if path not in self.path_cache:
            kind = self.walk.tree.kind(path)
            if kind is EntryKind.FOLDER:
                self.path_cache[path] = list(make_folder(self.walk, path, self.root))
            elif kind is EntryKind.FILE:
                self.path_cache[path] = list(make_files(self.walk, path, self.root))
            else:
                self.path_cache[path] = []
        return self.path_cache[path]

    def _is_match(self, node: Node, left: list[tuple[str, bool]], argument: Argument) -> bool:
        part, is_path = left[0]
        if is_path:
            return node.path == part and not isinstance(node, (ClassNode, ItemNode))
        if len(left) == 1 and argument.parametrization:
            if isinstance(node, ItemNode) and not node.expanded:
                # The item stands for all its parameters: the one that is asked for may be among them.
                return node.name == part
            return node.name == part + argument.parametrization
        if self.walk.version >= (9, 0) and len(left) > 1:
            return node.name == part
        return node.name == part or node.name.split("[")[0] == part

    def collect_one(self, node: Node, use_cache: bool = True) -> tuple[Report, bool]:
        """The report of one collector, and whether it was made before. Raises `StoppedError`, `SessionAborted`."""
        if use_cache and node in self.cache:
            return self.cache[node], True
        self._start()
        previous = self.cache.get(node)
        report = self._collected(node)
        if previous is not None and self.walk.version >= (9, 2):
            _keep_folders(previous, report)
        self.cache[node] = report
        return report, False

    def _start(self) -> None:
        maxfail = self.walk.invocation.maxfail
        if not self.lenient and maxfail and self.walk.failures >= maxfail:
            raise StoppedError

    def _collected(self, node: Node) -> Report:
        if isinstance(node, FileNode) and not self.lenient:
            self.walk.files.setdefault(node.path)
        try:
            return Report(Outcome.COLLECTED, collect_children(self.walk, node))
        except UndecidedSourceError as error:
            self.walk.undecided(node.nodeid, node.path, str(error))
            return Report(Outcome.UNDECIDED)
        except PluginImportError as error:
            raised = plugin_failure(error, self.walk.version)
        except Raised as error:
            raised = error
        if self.lenient:
            return Report(Outcome.FAILED)
        return self._failed(node, raised)

    def _failed(self, node: Node, raised: Raised) -> Report:
        if self._ends_session(raised):
            report = CollectorReport(node.nodeid, node.path, Outcome.FAILED, raised.describe())
            raise SessionAborted(report, INTERRUPTED if "KeyboardInterrupt" in raised.bases else INTERNAL_ERROR)
        if report_doubtful(self.walk, node, raised):
            return Report(Outcome.UNDECIDED)
        outcome = Outcome.SKIPPED if raised.is_skip else Outcome.FAILED
        self.walk.report(node, outcome, raised)
        if outcome is Outcome.SKIPPED:
            self.walk.skipped.append((node, raised))
        else:
            self.walk.failed_nodes.append(node)
        if isinstance(node, FileNode):
            self.walk.failed_files.add(node.path)
        return Report(outcome)

    def _ends_session(self, raised: Raised) -> bool:
        """`make_collect_report` lets these through since 8.2; `pytest.exit` is an error like others there."""
        return bool({"SystemExit", "KeyboardInterrupt"} & set(raised.bases)) and self.walk.version >= (8, 2)

    def _count(self, report: Report) -> None:
        if report.outcome is Outcome.FAILED and not self.lenient and id(report) not in self.counted:
            self.counted.add(id(report))
            self.walk.failures += 1

    def items_below(self, node: Node) -> Iterator[ItemNode]:
        """The items in a node, depth first (`genitems`)."""
        if isinstance(node, ItemNode):
            yield node
            return
        keep = self.walk.invocation.keep_duplicates
        if self.walk.version >= (9, 0):
            use_cache = not isinstance(node, FileNode)
        else:
            use_cache = not (keep and isinstance(node, FileNode))
        report, was_cached = self.collect_one(node, use_cache)
        if was_cached and not keep and self.walk.version < (9, 0):
            return
        if report.outcome is Outcome.COLLECTED:
            for child in report.children:
                yield from self.items_below(child)
        if not was_cached:
            self._count(report)


def _keep_folders(previous: Report, report: Report) -> None:
    """A folder that is collected again keeps the nodes of its folders (pytest issue 14635)."""
    known = {child.path: child for child in previous.children if isinstance(child, FolderNode)}
    report.children = [
        known.get(child.path, child) if isinstance(child, FolderNode) else child for child in report.children
    ]


def collect_children(walk: Walk, node: Node) -> list[Node]:
    """What one collector yields. Raises `Raised` where collecting it fails."""
    match node:
        case FolderNode():
            return collect_folder(walk, node)
        case DoctestModuleNode():
            return list(collect_doctest_module(walk, node))
        case ModuleNode():
            import_module(walk, node)
            return collect_module(walk, node)
        case DoctestTextNode():
            return list(collect_doctest_text(walk, node))
        case ClassNode():
            return collect_test_case(walk, node) if node.is_test_case else collect_class(walk, node)
        case _:
            return []
