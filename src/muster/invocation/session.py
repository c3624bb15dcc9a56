"""What pytest asks for once it is started: in `pytest_configure`, while it collects, and when all is collected."""

from __future__ import annotations

from dataclasses import replace

from muster.invocation.arguments import (
    ArgumentRules,
    normalize_arguments,
    resolve_argument,
)
from muster.invocation.expressions import ExpressionRefused, parse_expression, refuse_unknown_markers
from muster.invocation.filters import FilterRefused, parse_warning_filter
from muster.invocation.plugins import (
    blocked_names,
)
from muster.invocation.refused import UNCAUGHT, Refused
from muster.invocation.settingtable import WELL_KNOWN_PLUGIN_SETTINGS
from muster.invocation.state import Resolution
from muster.model.invocation import Argument, Refusal


def configure(state: Resolution) -> None:
    """What `pytest_configure` asks for: markers, strictness, and values that plugins check."""
    for spec in state.specs.values():
        if spec.asked == "configure":
            state.values.get(spec)
    _check_log_levels(state)
    mark = str(state.value("empty_parameter_set_mark") or "skip")
    if state.version < (9, 2, 0) and mark not in ("skip", "xfail", "fail_at_collect"):
        raise Refused(
            f"empty_parameter_set_mark must be one of skip, xfail or fail_at_collect but it is {mark!r}",
            "empty_parameter_set_mark",
            state.settings["empty_parameter_set_mark"].location,
            when="configure",
        )
    state.invocation = replace(
        state.invocation,
        markers=state.texts("markers"),
        empty_parameter_set_mark=mark,
        strict_markers=_is_strict(state, "strict_markers"),
        strict_config=_is_strict(state, "strict_config"),
        strict_parametrization_ids=_is_strict(state, "strict_parametrization_ids"),
    )


def _check_log_levels(state: Resolution) -> None:
    if "logging" in blocked_names(state.invocation.plugins):
        return
    for name in ("log_level", "log_file_level", "log_cli_level"):
        level = state.parsed.options.get(name)
        level = state.value(name) if level is None else level
        if isinstance(level, str) and level and not _is_log_level(level.upper()):
            raise Refused(
                f"'{level.upper()}' is not recognized as a logging level name for '{name}'. "
                "Please consider passing the logging level num instead.",
                name,
                state.settings[name].location if name in state.settings else None,
                when="configure",
            )


def _is_strict(state: Resolution, name: str) -> bool:
    if state.version < (9, 0, 0):
        # Flags only; `--strict` was a deprecated spelling of `--strict-markers`.
        return state.parsed.flag(name) or (name == "strict_markers" and state.parsed.flag("strict"))
    # Unset, each follows `strict`.
    return state.flag("strict") if state.attempt(name) is None else state.flag(name)


def resolve_arguments(state: Resolution) -> None:
    """What collection begins with: its settings, and what each argument points to."""
    state.invocation = replace(
        state.invocation,
        norecursedirs=state.attempted_texts("norecursedirs"),
        python_files=state.attempted_texts("python_files"),
        python_classes=state.attempted_texts("python_classes"),
        python_functions=state.attempted_texts("python_functions"),
        collect_imported_tests=state.flag("collect_imported_tests")
        if "collect_imported_tests" in state.specs
        else True,
        doctest_encoding=str(state.attempt("doctest_encoding") or "utf-8"),
        escape_test_ids=not state.flag("disable_test_id_escaping_and_forfeit_all_rights_to_community_support"),
    )
    rules = ArgumentRules(
        state.version,
        state.request.cwd,
        state.invocation.pyargs,
        state.find_module,
        state.leading(),
        state.invocation.consider_namespace_packages,
    )
    arguments: list[Argument] = []
    for text in state.arguments:
        try:
            arguments.append(resolve_argument(state.tree, text, rules))
        except Refused as refused:
            # pytest stops at the first one; the good ones are kept for those who want to know more.
            state.refusals.append(state.located(refused.refusal))
    if state.version >= (9, 0, 0) and not state.invocation.keep_duplicates:
        state.invocation = replace(state.invocation, arguments=normalize_arguments(arguments))
    else:
        state.invocation = replace(state.invocation, arguments=tuple(arguments))


def check_at_end(state: Resolution) -> None:
    """What pytest looks at once everything is collected: expressions, and settings that nobody knows."""
    for option, text in (("-k", state.invocation.keyword), ("-m", state.invocation.markexpr)):
        try:
            if text:
                _check_expression(state, option, text)
        except ExpressionRefused as problem:
            state.refusals.append(Refusal(str(problem), option, state.location_of((option,)), when="end"))
            break
    _check_unknown_settings(state)


def _check_expression(state: Resolution, option: str, text: str) -> None:
    expression = parse_expression(text, option, state.version)
    strict = option == "-m" and state.invocation.strict_markers and state.version >= (9, 2, 0)
    if strict and not state.may_be_defined_elsewhere():
        added = state.additions.markers if state.additions else ()
        refuse_unknown_markers(expression, (*state.environment.markers, *state.invocation.markers, *added))


_CONFIG_WARNINGS = ("", "Warning", "UserWarning", "PytestWarning", "PytestConfigWarning")


def _check_unknown_settings(state: Resolution) -> None:
    known = {name for spec in state.specs.values() for name in (spec.name, *spec.aliases)}
    if not (state.environment.asked and state.environment.ini_options):
        known |= WELL_KNOWN_PLUGIN_SETTINGS
    unknown = sorted(
        name
        for name, value in state.settings.items()
        # Before 9.0 overrides were looked up by name and never listed.
        if name not in known and not (state.version < (9, 0, 0) and value.origin == "override")
    )
    if not unknown:
        return
    if state.may_be_defined_elsewhere():
        state.unmodelled.extend(f"{name}: a setting that no known plugin defines" for name in unknown)
    elif state.invocation.strict_config:
        where = state.settings[unknown[0]].location
        state.refusals.append(Refusal(f"Unknown config option: {unknown[0]}\n", unknown[0], where, when="end"))
    elif _raises_config_warnings(state):
        # `issue_config_time_warning` applies the configuration's own filters: the first one escapes as an exception.
        where = state.settings[unknown[0]].location
        text, kind = f"Unknown config option: {unknown[0]}\n", "PytestConfigWarning"
        state.refusals.append(Refusal(text, unknown[0], where, UNCAUGHT, when="end", type=kind))
    else:
        for name in unknown:
            state.warn(f"Unknown config option: {name}")


def _raises_config_warnings(state: Resolution) -> bool:
    """Whether the last of `filterwarnings` that holds for every configuration warning makes an error of it."""
    action = ""
    for text in state.invocation.filterwarnings:
        try:
            entry = parse_warning_filter(text, state.version)
        except FilterRefused:
            continue
        if not entry.message and not entry.module and entry.category.rpartition(".")[2] in _CONFIG_WARNINGS:
            action = entry.action
    return action == "error"


def _is_log_level(name: str) -> bool:
    """Whether `logging` has the level, or it is a number."""
    if name in ("CRITICAL", "DEBUG", "ERROR", "FATAL", "INFO", "NOTSET", "WARN", "WARNING"):
        return True
    try:
        int(name)
    except ValueError:
        return False
    return True
