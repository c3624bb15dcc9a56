"""Where the categories stand, in Prometheus' text format (version 0.0.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from muster.model.memory import RecordedService, Standing
from muster.render.escape import escape_text

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"'})

Labels = tuple[tuple[str, str], ...]


def render_prometheus(standings: Sequence[Standing], services: Mapping[str, Sequence[RecordedService]]) -> str:
    """The metrics of `standings`; `services` are those that each project's records saw last.

    A category that was never measured has no seconds: nothing is said that was not seen. Names are shown as everywhere, on one line
    and without what cannot be seen.
    """
    latest = [(_labels(each), each.latest) for each in standings]
    measured = [(_labels(each), each.measured.observed_s) for each in standings if each.measured]
    up = {
        (("project", project), ("service", service.name)): float(service.state == "up")
        for project, seen in services.items()
        for service in seen
        if service.state != "skipped"
    }
    metrics = (
        (
            "muster_collection_duration_seconds",
            "What real pytest needed to collect, as a whole process, when it was last measured.",
            [(labels, seconds) for labels, seconds in measured if seconds is not None],
        ),
        (
            "muster_collection_failures",
            "Files that cannot be collected.",
            [(at, now.files_blocked) for at, now in latest],
        ),
        ("muster_tests_collected", "Tests that are collected.", [(at, now.tests) for at, now in latest]),
        ("muster_tests_blocked", "Tests that cannot be collected.", [(at, now.blocked_tests) for at, now in latest]),
        (
            "muster_dependencies_missing",
            "Modules that no installed distribution provides.",
            [(at, now.missing) for at, now in latest],
        ),
        ("muster_service_up", "Whether a service answered when it was last asked.", list(up.items())),
    )
    return "".join(line for name, says, samples in metrics for line in _metric(name, says, samples))


def _metric(name: str, says: str, samples: Iterable[tuple[Labels, float]]) -> Iterable[str]:
    yield f"# HELP {name} {says}\n# TYPE {name} gauge\n"
    for labels, value in dict(samples).items():
        shown = ",".join(f'{label}="{escape_text(text).translate(_ESCAPES)}"' for label, text in labels)
        yield f"{name}{{{shown}}} {value:g}\n" if isinstance(value, float) else f"{name}{{{shown}}} {value}\n"


def _labels(standing: Standing) -> Labels:
    return (("project", standing.project), ("category", standing.category))
