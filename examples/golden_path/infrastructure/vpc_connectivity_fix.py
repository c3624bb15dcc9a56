"""Why a Cloud Run service cannot reach its dependencies, and the change to its manifest that lets it.

    python infrastructure/vpc_connectivity_fix.py deploy/service.yaml \\
        --dependency database=postgresql://10.8.0.5:5432/chat [--connector NAME] [--write]

Reads the manifest and asks each dependency; it never talks to a cloud. What it knows of the annotations:

- `run.googleapis.com/vpc-access-connector` names a connector, in short or as `projects/P/locations/R/connectors/C`;
- `run.googleapis.com/vpc-access-egress` says what goes through it: `private-ranges-only` (default) or `all-traffic`;
- `run.googleapis.com/network-interfaces` is direct VPC egress, a JSON list, and excludes a connector;
- all three count on the revision (`spec.template.metadata`), and mean nothing on the service.
"""

from __future__ import annotations

import argparse
import difflib
import io
import ipaddress
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

if TYPE_CHECKING:
    from muster.api import ServiceStatus

CONNECTOR = "run.googleapis.com/vpc-access-connector"
EGRESS = "run.googleapis.com/vpc-access-egress"
INTERFACES = "run.googleapis.com/network-interfaces"
VPC_ANNOTATIONS = (CONNECTOR, EGRESS, INTERFACES)
LOCATION_LABEL = "cloud.googleapis.com/location"
EGRESS_SETTINGS = ("private-ranges-only", "all-traffic")

SERVICE_PLACE = ("metadata", "annotations")
REVISION_PLACE = ("spec", "template", "metadata", "annotations")

CONNECTOR_NAME = re.compile(r"[a-z][-a-z0-9]{0,23}[a-z0-9]")
CONNECTOR_PATH = re.compile(r"projects/[^/]+/locations/(?P<region>[^/]+)/connectors/(?P<name>[^/]+)")
# What goes through the VPC under `private-ranges-only`, beyond what `ipaddress` calls private.
SHARED_RANGE = ipaddress.ip_network("100.64.0.0/10")
PRIVATE_SUFFIXES = (".internal", ".local")
LIST_BELOW_KEY = re.compile(r"^(?P<key> *)[^\s#-][^\n]*:[ ]*\n(?P<dash> *)- ", re.MULTILINE)


class ManifestError(Exception):
    """A manifest that cannot be read as one Cloud Run or Knative service."""


@dataclass(frozen=True, slots=True)
class Change:
    """One edit of the manifest: the annotation at `place` becomes `after`; None means that it is not there."""

    place: tuple[str, ...]
    annotation: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        where = f"{'.'.join(self.place)}[{self.annotation}]"
        if self.after is None:
            return f"remove {where}"
        return f"set {where} to {self.after!r}" + ("" if self.before is None else f" instead of {self.before!r}")


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong: `M602` in the manifest or an address, `M601` where a dependency does not answer."""

    code: str
    subject: str
    message: str
    fix: str
    changes: tuple[Change, ...] = ()

    def __str__(self) -> str:
        return f"{self.code}  {self.subject}: {self.message}\n      fix  {self.fix}"


@dataclass(frozen=True, slots=True)
class ConnectivityStatus:
    """Everything that was found, how each dependency answered from here, and the manifest as it should be."""

    service: str
    issues: tuple[Issue, ...]
    dependencies: tuple[ServiceStatus, ...]
    manifest: str
    corrected: str

    @property
    def is_well(self) -> bool:
        return not self.issues

    @property
    def diff(self) -> str:
        """The correction as a unified diff; nothing where there is nothing to correct."""
        before, after = self.manifest.splitlines(keepends=True), self.corrected.splitlines(keepends=True)
        return "".join(difflib.unified_diff(before, after, "service.yaml", "service.yaml (corrected)"))


def check_connectivity(
    manifest: str, dependencies: Mapping[str, str], *, connector: str | None = None, probe: bool = True
) -> ConnectivityStatus:
    """What keeps the service of `manifest` from its `dependencies` (name to URL), and what would put it right.

    `connector` is the one to write where the manifest names none that can be used. Without `probe` nothing is asked and
    only the manifest is read. Raises `ManifestError`.
    """
    service = _find_service(_parse(manifest))
    network, issues = _check_annotations(service, connector)
    issues += _check_addresses(network, dependencies, connector)
    corrected = _correct(manifest, [change for issue in issues for change in issue.changes])
    answers = _ask(dependencies) if probe else []
    issues += [issue for answer in answers if (issue := _unreachable(answer)) is not None]
    return ConnectivityStatus(str(service["metadata"]["name"]), tuple(issues), tuple(answers), manifest, corrected)


def dependencies_in(manifest: str) -> dict[str, str]:
    """The URLs that the containers' environment holds, by variable."""
    template = _mapping(_mapping(_find_service(_parse(manifest)), "spec"), "template")
    containers = _mapping(template, "spec").get("containers")
    variables = [
        variable
        for container in (containers if isinstance(containers, list) else [])
        if isinstance(container, dict) and isinstance(container.get("env"), list)
        for variable in container["env"]
        if isinstance(variable, dict)
    ]
    return {
        str(variable.get("name")): value
        for variable in variables
        if isinstance(value := variable.get("value"), str) and "://" in value
    }


@dataclass(frozen=True, slots=True)
class _Network:
    """How the service reaches its VPC, once every misplaced annotation is where it counts."""

    region: str
    has_way_in: bool
    egress: str | None


def _check_annotations(service: dict[str, Any], connector: str | None) -> tuple[_Network, list[Issue]]:
    issues, values = _check_places(service)
    region = str(_mapping(_mapping(service, "metadata"), "labels").get(LOCATION_LABEL, ""))
    if CONNECTOR in values and INTERFACES in values:
        issues.append(
            _issue(
                CONNECTOR,
                "a revision takes a connector or direct VPC egress, not both",
                Change(REVISION_PLACE, CONNECTOR, values[CONNECTOR], None),
            )
        )
    elif CONNECTOR in values and (reason := _connector_fault(values[CONNECTOR], region)):
        issues.append(_replace_connector(values[CONNECTOR], reason, connector))
    if INTERFACES in values and (reason := _interfaces_fault(values[INTERFACES])):
        issues.append(Issue("M602", INTERFACES, reason, 'write [{"network": NETWORK, "subnetwork": SUBNETWORK}]'))
    if EGRESS in values and values[EGRESS] not in EGRESS_SETTINGS:
        meant = "all-traffic" if values[EGRESS].lower().startswith("all") else "private-ranges-only"
        said = f"{values[EGRESS]!r} is no egress setting; there are {' and '.join(EGRESS_SETTINGS)}"
        issues.append(_issue(EGRESS, said, Change(REVISION_PLACE, EGRESS, values[EGRESS], meant)))
    has_way_in = CONNECTOR in values or INTERFACES in values
    return _Network(region, has_way_in, values.get(EGRESS)), issues


def _check_places(service: dict[str, Any]) -> tuple[list[Issue], dict[str, str]]:
    """The annotations that stand on the service, where they mean nothing; the values once they are moved."""
    on_service, on_revision = (_annotations(service, place) for place in (SERVICE_PLACE, REVISION_PLACE))
    issues, values = [], dict(on_revision)
    for name, value in on_service.items():
        moved = [Change(SERVICE_PLACE, name, value, None)]
        if name not in on_revision:
            moved.append(Change(REVISION_PLACE, name, None, value))
            values[name] = value
        said = "it stands on the service, where it means nothing: a revision reads its own metadata"
        issues.append(_issue(name, said, *moved))
    return issues, values


def _check_addresses(network: _Network, dependencies: Mapping[str, str], connector: str | None) -> list[Issue]:
    """What the addresses of the dependencies say before any is asked."""
    issues = []
    private = []
    for name, url in sorted(dependencies.items()):
        host = _host(url)
        match _reach(host):
            case "itself":
                said = f"{host!r} is the container itself, and nothing else runs in it"
                issues.append(Issue("M602", name, said, "give the address that it has in the VPC"))
            case "compose":
                said = f"{host!r} is one bare name, which only a compose network resolves"
                issues.append(Issue("M602", name, said, "give its IP address or its full name in a private zone"))
            case "private":
                private.append(f"{name!r} ({host})")
    if private and not network.has_way_in:
        issues.append(_open_way_in(", ".join(private), network, connector))
    if network.egress is not None and not network.has_way_in and not private:
        said = "it means nothing without a connector or network interfaces"
        issues.append(_issue(EGRESS, said, Change(REVISION_PLACE, EGRESS, network.egress, None)))
    return issues


def _open_way_in(private: str, network: _Network, connector: str | None) -> Issue:
    said = f"{private}: a private address, and the manifest names no way into the VPC"
    if connector is None:
        fix = f"set {'.'.join(REVISION_PLACE)}[{CONNECTOR}] to your connector (give its name, and it is written)"
        return Issue("M602", CONNECTOR, said, fix)
    if reason := _connector_fault(connector, network.region):
        return Issue("M602", CONNECTOR, said, f"name a connector that can be used: {reason}")
    changes = [Change(REVISION_PLACE, CONNECTOR, None, connector)]
    if network.egress is None:
        changes.append(Change(REVISION_PLACE, EGRESS, None, EGRESS_SETTINGS[0]))
    return _issue(CONNECTOR, said, *changes)


def _connector_fault(value: str, region: str) -> str:
    """Why `value` names no connector that this service can use, or nothing."""
    path = CONNECTOR_PATH.fullmatch(value)
    if not CONNECTOR_NAME.fullmatch(path["name"] if path else value):
        return f"{value!r} names no connector: a lowercase name of 2 to 25 characters, or projects/P/locations/R/connectors/C"
    if path and region and path["region"] != region:
        return f"the connector is in {path['region']}, the service in {region}: both must be in one region"
    return ""


def _replace_connector(value: str, reason: str, connector: str | None) -> Issue:
    if connector is None or connector == value:
        return Issue("M602", CONNECTOR, reason, "name a connector of the service's own region")
    return _issue(CONNECTOR, reason, Change(REVISION_PLACE, CONNECTOR, value, connector))


def _interfaces_fault(value: str) -> str:
    try:
        interfaces = json.loads(value)
    except (ValueError, RecursionError):
        return "its value is not JSON"
    if not isinstance(interfaces, list) or len(interfaces) != 1 or not isinstance(interfaces[0], dict):
        return "its value must be a list of one network interface"
    if not {"network", "subnetwork"} & set(interfaces[0]):
        return "the interface names neither a network nor a subnetwork"
    return ""


def _reach(host: str) -> Literal["itself", "compose", "private", "public"]:
    """What it takes to reach `host` from a container on Cloud Run."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = host.lower().rstrip(".")
        if name == "localhost" or name.endswith(".localhost"):
            return "itself"
        if "." not in name:
            return "compose"
        return "private" if name.endswith(PRIVATE_SUFFIXES) else "public"
    if address.is_loopback or address.is_unspecified:
        return "itself"
    return "private" if address.is_private or (address.version == 4 and address in SHARED_RANGE) else "public"


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _ask(dependencies: Mapping[str, str]) -> list[ServiceStatus]:
    """How each dependency answers; what is no URL of a service is a status too."""
    # Loaded by who asks: reading a manifest, or collecting a test that imports this module, should not wait for it.
    from muster.api import ServiceStatus, probe_service
    from muster.errors import UsageError

    answers = []
    for name, url in sorted(dependencies.items()):
        try:
            answers.append(probe_service(url, name=name))
        except UsageError as error:
            answers.append(ServiceStatus(name=name, state="down", message=str(error), code="M602", failure="url"))
    return answers


def _unreachable(answer: ServiceStatus) -> Issue | None:
    if answer.is_up:
        return None
    if answer.code == "M602":
        return Issue("M602", answer.name, answer.message, "correct its URL")
    fix = "start it, or run this where its address can be reached: on a machine in the VPC, or over a VPN"
    return Issue(answer.code, answer.name, answer.message, fix)


def _issue(subject: str, message: str, *changes: Change) -> Issue:
    return Issue("M602", subject, message, ", then ".join(map(str, changes)), changes)


def _correct(manifest: str, changes: Sequence[Change]) -> str:
    """`manifest` with `changes` made, in order; all else, comments among it, stays as it is."""
    if not changes:
        return manifest
    documents = _parse(manifest)
    service = _find_service(documents)
    for change in changes:
        target = service
        for key in change.place:
            if not isinstance(target.get(key), dict):
                target[key] = {}
            target = target[key]
        if change.after is None:
            target.pop(change.annotation, None)
        else:
            target[change.annotation] = change.after
    text = io.StringIO()
    _yaml(manifest).dump_all(documents, text)
    return text.getvalue()


def _parse(manifest: str) -> list[Any]:
    try:
        return list(_yaml(manifest).load_all(manifest))
    # The parser of deeply nested flow collections recurses.
    except (YAMLError, ValueError, RecursionError) as error:
        raise ManifestError(f"the manifest is not YAML: {' '.join(str(error).split())}") from None


def _yaml(manifest: str) -> YAML:
    """A reader and writer that keeps comments, quotes and order, and indents lists as `manifest` does."""
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.explicit_start = manifest.startswith("---")
    if listed := LIST_BELOW_KEY.search(manifest):
        offset = max(0, len(listed["dash"]) - len(listed["key"]))
        yaml.indent(mapping=2, sequence=offset + 2, offset=offset)
    return yaml


def _find_service(documents: Sequence[Any]) -> dict[str, Any]:
    services = [each for each in documents if isinstance(each, dict) and each.get("kind") == "Service"]
    serving = [each for each in services if str(each.get("apiVersion", "")).startswith("serving.knative.dev/")]
    if len(serving) != 1:
        raise ManifestError(f"the manifest must hold one Service of serving.knative.dev, and holds {len(serving)}")
    if not _mapping(serving[0], "metadata").get("name"):
        raise ManifestError("the service has no metadata.name")
    return serving[0]


def _annotations(service: dict[str, Any], place: tuple[str, ...]) -> dict[str, str]:
    """The annotations at `place` that have to do with the VPC."""
    found = service
    for key in place:
        found = _mapping(found, key)
    return {name: str(found[name]) for name in VPC_ANNOTATIONS if name in found}


def _mapping(parent: dict[str, Any], key: str) -> dict[str, Any]:
    value = parent.get(key)
    return value if isinstance(value, dict) else {}


def main(arguments: list[str] | None = None) -> int:
    """Report, and correct where asked to; returns 1 where something is wrong, 2 where the manifest cannot be read."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--dependency", action="append", default=[], metavar="NAME=URL", help="default: its variables")
    parser.add_argument("--connector", help="the connector to write where the manifest names none that can be used")
    parser.add_argument("--no-probe", action="store_true", help="ask no dependency")
    parser.add_argument("--write", action="store_true", help="write the corrected manifest")
    options = parser.parse_args(arguments)
    try:
        manifest = options.manifest.read_text(encoding="utf-8")
        given = dict(_split(parser, pair) for pair in options.dependency) or dependencies_in(manifest)
        status = check_connectivity(manifest, given, connector=options.connector, probe=not options.no_probe)
    except (ManifestError, OSError, UnicodeDecodeError) as error:
        print(f"{options.manifest}: {error}", file=sys.stderr)
        return 2
    print(render(status))
    if options.write and status.corrected != manifest:
        options.manifest.write_text(status.corrected, encoding="utf-8")
        print(f"written: {options.manifest}")
    return 0 if status.is_well else 1


def render(status: ConnectivityStatus) -> str:
    """The status as a report."""
    lines = [f"{status.service}: {len(status.issues) or 'no'} issue{'' if len(status.issues) == 1 else 's'}"]
    lines += map(str, status.issues)
    lines += [f"well  {answer}" for answer in status.dependencies if answer.is_up]
    return "\n".join([*lines, status.diff]).rstrip()


def _split(parser: argparse.ArgumentParser, pair: str) -> tuple[str, str]:
    name, equals, url = pair.partition("=")
    if not name or not equals:
        parser.error(f"--dependency takes NAME=URL, not {pair!r}")
    return name, url


if __name__ == "__main__":
    sys.exit(main())
