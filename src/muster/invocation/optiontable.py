"""Every command-line option that pytest itself registers, by version (8.0 to 9.2), and those of widely used plugins."""

from __future__ import annotations

from dataclasses import dataclass

from muster.invocation.version import PytestVersion
from muster.model.environment import PluginOption

_8_1: PytestVersion = (8, 1, 0)
_8_3: PytestVersion = (8, 3, 0)
_8_4: PytestVersion = (8, 4, 0)
_9_0: PytestVersion = (9, 0, 0)
_9_1: PytestVersion = (9, 1, 0)


@dataclass(frozen=True, slots=True)
class OptionSpec:
    """An option as argparse is told of it; `type` names a conversion of `commandline`.

    `ini` is the `name=value` override that the flag stands for (`OverrideIniAction`, 9.0 and later).
    """

    names: tuple[str, ...]
    dest: str
    action: str = "store"
    type: str = ""
    default: object = None
    const: object = None
    nargs: str = ""
    choices: tuple[str, ...] = ()
    ini: str = ""
    since: PytestVersion = (0, 0, 0)
    until: PytestVersion = (999, 0, 0)

    def is_known(self, version: PytestVersion, blocked: frozenset[str] = frozenset()) -> bool:
        """Whether this version of pytest registers the option so, with the plugins `blocked` left out."""
        return self.since <= version < self.until and OWNERS.get(self.dest) not in blocked


def _flag(dest: str, *names: str, since: PytestVersion = (0, 0, 0), until: PytestVersion = (999, 0, 0)) -> OptionSpec:
    return OptionSpec(names, dest, "store_true", default=False, since=since, until=until)


def _strict(name: str) -> tuple[OptionSpec, OptionSpec]:
    """A flag that became an override of the setting of the same name."""
    dest = name[2:].replace("-", "_")
    return (
        _flag(dest, name, until=_9_0),
        OptionSpec((name,), dest, "override", ini=f"{dest}=true", since=_9_0),
    )


CORE_OPTIONS: tuple[OptionSpec, ...] = (
    OptionSpec(("-k",), "keyword", default=""),
    OptionSpec(("-m",), "markexpr", default=""),
    _flag("markers", "--markers"),
    OptionSpec(("-x", "--exitfirst"), "maxfail", "store_const", const=1),
    OptionSpec(("--maxfail",), "maxfail", type="int", default=0),
    *_strict("--strict-config"),
    *_strict("--strict-markers"),
    *_strict("--strict"),
    OptionSpec(("-W", "--pythonwarnings"), "pythonwarnings", "append"),
    OptionSpec(("--max-warnings",), "max_warnings", type="int", since=_9_1),
    _flag("showfixtures", "--fixtures", "--funcargs"),
    _flag("show_fixtures_per_test", "--fixtures-per-test"),
    _flag("collectonly", "--collectonly", "--collect-only", "--co"),
    _flag("pyargs", "--pyargs"),
    OptionSpec(("--ignore",), "ignore", "append"),
    OptionSpec(("--ignore-glob",), "ignore_glob", "append"),
    OptionSpec(("--deselect",), "deselect", "append"),
    OptionSpec(("--confcutdir",), "confcutdir", type="folder"),
    _flag("noconftest", "--noconftest"),
    _flag("keepduplicates", "--keepduplicates", "--keep-duplicates"),
    _flag("collect_in_virtualenv", "--collect-in-virtualenv"),
    _flag("continue_on_collection_errors", "--continue-on-collection-errors"),
    OptionSpec(("--import-mode",), "importmode", default="prepend", choices=("prepend", "append", "importlib")),
    OptionSpec(("-c", "--config-file"), "inifilename"),
    OptionSpec(("--rootdir",), "rootdir"),
    OptionSpec(("--basetemp",), "basetemp", type="basetemp"),
    _flag("doctestmodules", "--doctest-modules"),
    OptionSpec(
        ("--doctest-report",),
        "doctestreport",
        type="lower",
        default="udiff",
        choices=("none", "cdiff", "ndiff", "udiff", "only_first_failure"),
    ),
    OptionSpec(("--doctest-glob",), "doctestglob", "append", default=()),
    _flag("doctest_ignore_import_errors", "--doctest-ignore-import-errors"),
    _flag("doctest_continue_on_failure", "--doctest-continue-on-failure"),
    OptionSpec(("-V", "--version"), "version", "count", default=0),
    _flag("help", "-h", "--help"),
    OptionSpec(("-p",), "plugins", "append", default=()),
    _flag("disable_plugin_autoload", "--disable-plugin-autoload", since=_8_4),
    _flag("traceconfig", "--traceconfig", "--trace-config"),
    OptionSpec(("--debug",), "debug", const="pytestdebug.log", nargs="?"),
    OptionSpec(("-o", "--override-ini"), "override_ini", "append"),
    OptionSpec(("--assert",), "assertmode", default="rewrite", choices=("rewrite", "plain")),
    _flag("usepdb", "--pdb"),
    OptionSpec(("--pdbcls",), "usepdb_cls", type="pdbcls"),
    _flag("trace", "--trace"),
    OptionSpec(("--capture",), "capture", default="fd", choices=("fd", "sys", "no", "tee-sys")),
    OptionSpec(("-s",), "capture", "store_const", const="no"),
    _flag("runxfail", "--runxfail"),
    _flag("lf", "--lf", "--last-failed"),
    _flag("failedfirst", "--ff", "--failed-first"),
    _flag("newfirst", "--nf", "--new-first"),
    OptionSpec(("--cache-show",), "cacheshow", "append", nargs="?"),
    _flag("cacheclear", "--cache-clear"),
    OptionSpec(
        ("--lfnf", "--last-failed-no-failures"), "last_failed_no_failures", default="all", choices=("all", "none")
    ),
    _flag("stepwise", "--sw", "--stepwise"),
    _flag("stepwise_skip", "--sw-skip", "--stepwise-skip"),
    _flag("stepwise_reset", "--sw-reset", "--stepwise-reset", since=_8_4),
    OptionSpec(("--durations",), "durations", type="int"),
    OptionSpec(("--durations-min",), "durations_min", type="float"),
    OptionSpec(("-v", "--verbose"), "verbose", "count", default=0),
    OptionSpec(("-q", "--quiet"), "quiet", "count", default=0),
    OptionSpec(("--verbosity",), "verbose", type="int", default=0),
    _flag("no_header", "--no-header"),
    _flag("no_summary", "--no-summary"),
    OptionSpec(("-r",), "reportchars", default="fE", until=_9_1),
    OptionSpec(("-r", "--report-chars"), "reportchars", default="fE", since=_9_1),
    _flag("disable_warnings", "--disable-warnings", "--disable-pytest-warnings"),
    _flag("showlocals", "-l", "--showlocals"),
    OptionSpec(("--no-showlocals",), "showlocals", "store_false"),
    OptionSpec(("--tb",), "tbstyle", default="auto", choices=("auto", "long", "short", "no", "line", "native")),
    _flag("xfail_tb", "--xfail-tb", since=_8_3),
    OptionSpec(("--no-fold-skipped",), "fold_skipped", "store_false", since=_8_3),
    _flag("force_short_summary", "--force-short-summary", since=_8_4),
    OptionSpec(("--show-capture",), "showcapture", default="all", choices=("no", "stdout", "stderr", "log", "all")),
    _flag("fulltrace", "--fulltrace", "--full-trace"),
    OptionSpec(("--color",), "color", default="auto", choices=("yes", "no", "auto")),
    OptionSpec(("--code-highlight",), "code_highlight", default="yes", choices=("yes", "no")),
    OptionSpec(("--pastebin",), "pastebin", choices=("failed", "all")),
    OptionSpec(("--junitxml", "--junit-xml"), "xmlpath", type="filename"),
    OptionSpec(("--junitprefix", "--junit-prefix"), "junitprefix"),
    _flag("setuponly", "--setuponly", "--setup-only"),
    _flag("setupshow", "--setupshow", "--setup-show"),
    _flag("setupplan", "--setupplan", "--setup-plan"),
    *(
        OptionSpec((f"--log-{name}",), f"log_{name}".replace("-", "_"))
        for name in (
            "level",
            "format",
            "date-format",
            "cli-level",
            "cli-format",
            "cli-date-format",
            "file",
            "file-level",
            "file-format",
            "file-date-format",
            "auto-indent",
        )
    ),
    OptionSpec(("--log-file-mode",), "log_file_mode", choices=("w", "a"), since=_8_1),
    OptionSpec(("--log-disable",), "logger_disable", "append", default=()),
)

_OWNED = {
    "doctest": "doctestmodules doctestreport doctestglob doctest_ignore_import_errors doctest_continue_on_failure",
    "cacheprovider": "lf failedfirst newfirst cacheshow cacheclear last_failed_no_failures",
    "stepwise": "stepwise stepwise_skip stepwise_reset",
    "junitxml": "xmlpath junitprefix",
    "pastebin": "pastebin",
    "debugging": "usepdb usepdb_cls trace",
    "skipping": "runxfail",
    "setuponly": "setuponly setupshow",
    "setupplan": "setupplan",
    "logging": "log_level log_format log_date_format log_cli_level log_cli_format log_cli_date_format log_file "
    "log_file_level log_file_format log_file_date_format log_auto_indent log_file_mode logger_disable",
}
OWNERS = {dest: plugin for plugin, dests in _OWNED.items() for dest in dests.split()}
"""The plugin of pytest's own that registers a destination, where people block it: its options are then unknown."""

CORE_NAMES = frozenset(name for option in CORE_OPTIONS for name in option.names)


def _plugin(*names: str, nargs: str = "0", action: str = "") -> PluginOption:
    dest = next((name for name in names if name.startswith("--")), names[0]).lstrip("-").replace("-", "_")
    return PluginOption(names, dest, nargs, action=action or ("store_true" if nargs == "0" else "store"))


_FLAGS = (
    "--no-cov --no-cov-on-fail --cov-append --cov-branch --cov-reset -f -d --looponfail --no-loadscope-reorder "
    "--timeout-disable-debugger-detection --timeout_func_only --asyncio-debug --reuse-db --create-db --nomigrations "
    "--no-migrations --migrations --self-contained-html --json-report --randomly-dont-reorganize --benchmark-only "
    "--benchmark-skip --benchmark-disable --headed --snapshot-update --random-order"
)
_VALUES = (
    "--cov-report --cov-config --cov-fail-under --cov-context --maxprocesses --dist --max-worker-restart --tx --px "
    "--rsyncdir --timeout --timeout-method --timeout_method --session-timeout --asyncio-mode --anyio-mode --ds --dc "
    "--reruns --reruns-delay --only-rerun --html --css --json-report-file --randomly-seed --count --base-url --splits "
    "--group --browser --durations-path --alluredir"
)

WELL_KNOWN_PLUGIN_OPTIONS: tuple[PluginOption, ...] = (
    _plugin("--cov", nargs="?", action="append"),
    _plugin("-n", "--numprocesses", nargs="1"),
    *(_plugin(name) for name in _FLAGS.split()),
    *(_plugin(name, nargs="1") for name in _VALUES.split()),
)
"""Used only where the environment was not asked which plugins it has."""

CHANGES_COLLECTION = frozenset(
    (
        "count flake_finder flake_runs picked testmon testmon_forceselect splits group random_order shard_id "
        "num_shards flake8 black mypy ruff ruff_format nbval nbval_lax nbmake doctest_plus doctest_rst codestyle "
        "pylint isort pydocstyle test_groups reverse order_scope randomly_seed markdown_docs codeblocks"
    ).split()
)
"""Destinations of plugin options that add, drop or reorder tests; their effect is not modelled."""
