"""The state of one simulated interpreter, and the operations that its parts call on each other.

The parts (`expressions`, `statements`, `calls`, ...) are modules of functions over a `Machine`; `Interpreter` binds them
together. This class is what they may rely on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from posixpath import dirname
from typing import TYPE_CHECKING, Any, Protocol

from muster.execution.raised import Raised
from muster.execution.scope import Scope
from muster.execution.trace import ImportTrace
from muster.execution.values import ListValue, ModuleValue, Value
from muster.execution.variables import Variables
from muster.facts.module_facts import FunctionBody, ModuleFacts
from muster.model.collection import Confidence, FailureDetail, PathEffect, Problem, Wait
from muster.model.environment import Environment, ProbedModule
from muster.model.invocation import Invocation
from muster.ports import FileTree

if TYPE_CHECKING:
    from muster.execution.rerun import Aside
    from muster.execution.subclass_hooks import HookRecord

CALL_DEPTH = 5
"""How deep calls of the project's own functions are followed; deeper ones give `UNKNOWN`."""

STATEMENT_BUDGET = 15_000
"""Statements that one outermost function call may run before it is given up as `UNKNOWN`."""

MODULE_BUDGET = 400_000
"""Statements that the body of one module may run, calls left out."""

LOOP_LIMIT = 2_000
"""Rounds of one loop before it is taken as unknown."""


FRUITLESS_STATEMENTS = 1_000
"""Statements that calls of one function may run in all, where it never gave anything known, before it is not followed in doubt."""


HOOK_STATEMENTS = 20_000
"""Statements that one `__init_subclass__` may run in all before it is followed for classes of test files only."""


class ExhaustedError(Exception):
    """A simulated call ran longer than its budget: its result is unknown."""


class FactSource(Protocol):
    """Facts of the project's files, cached."""

    def facts(self, path: str) -> ModuleFacts:
        """What the file says at module level; unreadable files give facts with a problem."""

    def body(self, path: str, line: int) -> FunctionBody | None:
        """The body of the function whose `def` stands at `line`."""


class Machine:
    """One simulated Python process: the search path, the module table and what has happened to them."""

    def __init__(
        self,
        *,
        tree: FileTree,
        environment: Environment,
        probe: Callable[[str], ProbedModule | None],
        invocation: Invocation,
        facts: FactSource,
        environ: Mapping[str, str],
        strict_markers: bool,
        registered_markers: Sequence[str],
        filters: Sequence[str] = (),
    ) -> None:
        self.tree = tree
        self.environment = environment
        self.ask_probe = probe
        self.invocation = invocation
        self.source = facts
        self.cwd = invocation.cwd
        self.version = environment.version
        self.sys_path: ListValue = ListValue()
        self.modules: dict[str, Value] = {}
        self.preloaded = dict(environment.preloaded)
        self.probes: dict[str, ProbedModule | None] = {}
        self.environ = Variables(environ)
        self.strict_markers = strict_markers
        self.registered_markers = set(registered_markers)
        self.effects: list[PathEffect] = []
        self.during = ""
        self.unsure = 0
        self.depth = 0
        self.budget = STATEMENT_BUDGET
        self.opaque_calls = 0
        self.unknown_calls = 0
        self.unfollowed = 0
        """Calls that were not followed, of the project's functions too."""
        self.hooks = 0
        """How many `__getattribute__` and `__setattr__` are running inside each other."""
        self.making: list[Any] = []
        """Class statements that their metaclasses are working on (`metaclasses.Making`), innermost last."""
        self.lenient_files: frozenset[str] = frozenset()
        """Files whose failing statements are passed over (`rerun`)."""
        self.module_budget = MODULE_BUDGET
        self.call_budget = STATEMENT_BUDGET
        self.call_depth = CALL_DEPTH
        self.problems: list[Problem] = []
        self.aside: Aside | None = None
        """What belongs to runs that decide nothing."""
        self.import_attempts: dict[str, int] = {}
        self.exhausted: set[tuple[str, int]] = set()
        """Functions that once ran out of their budget: they are not entered again."""
        self.fruitless: dict[tuple[str, int], int] = {}
        """Functions whose calls gave nothing known so far, with the statements that they ran; -1 for all others."""
        self.statements_run = 0
        """Statements of all calls that have ended."""
        self.subclass_hooks: dict[tuple[str, int], HookRecord] = {}
        """What each `__init_subclass__` has done so far, by its file and line."""
        self.session_files: set[str] = set()
        """Test files and conftests that pytest imports itself: interpreted wherever they lie."""
        self.refused_attribute: Raised | None = None
        """What a module `__getattr__` raised when it was asked last."""
        self.plugin_modules: set[str] = set()
        """Plugins that the project asks for by name: interpreted, for their hooks and fixtures are part of the session."""
        self.import_hooks: list[Value] = []
        """Finders that the project's code put on `sys.meta_path`."""
        self.native_packages: set[str] = set()
        """Top-level packages of the project's that hold extension modules which were imported."""
        self.open_to_c: dict[str, bool] = {}
        """Files of packages with extension modules: whether their code lets others put names into them."""
        self.options: Value = None
        """`config.option`, once the project's own options are registered."""
        self.handling: list[Raised] = []
        self.filters = [parse_filter(entry) for entry in filters]
        self.installed_prefixes = installed_prefixes(environment)
        self.examined = examined_packages(self.installed_prefixes, [each.path for each in invocation.arguments])
        self.import_stack: list[ModuleValue] = []
        self.path_trusted = True
        self.waits: list[Wait] = []
        self.gave_listings = False
        """Whether code got hold of the names in a folder."""
        self.trace: ImportTrace | None = None
        """Who asks for what, where somebody wants to know."""
        self.scopes: list[Scope] = []

    # Implemented by the part of the same name and bound in `Interpreter`; declared here so that the parts can call each other.

    def evaluate(self, node: Any, scope: Scope) -> Value:
        """The value of an expression (`expressions`)."""
        raise NotImplementedError

    def execute(self, block: Sequence[Any], scope: Scope) -> Any:
        """Run statements; a `Signal` where they end early (`statements`)."""
        raise NotImplementedError

    def builtin(self, name: str) -> Value:
        """The built-in `name`, `MISSING` where the target's `builtins` has none (`natives`)."""
        raise NotImplementedError

    def run_scope(self, block: Sequence[Any], scope: Scope) -> Any:
        """Run a whole body in a scope of its own (`statements`)."""
        raise NotImplementedError

    def call(self, function: Value, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        """`function(*args, **kwargs)` (`calls`)."""
        raise NotImplementedError

    def get_attribute(self, value: Value, name: str) -> Value:
        """`getattr(value, name, MISSING)` (`attributes`)."""
        raise NotImplementedError

    def load_attribute(self, value: Value, name: str) -> Value:
        """`value.name`: raises `AttributeError` where it is definitely absent (`attributes`)."""
        raise NotImplementedError

    def set_attribute(self, value: Value, name: str, new: Value) -> None:
        """`value.name = new` (`attributes`)."""
        raise NotImplementedError

    def truth(self, value: Value) -> bool | None:
        """`bool(value)`, None where it is not known (`operations`)."""
        raise NotImplementedError

    def iterate(self, value: Value) -> list[Value] | None:
        """The elements that iterating gives, None where they are not known (`operations`)."""
        raise NotImplementedError

    def import_module(self, name: str, importer: str) -> Value:
        """The module of an absolute dotted name, imported now if need be (`imports`)."""
        raise NotImplementedError

    def error(self, type_name: str, message: str, detail: FailureDetail | None = None) -> Raised:
        """A `Raised` of the built-in exception `type_name`, with the bases that it really has."""
        from muster.execution.exceptions import builtin_error

        return builtin_error(self, type_name, message, detail)

    def probe(self, name: str) -> ProbedModule | None:
        """What the environment says of the installed module `name`, asked once."""
        if name not in self.probes:
            self.probes[name] = self.ask_probe(name)
        return self.probes[name]

    def turns_into_error(self, category: str, text: str) -> bool:
        """Whether `filterwarnings` turns this warning into an exception; the last entry that matches decides."""
        from muster.execution.exceptions import builtin_bases

        names = (*builtin_bases(category), "Warning")
        for action, message, wanted, module in reversed(self.filters):
            if module:
                continue
            if wanted in ("", *names) and re.match(message, text, re.IGNORECASE):
                return action == "error"
        return False

    @property
    def running_file(self) -> str:
        """The file whose code runs now; the one that is being collected where none does."""
        return self.scopes[-1].file if self.scopes else self.during

    @property
    def here(self) -> Scope | None:
        """The innermost running scope."""
        return self.scopes[-1] if self.scopes else None

    def confidence(self) -> Confidence:
        """How sure an exception raised now would be."""
        return Confidence.CERTAIN if self.path_trusted else Confidence.LIKELY


def parse_filter(entry: str) -> tuple[str, str, str, str]:
    """Action, message pattern, class name of the category and module of a `filterwarnings` entry."""
    action, message, category, module = ([part.strip() for part in entry.split(":")] + ["", "", "", ""])[:4]
    try:
        re.compile(message)
    except re.error:
        message = re.escape(message)
    return action, message, category.rpartition(".")[2], module


def examined_packages(prefixes: Sequence[str], arguments: Sequence[str]) -> tuple[str, ...]:
    """The installed packages (with a final slash) whose own tests the arguments name: examined as a project is."""
    found: dict[str, None] = {}
    for path in arguments:
        prefix = max((each for each in prefixes if path.startswith(each)), key=len, default="")
        name = path[len(prefix) :].partition("/")[0]
        if prefix and name:
            found[f"{prefix}{name}/"] = None
    return tuple(found)


def installed_prefixes(environment: Environment) -> tuple[str, ...]:
    """The folders (with a final slash) whose modules are the environment's own: site-packages and the standard library.

    An entry that a `.pth` file or `PYTHONPATH` adds outside of them holds somebody's sources, the project's in most cases.
    """
    library = dirname(environment.preloaded.get("os", "") or "")
    folders = [*environment.site_packages]
    for entry in environment.search_path:
        is_library = entry == library or entry.startswith(library + "/") if library else "/lib/python3" in entry
        if is_library or entry.endswith(("/site-packages", "/dist-packages")):
            folders.append(entry)
    return tuple(dict.fromkeys(folder.rstrip("/") + "/" for folder in folders if folder))
