"""The script of `templates/muster.gitlab-ci.yml`, run as a GitLab runner runs it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from ruamel.yaml import YAML
from tests.integrations.conftest import BROKEN, ROOT, clean_environment, write

TEMPLATE = ROOT / "templates/muster.gitlab-ci.yml"
JOB: dict[str, Any] = YAML(typ="safe").load(TEMPLATE.read_text(encoding="utf-8"))["muster"]


def test_every_variable_is_documented() -> None:
    page = (ROOT / "docs/how-to/check-in-ci.md").read_text(encoding="utf-8")
    assert [name for name in JOB["variables"] if name.startswith("MUSTER_") and f"`{name}`" not in page] == []


def test_a_broken_file_fails_the_job_and_leaves_its_reports(tmp_path: Path, wheel: Path) -> None:
    project = write(tmp_path / "project", BROKEN)
    environ = {
        **clean_environment(tmp_path),
        **{name: str(value) for name, value in JOB["variables"].items()},
        "MUSTER_INSTALL": str(wheel),
        "MUSTER_OPTIONS": "--no-cache -v",
        "TMPDIR": str(tmp_path),
        "CI": "true",
        "GITLAB_CI": "true",
        "CI_COMMIT_BEFORE_SHA": "0" * 40,
    }
    script = "\n".join(JOB["script"])  # a runner joins the entries: variables of the first are there in the second
    done = subprocess.run(
        ["sh", "-c", script], cwd=project, env=environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    (entry,) = json.loads((project / JOB["artifacts"]["reports"]["codequality"]).read_text())
    assert entry["location"] == {"path": "tests/test_gone.py", "lines": {"begin": 1}}
    assert entry["severity"] == "critical"
    (case,) = ElementTree.parse(project / JOB["artifacts"]["reports"]["junit"]).iter("testcase")
    assert case.get("file") == "tests/test_gone.py"
    assert (project / JOB["artifacts"]["paths"][0] / "muster.html").is_file()
