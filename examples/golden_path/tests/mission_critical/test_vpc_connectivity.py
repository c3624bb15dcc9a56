"""The manifest that is deployed lets the service reach its database."""

from __future__ import annotations

from pathlib import Path

from infrastructure.vpc_connectivity_fix import check_connectivity, dependencies_in

MANIFEST = (Path(__file__).resolve().parents[2] / "deploy/service.yaml").read_text(encoding="utf-8")


def test_the_deployed_manifest_names_its_database() -> None:
    assert dependencies_in(MANIFEST) == {"CHAT_DATABASE_URL": "postgresql://chat@10.8.0.5:5432/chat"}


def test_the_deployed_manifest_reaches_its_dependencies() -> None:
    status = check_connectivity(MANIFEST, dependencies_in(MANIFEST), probe=False)
    assert status.issues == ()
    assert status.corrected == MANIFEST


def test_without_its_connector_the_database_is_out_of_reach() -> None:
    """The check above can fail: it sees the annotation go."""
    lines = [line for line in MANIFEST.splitlines(keepends=True) if "vpc-access-connector" not in line]
    status = check_connectivity("".join(lines), dependencies_in(MANIFEST), connector="chat-connector", probe=False)
    assert [issue.code for issue in status.issues] == ["M602"]
    assert "run.googleapis.com/vpc-access-connector: chat-connector" in status.corrected
