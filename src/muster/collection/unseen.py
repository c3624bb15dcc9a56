"""Plugins whose hooks cannot be seen: text that is not known was executed in their namespaces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from muster.collection.hooks import Plugin
from muster.collection.nodeids import relative_path
from muster.collection.nodes import Node
from muster.collection.walk import Walk
from muster.execution.raised import Raised
from muster.model.collection import (
    CollectorReport,
    Confidence,
    FileMismatch,
    Loss,
    ModuleMissing,
    NameMissing,
    Outcome,
    SyntaxFailure,
)

_OF_THE_FILES = (ModuleMissing, NameMissing, SyntaxFailure, FileMismatch)
"""Failures that rest on files alone; what hooks put into modules and classes hardly changes them."""


def note_unseen_hooks(walk: Walk) -> None:
    """Say of each such plugin that what it governs is undecided."""
    for plugin in walk.plugins.registered:
        if plugin.module.executed_at:
            path = plugin.module.file or plugin.name
            walk.undecided(walk.relative(path), path, _reason(plugin))


def report_doubtful(walk: Walk, node: Node, raised: Raised) -> bool:
    """Whether such a plugin may keep the failure of `node` from happening: it is then reported as undecided.

    What the plugin's hooks may have set, replaced or wrapped is the state that most exceptions rest on; those that rest
    on files alone are only less certain.
    """
    plugin = _unseen(walk, node.path)
    if plugin is None:
        return False
    if isinstance(raised.detail, _OF_THE_FILES):
        raised.confidence = max(raised.confidence, Confidence.LIKELY, key=_ORDER.index)
        return False
    if not walk.lenient:
        reason = f"{_reason(plugin)}: '{raised.type_name}: {raised.message}' may not be what happens"
        walk.reports.append(CollectorReport(node.nodeid, node.path, Outcome.UNDECIDED, raised.describe(), reason))
    return True


def sure_losses(walk: Walk, losses: Iterable[Loss]) -> Iterator[Loss]:
    """Those losses that such a plugin cannot make good: it may collect what no pattern matches, and unwrap what is wrapped."""
    for loss in losses:
        if loss.kind not in _OF_THE_RULES or _unseen(walk, loss.culprit.path) is None:
            yield loss


_OF_THE_RULES = ("M401", "M403", "M408")
_ORDER = (Confidence.CERTAIN, Confidence.LIKELY, Confidence.UNDECIDED)


def _unseen(walk: Walk, path: str) -> Plugin | None:
    """The plugin with hooks unseen that governs `path`."""
    for plugin in walk.plugins.registered:
        if plugin.module.executed_at and (plugin.folder is None or relative_path(path, plugin.folder) is not None):
            return plugin
    return None


def _reason(plugin: Plugin) -> str:
    return f"line {plugin.module.executed_at} executes text that is not known, which may define hooks"
