"""What the project's interpreter and its installed distributions are, asked once and cached."""

from __future__ import annotations

import msgspec


class Distribution(msgspec.Struct, frozen=True):
    """An installed distribution: its metadata name, version, top-level import names and where it lies.

    `editable` is the project folder of an editable install, else "".
    """

    name: str
    version: str
    modules: tuple[str, ...] = ()
    location: str = ""
    requires: tuple[str, ...] = ()
    pytest_plugins: tuple[tuple[str, str], ...] = ()
    editable: str = ""


class PluginOption(msgspec.Struct, frozen=True):
    """A command-line option that pytest or a plugin registers: its spellings and how many values it takes.

    `nargs` is argparse's: "0" for flags, "1", "?", "*", "+"; `choices` is empty where any value will do.
    """

    names: tuple[str, ...]
    dest: str
    nargs: str
    choices: tuple[str, ...] = ()
    action: str = "store"


class IniOption(msgspec.Struct, frozen=True):
    """A setting that pytest or a plugin registers with `addini`."""

    name: str
    type: str
    aliases: tuple[str, ...] = ()


class PluginFixture(msgspec.Struct, frozen=True):
    """A fixture of an installed plugin: the fixtures that it requests, and the ids of its parameters.

    `ids` is empty for a parametrized fixture whose parameters could not be spelled.
    """

    name: str
    arguments: tuple[str, ...] = ()
    scope: str = "function"
    parametrized: bool = False
    ids: tuple[str, ...] = ()
    autouse: bool = False


class Environment(msgspec.Struct, frozen=True):
    """The interpreter that the team's pytest runs on, as it stands before any project code runs.

    `search_path` is `sys.path` without the script's or working directory's own entry. `preloaded` maps every name in
    `sys.modules` when collection starts in an empty folder to its file ("" where it has none). `editable_finders` maps
    top-level module names of finder-kind editable installs to their folder or file. `machine` is `os.uname().machine`,
    "" where it is not known. `asked` is false where the environment was only read (`--static`), and `why` says how it
    was chosen.
    `withheld_plugins` are pytest entry points `(name, module)` that were not loaded because their files lie inside the
    examined tree. `problems` says in words what kept the query from completing.
    """

    executable: str
    why: str
    version: tuple[int, int, int]
    platform: str = "linux"
    os_name: str = "posix"
    machine: str = ""
    prefix: str = ""
    pytest_version: str = ""
    search_path: tuple[str, ...] = ()
    site_packages: tuple[str, ...] = ()
    preloaded: dict[str, str] = {}
    builtin_modules: frozenset[str] = frozenset()
    stdlib_modules: frozenset[str] = frozenset()
    builtins: frozenset[str] = frozenset()
    markers: tuple[str, ...] = ()
    options: tuple[PluginOption, ...] = ()
    ini_options: tuple[IniOption, ...] = ()
    plugins: tuple[str, ...] = ()
    fixtures: tuple[PluginFixture, ...] = ()
    hooks: dict[str, tuple[str, ...]] = {}
    """Hooks of pytest and its plugins, with the arguments that an implementation may take; empty where not asked."""
    distributions: tuple[Distribution, ...] = ()
    editable_finders: dict[str, str] = {}
    asked: bool = True
    fingerprint: str = ""
    withheld_plugins: tuple[tuple[str, str], ...] = ()
    problems: tuple[str, ...] = ()


class ProbedClass(msgspec.Struct, frozen=True):
    """A class of an installed module, as the collectors need it.

    `mro` are dotted names, itself first; `own_init`/`own_new` say whether `__init__`/`__new__` differ from `object`'s
    anywhere in the MRO; `names` is `dir()`; `metaclass` is dotted; `init_signature` is `inspect.signature` text or "".
    """

    mro: tuple[str, ...]
    own_init: bool = False
    own_new: bool = False
    names: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    metaclass: str = "type"
    is_enum: bool = False
    test_flag: bool | None = None


class ProbedName(msgspec.Struct, frozen=True):
    """A name in an installed module: `kind` is `module`, `class`, `function`, `value` or `object`.

    `target` is the dotted name of what it is bound to (`collections.OrderedDict`), `value` a small constant where
    `kind` is `value`, `class_` the facts of a class, `type_name` the dotted class of an instance.
    """

    kind: str
    target: str = ""
    value: str | int | float | bool | tuple[str | int | float | bool | None, ...] | None = None
    class_: ProbedClass | None = None
    type_name: str = ""
    signature: str = ""


class ImportFailure(msgspec.Struct, frozen=True):
    """What importing an installed module raised."""

    type: str
    message: str
    missing: str = ""
    mro: tuple[str, ...] = ()

    @property
    def is_of_the_module(self) -> bool:
        """Whether the module itself is at fault, whatever the session has set up before.

        A missing module or name, a wrong call and a syntax error are. Anything else (Django's `ImproperlyConfigured`, a
        `KeyError` from `os.environ`, a file that is missing in an empty folder) depends on what ran before: nothing follows.
        """
        return not _LASTING_ERRORS.isdisjoint(self.mro)


_LASTING_ERRORS = frozenset({"ImportError", "AttributeError", "NameError", "TypeError", "SyntaxError"})


class ProbedModule(msgspec.Struct, frozen=True):
    """What importing one installed module really did, first and second time, and what it then holds.

    `imported` are the names of all modules that came with it. `lenient` is true where absence of a name proves nothing
    (module `__getattr__`, or not asked).
    """

    name: str
    file: str = ""
    is_package: bool = False
    first: ImportFailure | None = None
    second: ImportFailure | None = None
    names: dict[str, ProbedName] = {}
    all: tuple[str, ...] | None = None
    lenient: bool = False
    imported: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
