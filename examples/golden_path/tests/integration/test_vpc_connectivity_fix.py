"""Every fault that a manifest can have, the change that fixes it, and dependencies that are really asked."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from infrastructure.vpc_connectivity_fix import ManifestError, check_connectivity

PROJECT = Path(__file__).resolve().parents[2]
PRIVATE = {"database": "postgresql://10.8.0.5:5432/chat"}
CONNECTOR = "projects/acme/locations/europe-west1/connectors/chat"


def manifest(*revision: str, service: str = "") -> str:
    """A manifest with these annotations on the revision, and this one on the service."""
    on_service = f"  annotations:\n    {service}\n" if service else ""
    on_revision = "".join(f"        {line}\n" for line in revision)
    annotations = f"    metadata:\n      annotations:  # of the revision\n{on_revision}" if revision else ""
    return (
        "# The chat.\napiVersion: serving.knative.dev/v1\nkind: Service\nmetadata:\n  name: chat\n"
        "  labels:\n    cloud.googleapis.com/location: europe-west1\n"
        f"{on_service}spec:\n  template:\n{annotations}    spec:\n      containers:\n        - image: 'chat'  # quoted\n"
    )


@pytest.mark.parametrize(
    ("annotations", "message", "corrected"),
    [
        (
            [],
            "'database' (10.8.0.5): a private address, and the manifest names no way into the VPC",
            [f"run.googleapis.com/vpc-access-connector: {CONNECTOR}", "vpc-access-egress: private-ranges-only"],
        ),
        (
            ["run.googleapis.com/vpc-access-connector: Chat_Connector"],
            "'Chat_Connector' names no connector",
            [f"run.googleapis.com/vpc-access-connector: {CONNECTOR}"],
        ),
        (
            ["run.googleapis.com/vpc-access-connector: projects/acme/locations/us-east1/connectors/chat"],
            "the connector is in us-east1, the service in europe-west1",
            [f"run.googleapis.com/vpc-access-connector: {CONNECTOR}"],
        ),
        (
            ["run.googleapis.com/vpc-access-connector: chat", "run.googleapis.com/vpc-access-egress: all"],
            "'all' is no egress setting",
            ["vpc-access-egress: all-traffic"],
        ),
        (
            ["run.googleapis.com/vpc-access-connector: chat", "run.googleapis.com/vpc-access-egress: Private"],
            "'Private' is no egress setting",
            ["vpc-access-egress: private-ranges-only"],
        ),
    ],
    ids=["no-way-in", "name", "region", "all", "egress"],
)
def test_a_fault_is_named_and_the_change_that_fixes_it_is_made(
    annotations: list[str], message: str, corrected: list[str]
) -> None:
    text = manifest(*annotations)
    status = check_connectivity(text, PRIVATE, connector=CONNECTOR, probe=False)
    [issue] = status.issues
    assert issue.code == "M602"
    assert message in issue.message
    assert all(line in status.corrected for line in corrected)
    assert "# The chat." in status.corrected
    assert "- image: 'chat'  # quoted" in status.corrected
    assert check_connectivity(status.corrected, PRIVATE, probe=False).is_well
    assert all(str(change) in issue.fix for change in issue.changes)


def test_an_annotation_on_the_service_is_moved_to_the_revision() -> None:
    text = manifest(service="run.googleapis.com/vpc-access-connector: chat")
    status = check_connectivity(text, PRIVATE, probe=False)
    [issue] = status.issues
    assert "means nothing" in issue.message
    before, _, after = status.corrected.partition("template:")
    assert "vpc-access-connector" not in before
    assert "run.googleapis.com/vpc-access-connector: chat" in after
    assert check_connectivity(status.corrected, PRIVATE, probe=False).is_well


def test_a_connector_beside_direct_egress_is_taken_out() -> None:
    interfaces = """run.googleapis.com/network-interfaces: '[{"network": "default", "subnetwork": "chat"}]'"""
    text = manifest("run.googleapis.com/vpc-access-connector: chat", interfaces)
    status = check_connectivity(text, PRIVATE, probe=False)
    [issue] = status.issues
    assert "not both" in issue.message
    assert "vpc-access-connector" not in status.corrected
    assert interfaces in status.corrected


def test_an_egress_setting_without_a_way_in_is_taken_out() -> None:
    text = manifest("run.googleapis.com/vpc-access-egress: all-traffic", 'autoscaling.knative.dev/maxScale: "1"')
    status = check_connectivity(text, {"api": "https://api.example.com/"}, probe=False)
    [issue] = status.issues
    assert "means nothing without" in issue.message
    assert "vpc-access-egress" not in status.corrected
    assert 'autoscaling.knative.dev/maxScale: "1"' in status.corrected


@pytest.mark.parametrize("value", ["'['", "'[]'", "'{}'", "'[{}]'", "'[5]'", f"'{'[' * 9000}'"])
def test_network_interfaces_that_are_none_are_named(value: str) -> None:
    status = check_connectivity(manifest(f"run.googleapis.com/network-interfaces: {value}"), PRIVATE, probe=False)
    [issue] = status.issues
    assert issue.subject == "run.googleapis.com/network-interfaces"
    assert issue.changes == ()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql://localhost/chat", "the container itself"),
        ("redis://127.0.0.1:6379", "the container itself"),
        ("http://[::1]:80/", "the container itself"),
        ("postgresql://postgres:5432/chat", "only a compose network resolves"),
        ("redis://cache.internal:6379", "no way into the VPC"),
        ("redis://100.64.1.1:6379", "no way into the VPC"),
        ("redis://[fd00::1]:6379", "no way into the VPC"),
    ],
)
def test_an_address_that_cannot_be_reached_is_known_before_it_is_asked(url: str, message: str) -> None:
    status = check_connectivity(manifest(), {"it": url}, probe=False)
    [issue] = status.issues
    assert issue.code == "M602"
    assert message in issue.message
    assert status.corrected == status.manifest


def test_public_addresses_need_no_way_in() -> None:
    assert check_connectivity(manifest(), {"api": "https://api.example.com/"}, probe=False).is_well


def test_dependencies_are_really_asked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as up, socket.create_server(("127.0.0.1", 0)) as gone:
        urls = {name: f"tcp://127.0.0.1:{each.getsockname()[1]}" for name, each in (("up", up), ("down", gone))}
        gone.close()
        status = check_connectivity(manifest(), {**urls, "wrong": "gopher://10.0.0.1"})
    assert {each.name: each.is_up for each in status.dependencies} == {"down": False, "up": True, "wrong": False}
    unreachable = [issue for issue in status.issues if issue.code == "M601"]
    assert [issue.subject for issue in unreachable] == ["down"]
    assert "refused" in unreachable[0].message


def test_no_password_is_shown() -> None:
    status = check_connectivity(manifest(), {"database": "postgresql://chat:geheim@127.0.0.1:9/chat"})
    assert [issue.code for issue in status.issues] == ["M602", "M601"]
    assert "geheim" not in repr(status)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: [",
        "5",
        "kind: Service",
        "[" * 5000,
        "apiVersion: serving.knative.dev/v1\nkind: Service\n",
        "\t",
        "&a [*a]",
    ],
)
def test_what_is_no_manifest_is_refused(text: str) -> None:
    with pytest.raises(ManifestError):
        check_connectivity(text, PRIVATE, probe=False)


def test_the_command_writes_the_corrected_manifest(tmp_path: Path) -> None:
    path = tmp_path / "service.yaml"
    path.write_text(manifest(), encoding="utf-8")
    command = [sys.executable, str(PROJECT / "infrastructure/vpc_connectivity_fix.py"), str(path), "--no-probe"]
    command += ["--dependency", f"database={PRIVATE['database']}", "--connector", CONNECTOR]
    first, second = (
        subprocess.run([*command, "--write"], capture_output=True, text=True, timeout=60, check=False) for _ in range(2)
    )
    assert (first.returncode, second.returncode) == (1, 0), first.stderr + second.stderr
    assert f"+        run.googleapis.com/vpc-access-connector: {CONNECTOR}" in first.stdout
    assert second.stdout == "chat: no issues\n"
