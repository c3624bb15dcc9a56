"""What `[tool.muster]` says: categories, budgets, services, severities, the invocation. Strict: nothing is ignored."""

from muster.settings.accepted import ACCEPTED_FILE, load_accepted, render_accepted
from muster.settings.load import load_settings
from muster.settings.schema import Category, Service, Settings
from muster.settings.variables import expand_url, secret_values

__all__ = [
    "ACCEPTED_FILE",
    "Category",
    "Service",
    "Settings",
    "expand_url",
    "load_accepted",
    "load_settings",
    "render_accepted",
    "secret_values",
]
