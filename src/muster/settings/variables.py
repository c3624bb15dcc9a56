"""`${NAME}` in the few settings that may hold it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from muster.errors import UsageError
from muster.model.endpoint import is_secret_name
from muster.settings.schema import Service

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", re.ASCII)


def expand_url(service: Service, environ: Mapping[str, str]) -> str:
    """The service's url with its variables filled in. Raises `UsageError` for one that is not set, or malformed."""
    for name in _VARIABLE.findall(service.url):
        if name not in environ:
            raise UsageError(
                f"{service.location}: the url of service '{service.name}' needs ${{{name}}}, which is not set"
            )
    if "${" in _VARIABLE.sub("", service.url):
        raise UsageError(f"{service.location}: the url of service '{service.name}' has a malformed ${{NAME}}")
    return _VARIABLE.sub(lambda match: environ[match[1]], service.url)


def secret_values(service: Service, environ: Mapping[str, str]) -> frozenset[str]:
    """Values in the service's url that are secret by the names of their variables, wherever in the url they stand."""
    values = {environ.get(name, "") for name in _VARIABLE.findall(service.url) if is_secret_name(name)}
    return frozenset(value for value in values if value and "://" not in value)
