"""What was pytest told? The start of a pytest session, step by step, with nothing imported."""

from __future__ import annotations

from dataclasses import replace

from muster.invocation.configfile import ConfigValue
from muster.invocation.refused import Refused
from muster.invocation.request import Additions, FindModule, Request
from muster.invocation.session import check_at_end, configure, resolve_arguments
from muster.invocation.startup import start_up
from muster.invocation.state import Resolution
from muster.model.environment import Environment
from muster.model.invocation import Invocation, Setting
from muster.ports import FileTree

_STAGES = ("start", "conftest", "configure", "collection", "collector", "end")


def resolve_invocation(
    tree: FileTree,
    environment: Environment,
    request: Request,
    *,
    find_module: FindModule | None = None,
    additions: Additions | None = None,
) -> Invocation:
    """The command as pytest resolves it. What pytest refuses is in `refusals`, in the order that it would be met.

    `find_module` answers for `--pyargs`, `-p` and warning categories; without it they are taken on trust. `additions`
    are the options and settings that the project's own conftests and plugins register; by default they are read from
    their source, and where that does not tell all, unknown options are tolerated and listed in `unmodelled`.
    """
    state = Resolution(tree, environment, request, find_module, additions)
    try:
        for step in (start_up, configure, resolve_arguments, check_at_end):
            step(state)
    except Refused as refused:
        state.refusals.append(state.located(refused.refusal))
    return replace(
        state.invocation,
        settings={name: _as_setting(name, value) for name, value in state.settings.items()},
        refusals=tuple(sorted(state.refusals, key=lambda refusal: _STAGES.index(refusal.when))),
        unmodelled=tuple(dict.fromkeys(state.unmodelled)),
    )


def _as_setting(name: str, configured: ConfigValue) -> Setting:
    value = configured.value
    if isinstance(value, list):
        return Setting(name, [str(item) for item in value], configured.location, configured.mode)
    if isinstance(value, str | bool | int | float):
        return Setting(name, value, configured.location, configured.mode)
    return Setting(name, str(value), configured.location, configured.mode)
