"""Every setting that pytest itself registers, by version (8.0 to 9.2), with its type, default and first use.

`start`: asked before conftests load; `configure`: in `pytest_configure`; `collection`: inside collectors; `later`:
after collection or not at all, so that a bad value does not matter here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from muster.invocation.values import IniSpec, IniType
from muster.invocation.version import PytestVersion
from muster.model.environment import IniOption

_8_1: PytestVersion = (8, 1, 0)
_8_4: PytestVersion = (8, 4, 0)
_9_0: PytestVersion = (9, 0, 0)
_9_1: PytestVersion = (9, 1, 0)
_9_2: PytestVersion = (9, 2, 0)
_NEVER: PytestVersion = (999, 0, 0)

NORECURSEDIRS = ("*.egg", ".*", "_darcs", "build", "CVS", "dist", "node_modules", "venv", "{arch}")


def _choice(*texts: str) -> tuple[str, ...]:
    return tuple(f"={text}" for text in texts)


def _changed(
    name: str, before: object, type_: IniType, default: object, asked: str, since: PytestVersion = (0, 0, 0)
) -> tuple[IniSpec, IniSpec]:
    """A setting that was a plain string until 9.1 and has a stricter type since 9.2."""
    return (
        IniSpec(name, "string", before, asked, since, _9_2),
        IniSpec(name, type_, default, asked, _9_2),
    )


_SPECS: tuple[IniSpec, ...] = (
    IniSpec("addopts", "args", (), "start"),
    IniSpec("minversion", "string", "", "start"),
    IniSpec("pythonpath", "paths", (), "start"),
    IniSpec("filterwarnings", "linelist", (), "start"),
    IniSpec("required_plugins", "args", (), "start"),
    IniSpec("python_files", "args", ("test_*.py", "*_test.py"), "collection", until=_9_2),
    IniSpec("python_files", "args", ("test_*.py", "*_test.py"), "start", _9_2),
    IniSpec("testpaths", "args", (), "start"),
    IniSpec("consider_namespace_packages", "bool", False, "start", _8_1),
    IniSpec("strict_config", "bool", None, "later", _9_0),
    IniSpec("strict_markers", "bool", None, "later", _9_0),
    IniSpec("strict", "bool", False, "later", _9_0),
    IniSpec("strict_parametrization_ids", "bool", None, "collection", _9_0),
    IniSpec("strict_xfail", "bool", None, "later", _9_0, aliases=("xfail_strict",)),
    IniSpec("xfail_strict", "bool", False, "later", until=_9_0),
    IniSpec("markers", "linelist", (), "configure"),
    IniSpec("empty_parameter_set_mark", "string", "", "configure", until=_9_2),
    IniSpec("empty_parameter_set_mark", _choice("skip", "xfail", "fail_at_collect"), "skip", "configure", _9_2),
    IniSpec("cache_dir", "string", ".pytest_cache", "configure"),
    *_changed(
        "console_output_style",
        "progress",
        _choice("classic", "progress", "count", "times", "progress-even-when-capture-no"),
        "progress",
        "configure",
    ),
    *_changed("assertion_text_diff_style", "ndiff", _choice("ndiff", "block"), "ndiff", "configure", _9_1),
    *_changed("log_level", None, ("int", "string"), None, "configure"),
    *_changed("log_cli_level", None, ("int", "string"), None, "configure"),
    *_changed("log_file_level", None, ("int", "string"), None, "configure"),
    *_changed("log_file_mode", "w", _choice("w", "a"), "w", "configure", _8_1),
    *_changed("log_auto_indent", None, ("int", "bool", "string"), None, "configure"),
    IniSpec("log_format", "string", "", "configure"),
    IniSpec("log_date_format", "string", "", "configure"),
    IniSpec("log_cli", "bool", False, "configure"),
    IniSpec("log_cli_format", "string", None, "configure"),
    IniSpec("log_cli_date_format", "string", None, "configure"),
    IniSpec("log_file", "string", None, "configure"),
    IniSpec("log_file_format", "string", None, "configure"),
    IniSpec("log_file_date_format", "string", None, "configure"),
    *_changed("faulthandler_timeout", 0.0, ("float", "string"), 0.0, "configure"),
    IniSpec("faulthandler_exit_on_timeout", "bool", False, "later", _9_0),
    IniSpec("norecursedirs", "args", NORECURSEDIRS, "collection"),
    IniSpec("python_classes", "args", ("Test",), "collection"),
    IniSpec("python_functions", "args", ("test",), "collection"),
    IniSpec("collect_imported_tests", "bool", True, "collection", _8_4),
    IniSpec("usefixtures", "args", (), "collection"),
    IniSpec("enable_assertion_pass_hook", "bool", False, "collection"),
    IniSpec("doctest_encoding", "string", "utf-8", "collection"),
    IniSpec("doctest_optionflags", "args", ("ELLIPSIS",), "collection"),
    IniSpec("disable_test_id_escaping_and_forfeit_all_rights_to_community_support", "bool", False, "collection"),
    IniSpec(
        "parametrize_long_str_id_strategy",
        _choice("short", "sha256", "legacy", "disallow"),
        "short",
        "collection",
        _9_2,
    ),
    *_changed("max_warnings", "", ("int", "string"), None, "later", _9_1),
    *_changed("tmp_path_retention_count", "3", ("int", "string"), 3, "configure"),
    *_changed("tmp_path_retention_policy", "all", _choice("all", "failed", "none"), "all", "configure"),
    *_changed("verbosity_assertions", "auto", ("int", "=auto"), "auto", "later"),
    *_changed("verbosity_test_cases", "auto", ("int", "=auto"), "auto", "later", _8_1),
    *_changed("verbosity_subtests", "auto", ("int", "=auto"), "auto", "later", _9_0),
    *_changed("truncation_limit_lines", None, ("int", "string"), None, "later", _8_4),
    *_changed("truncation_limit_chars", None, ("int", "string"), None, "later", _8_4),
    IniSpec("junit_suite_name", "string", "pytest", "later"),
    *_changed("junit_logging", "no", _choice("no", "log", "system-out", "system-err", "out-err", "all"), "no", "later"),
    IniSpec("junit_log_passing_tests", "bool", True, "later"),
    *_changed("junit_duration_report", "total", _choice("total", "call"), "total", "later"),
    *_changed("junit_family", "xunit2", _choice("legacy", "xunit1", "xunit2"), "xunit2", "later"),
)

WELL_KNOWN_PLUGIN_SETTINGS = frozenset(
    (
        "anyio_mode asyncio_debug asyncio_default_fixture_loop_scope asyncio_default_test_loop_scope asyncio_mode "
        "base_url DJANGO_CONFIGURATION DJANGO_SETTINGS_MODULE FAIL_INVALID_TEMPLATE_VARS django_debug_mode "
        "django_find_project env env_files env_override_existing_values looponfailroots rsyncdirs rsyncignore "
        "mock_traceback_monkeypatch mock_use_standalone_module only_rerun reruns reruns_delay timeout "
        "timeout_func_only timeout_method qt_api qt_log_format qt_log_ignore qt_log_level_fail render_collapsed "
        "mypy_ini_file split_durations pytester_example_dir doctest_plus remote_data_strict bdd_features_base_dir "
        "trio_mode trio_run "
    ).split()
)
"""Settings of widely used plugins; used only where the environment was not asked which plugins it has."""


_OWNERS = {
    "doctest": ("doctest_",),
    "cacheprovider": ("cache_dir",),
    "junitxml": ("junit_",),
    "logging": ("log_",),
    "faulthandler": ("faulthandler_",),
}
"""Settings, by the beginning of their names, of those plugins of pytest's own that people block."""


def setting_specs(
    version: PytestVersion, registered: Sequence[IniOption] = (), blocked: frozenset[str] = frozenset()
) -> Mapping[str, IniSpec]:
    """The settings that this pytest knows, by name, without those of the plugins `blocked`.

    `registered` are those of plugins and conftests.
    """
    unknown = tuple(prefix for plugin, prefixes in _OWNERS.items() if plugin in blocked for prefix in prefixes)
    specs = {option.name: _registered_spec(option) for option in registered}
    specs.update({spec.name: spec for spec in _SPECS if spec.is_known(version)})
    return {name: spec for name, spec in specs.items() if not name.startswith(unknown)}


def _registered_spec(option: IniOption) -> IniSpec:
    return IniSpec(option.name, _tag(option.type), None, aliases=option.aliases)


def _tag(type_: str) -> str:
    known = ("args", "linelist", "paths", "bool", "int", "float")
    return type_ if type_ in known else "string"
