"""What pytest was told: the command, its configuration and every option that bears on collection, resolved."""

from __future__ import annotations

from dataclasses import dataclass, field

from muster.model.location import Location


@dataclass(frozen=True, slots=True)
class Argument:
    """One positional argument after resolution: an absolute path and the node-id parts behind `::`.

    `module_name` is the dotted name it was given by with `--pyargs`, else "". `parametrization` is the `[...]` of
    the last part, else "".
    """

    path: str
    names: tuple[str, ...] = ()
    parametrization: str = ""
    module_name: str = ""

    def __str__(self) -> str:
        return "::".join((self.path, *self.names)) + self.parametrization


@dataclass(frozen=True, slots=True)
class Setting:
    """One configured value with where it came from; `mode` is `ini` (a string to be split) or `toml` (native)."""

    name: str
    value: str | list[str] | int | float | bool
    origin: Location
    mode: str = "ini"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A configuration or command line that pytest refuses: what it prints, where the cause stands, its exit code.

    `message` is pytest's own text without its leading `ERROR: `, `type` the class of the exception behind it (another
    than `UsageError` where pytest lets it escape). `setting` is the option or ini name at fault. `when` tells how far
    pytest gets: `start` (nothing is imported but plugins), `conftest` (initial conftests have run), `configure`,
    `collection` (the session has begun), `collector` (an error of every file or folder whose collection asks for the
    setting, not of the session) or `end` (everything was collected).
    """

    message: str
    setting: str
    location: Location | None = None
    exit_code: int = 4
    when: str = "start"
    type: str = "UsageError"


@dataclass(frozen=True, slots=True)
class Invocation:
    """A pytest command as pytest itself resolves it. All paths are absolute; patterns are as written."""

    command: str
    why: str
    argv: tuple[str, ...]
    cwd: str
    rootdir: str
    inifile: str | None = None
    pytest_version: tuple[int, int, int] = (9, 0, 0)
    cwd_on_path: bool = False
    """`python -m pytest` puts the working directory first on `sys.path`; `pytest` does not."""
    import_mode: str = "prepend"
    arguments: tuple[Argument, ...] = ()
    arguments_from: str = "args"
    """`args`, `testpaths` or `invocation_dir`, as `Config.ArgsSource`."""
    settings: dict[str, Setting] = field(default_factory=dict)
    pythonpath: tuple[str, ...] = ()
    testpaths: tuple[str, ...] = ()
    norecursedirs: tuple[str, ...] = ("*.egg", ".*", "_darcs", "build", "CVS", "dist", "node_modules", "venv", "{arch}")
    python_files: tuple[str, ...] = ("test_*.py", "*_test.py")
    python_classes: tuple[str, ...] = ("Test",)
    python_functions: tuple[str, ...] = ("test",)
    ignore: tuple[str, ...] = ()
    ignore_glob: tuple[str, ...] = ()
    deselect: tuple[str, ...] = ()
    keyword: str = ""
    markexpr: str = ""
    maxfail: int = 0
    continue_on_collection_errors: bool = False
    keep_duplicates: bool = False
    collect_in_virtualenv: bool = False
    collect_imported_tests: bool = True
    consider_namespace_packages: bool = False
    strict_markers: bool = False
    strict_config: bool = False
    strict_parametrization_ids: bool = False
    noconftest: bool = False
    confcutdir: str | None = None
    plugins: tuple[str, ...] = ()
    """`-p` values in order, `no:NAME` included."""
    pyargs: bool = False
    doctest_modules: bool = False
    doctest_glob: tuple[str, ...] = ("test*.txt",)
    doctest_ignore_import_errors: bool = False
    doctest_continue_on_failure: bool = False
    doctest_encoding: str = "utf-8"
    markers: tuple[str, ...] = ()
    """`markers` lines of the configuration (not those that plugins register)."""
    filterwarnings: tuple[str, ...] = ()
    required_plugins: tuple[str, ...] = ()
    empty_parameter_set_mark: str = "skip"
    escape_test_ids: bool = True
    last_failed: bool = False
    failed_first: bool = False
    conftest_anchors: tuple[str, ...] = ()
    """Files and folders from which initial conftests are looked for; options of conftests are not known then, so their
    values are among them where they exist as paths (`_pytest.config.PytestPluginManager._set_initial_conftests`)."""
    environment_plugins: tuple[str, ...] = ()
    """Names in `PYTEST_PLUGINS`."""
    autoload_disabled: bool = False
    """Entry points of installed distributions are not loaded."""
    collects: bool = True
    """False for `--help`, `--version` and `--markers`, which collect nothing."""
    options: dict[str, str | int | float | bool | tuple[str, ...]] = field(default_factory=dict)
    """What the command line says of options that are not pytest's own, by destination."""
    refusals: tuple[Refusal, ...] = ()
    warnings: tuple[str, ...] = ()
    unmodelled: tuple[str, ...] = ()
    """Options and settings of plugins that may change what is collected, and that are not modelled."""
