"""What `[tool.muster]` says: categories, budgets, services, severities, the invocation. Strict: nothing is ignored."""

from muster.settings.accepted import ACCEPTED_FILE, load_accepted, render_accepted
from muster.settings.load import load_settings
from muster.settings.schema import Category, HistorySettings, Service, Settings
from muster.settings.user import PushTarget, load_alert_targets, load_history_url, load_push_target
from muster.settings.variables import expand_url, secret_values

__all__ = [
    "ACCEPTED_FILE",
    "Category",
    "HistorySettings",
    "PushTarget",
    "Service",
    "Settings",
    "expand_url",
    "load_accepted",
    "load_alert_targets",
    "load_history_url",
    "load_push_target",
    "load_settings",
    "render_accepted",
    "secret_values",
]
