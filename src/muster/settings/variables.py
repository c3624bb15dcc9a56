"""`${NAME}` in the few settings that may hold it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from muster.errors import UsageError
from muster.model.endpoint import is_secret_name
from muster.settings.schema import Service

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", re.ASCII)


def expand_url(service: Service, environ: Mapping[str, str]) -> str:
    """The service's url with its variables filled in. Raises `UsageError` for one that is not set, or malformed."""
    subject = f"{service.location}: the url of service '{service.name}'"
    return expand(service.url, environ, lambda wrong: UsageError(f"{subject} {wrong}"))


def expand(text: str, environ: Mapping[str, str], error: Callable[[str], UsageError]) -> str:
    """`text` with its variables filled in. Raises `error` of what is wrong where one is not set, or malformed."""
    for name in VARIABLE.findall(text):
        if name not in environ:
            raise error(f"needs ${{{name}}}, which is not set")
    if "${" in VARIABLE.sub("", text):
        raise error("has a malformed ${NAME}")
    return VARIABLE.sub(lambda match: environ[match[1]], text)


def secret_values(service: Service, environ: Mapping[str, str]) -> frozenset[str]:
    """Values in the service's url that are secret by the names of their variables, wherever in the url they stand."""
    values = {environ.get(name, "") for name in VARIABLE.findall(service.url) if is_secret_name(name)}
    return frozenset(value for value in values if value and "://" not in value)
