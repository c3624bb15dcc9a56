"""What the collectors of one session share, and what they have found so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from muster.collection.executor import Executor
from muster.collection.nodeids import relative_path
from muster.collection.nodes import ClassNode, ItemNode, ModuleNode, Node
from muster.execution.raised import Raised
from muster.execution.values import ClassValue, Mark
from muster.model.collection import CollectorReport, Loss, Outcome
from muster.model.environment import Environment
from muster.model.invocation import Invocation
from muster.ports import FileTree

if TYPE_CHECKING:
    from muster.collection.fixtures import FixtureManager
    from muster.collection.hooks import Plugins
    from muster.collection.ids import Id


@dataclass(frozen=True, slots=True)
class LostClass:
    """A class whose tests pytest leaves out, unless they run through a subclass."""

    cls: ClassValue
    loss: Loss


class Walk:
    """The state of one session.

    `lenient` is true while the tests of files that fail are listed: whatever fails then is passed over. `reports`, `files` and
    `losses` are what the session tells; `ignored` maps a path that a setting leaves out to the name of the setting.
    """

    def __init__(
        self,
        executor: Executor,
        invocation: Invocation,
        environment: Environment,
        tree: FileTree,
        fixtures: FixtureManager,
        plugins: Plugins,
    ) -> None:
        self.executor = executor
        self.invocation = invocation
        self.environment = environment
        self.tree = tree
        self.fixtures = fixtures
        self.plugins = plugins
        self.lenient = False
        self.initial_paths: frozenset[str] = frozenset()
        self.initial_paths_with_parents: frozenset[str] = frozenset()
        self.files: dict[str, None] = {}
        self.reports: list[CollectorReport] = []
        self.losses: list[Loss] = []
        self.failures = 0
        self.ignored: dict[str, str] = {}
        self.unmatched: dict[str, None] = {}
        self.walked: dict[str, None] = {}
        self.collected_classes: dict[int, ClassValue] = {}
        self.lost_classes: list[LostClass] = []
        self.failed_nodes: list[Node] = []
        self.collected_nodes: list[ModuleNode | ClassNode] = []
        self.failed_files: set[str] = set()
        self.deselected: list[ItemNode] = []
        self.skipped: list[tuple[Node, Raised]] = []
        self.generated_ids: dict[int, tuple[Mark, list[Id]]] = {}
        self.undecided_keys: set[tuple[str, str]] = set()

    @property
    def version(self) -> tuple[int, int, int]:
        """The simulated pytest's version."""
        return self.invocation.pytest_version

    @property
    def python(self) -> tuple[int, int, int]:
        """The project's Python version."""
        return self.environment.version

    def has_plugin(self, name: str) -> bool:
        """Whether a plugin of pytest itself is left in (`-p no:NAME` blocks it, unless a later `-p NAME` asks for it)."""
        blocked = False
        for given in self.invocation.plugins:
            if given.removeprefix("no:") == name:
                blocked = given.startswith("no:")
        return not blocked

    def relative(self, path: str) -> str:
        """`path` as node ids spell it: relative to rootdir where it lies below."""
        return relative_path(path, self.invocation.rootdir) or path

    def undecided(self, nodeid: str, path: str, reason: str) -> None:
        """Note once that it cannot be known what this collector yields."""
        if not self.lenient and (nodeid, reason) not in self.undecided_keys:
            self.undecided_keys.add((nodeid, reason))
            self.reports.append(CollectorReport(nodeid, path, Outcome.UNDECIDED, reason=reason))

    def report(self, node: Node, outcome: Outcome, raised: Raised) -> None:
        """Note that a collector failed or was skipped."""
        if self.lenient:
            return
        if outcome is Outcome.SKIPPED:
            self.reports.append(CollectorReport(node.nodeid, node.path, outcome, reason=raised.message))
        else:
            self.reports.append(CollectorReport(node.nodeid, node.path, outcome, raised.describe()))

    def files_failing(self, path: str) -> frozenset[str]:
        """The files in the tracebacks of what was reported of `path`."""
        found = (report.exception for report in self.reports if report.path == path and report.exception is not None)
        return frozenset(frame.path for raised in found for frame in raised.frames)

    def lose(self, losses: Iterable[Loss]) -> None:
        """Note tests that vanish without an error."""
        if not self.lenient:
            self.losses.extend(losses)

    def has_collected(self, node: ModuleNode | ClassNode) -> None:
        """Note that what this module or class holds, inherited tests included, is collected."""
        if self.lenient:
            return
        self.collected_nodes.append(node)
        if isinstance(node.obj, ClassValue):
            self.collected_classes[id(node.obj)] = node.obj

    def is_initial(self, path: str, with_parents: bool = False) -> bool:
        """Whether `path` is an argument, or leads to one (`Session.isinitpath`)."""
        return path in (self.initial_paths_with_parents if with_parents else self.initial_paths)
