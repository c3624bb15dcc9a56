"""The exceptions that pytest's own collectors raise, as simulated ones."""

from __future__ import annotations

from muster.execution.raised import Raised
from muster.model.collection import FailureDetail, Frame, OtherFailure

_BASES = {
    "Failed": ("Failed", "OutcomeException", "BaseException", "object"),
    "CollectError": ("CollectError", "Exception", "BaseException", "object"),
    "UsageError": ("UsageError", "Exception", "BaseException", "object"),
    "PluginValidationError": ("PluginValidationError", "Exception", "BaseException", "object"),
    "Skipped": ("Skipped", "OutcomeException", "BaseException", "object"),
    "UnicodeDecodeError": ("UnicodeDecodeError", "UnicodeError", "ValueError", "Exception", "BaseException", "object"),
    "TypeError": ("TypeError", "Exception", "BaseException", "object"),
    "ValueError": ("ValueError", "Exception", "BaseException", "object"),
}


def failed(message: str, kind: str, path: str = "", line: int = 0) -> Raised:
    """`pytest.fail(message, pytrace=False)`, with the place in the project that led to it as its frame."""
    return _raised("Failed", message, OtherFailure(kind), path, line)


def collect_error(message: str, kind: str, path: str = "", line: int = 0) -> Raised:
    """`nodes.Collector.CollectError(message)`."""
    return _raised("CollectError", message, OtherFailure(kind), path, line)


def skipped(message: str) -> Raised:
    """`pytest.skip(message)` by a collector."""
    return _raised("Skipped", message, OtherFailure("skip"), "", 0)


def usage_error(message: str) -> Raised:
    """`UsageError(message)`, which ends pytest with exit code 4."""
    return _raised("UsageError", message, OtherFailure("usage"), "", 0)


def refused_plugin(message: str, path: str, line: int) -> Raised:
    """pluggy's `PluginValidationError`."""
    return _raised("PluginValidationError", message, OtherFailure("hook"), path, line)


def warning_error(type_name: str, message: str, bases: tuple[str, ...], path: str, line: int) -> Raised:
    """A warning that is an error."""
    raised = Raised(type_name, message, (*bases, "Exception", "BaseException", "object"), OtherFailure("warning"))
    raised.frames.append(Frame(path, line))
    return raised


def import_failure(type_name: str, message: str, cause: Raised) -> Raised:
    """The exception that pytest makes of a plugin's own, with the place and detail of that one."""
    raised = Raised(
        type_name, message, (type_name, "ImportError", "Exception", "BaseException", "object"), cause.detail
    )
    raised.frames = list(cause.frames)
    raised.confidence = cause.confidence
    return raised


def builtin(type_name: str, message: str, kind: str, path: str = "", line: int = 0) -> Raised:
    """A built-in exception that pytest's collectors let escape."""
    return _raised(type_name, message, OtherFailure(kind), path, line)


def _raised(type_name: str, message: str, detail: FailureDetail, path: str, line: int) -> Raised:
    raised = Raised(type_name, message, _BASES[type_name], detail)
    if path:
        raised.frames.append(Frame(path, line))
    return raised
