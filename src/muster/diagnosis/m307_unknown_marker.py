"""M307: `pytest.mark.name` under strict markers, with a name that nobody registered."""

from __future__ import annotations

from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.pytest_plugins import MARKERS
from muster.diagnosis.roots import Root
from muster.index.near import nearest
from muster.model.cause import Evidence
from muster.model.collection import UnknownMarker


def explain(root: Root, case: Case) -> Finding | None:
    """The marker and the nearest registered one; the places are those that use it, however many files import them."""
    detail = root.detail
    if not isinstance(detail, UnknownMarker):
        return None
    registered = detail.registered or _registered(case)
    plugin = _absent_plugin(detail.name, case)
    near = () if plugin else nearest(detail.name, registered)
    inifile = case.invocation.inifile
    return Finding(
        "M307",
        detail.name,
        f"the marker '{detail.name}' is not registered, and markers are strict",
        ("marker", detail.name),
        case.place_of(root.first),
        evidence=(
            *([Evidence("plugin", f"{plugin} registers it, and is not installed")] if plugin else []),
            *([Evidence("nearest", f"the nearest registered marker is '{near[0]}'")] if near else []),
            Evidence("rule", "--strict-markers makes an unregistered marker an error where it is read", inifile or ""),
            *case.places_of(root, "use"),
        ),
        remedies=remedies(
            f"install {plugin}" if plugin else "",
            f"write '{near[0]}', if that is what was meant" if near else "",
            f"register it: add '{detail.name}: what it means' to markers in {case.show(inifile)}"
            if inifile
            else f"register it: add '{detail.name}: what it means' to markers in a configuration file",
        ),
    )


def _absent_plugin(marker: str, case: Case) -> str:
    """The distribution whose plugin registers `marker`, where it is not installed; "" where nothing is known."""
    plugin = MARKERS.get(marker, "")
    return "" if plugin in case.installed else plugin


def _registered(case: Case) -> tuple[str, ...]:
    lines = (*case.invocation.markers, *case.environment.markers)
    return tuple(line.partition(":")[0].partition("(")[0].strip() for line in lines)
