"""What `[tool.muster]` says: categories, budgets, services, severities, the invocation. Strict: nothing is ignored."""

from muster.settings.load import load_settings
from muster.settings.schema import Category, Service, Settings
from muster.settings.variables import expand_url, secret_values

__all__ = ["Category", "Service", "Settings", "expand_url", "load_settings", "secret_values"]
