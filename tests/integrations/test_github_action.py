"""The steps of `action.yml`, run as a runner runs them: its variables, its shell, its reading of commands."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from ruamel.yaml import YAML
from tests.integrations.conftest import BROKEN, HOSTILE, LOSING, ROOT, SOUND, clean_environment, write

ACTION: dict[str, Any] = YAML(typ="safe").load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = {step["id"]: step for step in ACTION["runs"]["steps"]}
EXPRESSION = re.compile(r"\$\{\{ *(.*?) *\}\}")
SHELL = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
"""What `shell: bash` means (GitHub, workflow syntax)."""


@dataclass
class Job:
    """A job on a runner: its project, its contexts by name, and what its steps have said."""

    folder: Path
    project: Path
    contexts: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    log: str = ""
    action: Path = ROOT

    @property
    def temp(self) -> Path:
        return self.folder / "temp"

    def run(self, step: str) -> int:
        """Run one step and take its outputs; returns the exit code."""
        script = self.folder / f"{step}.sh"
        script.write_text(STEPS[step]["run"])
        output, summary = self.folder / f"{step}.output", self.folder / "summary.md"
        output.touch()
        environ = {
            **clean_environment(self.folder),
            **self.variables,
            **{name: self.evaluate(str(value)) for name, value in STEPS[step]["env"].items()},
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(self.action),
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(summary),
        }
        place = self.project / self.evaluate(STEPS[step].get("working-directory", "."))
        done = subprocess.run(
            [*SHELL, str(script)], cwd=place, env=environ, capture_output=True, text=True, timeout=120, check=False
        )
        self.log += done.stdout + done.stderr
        for line in output.read_text().splitlines():
            name, _, value = line.partition("=")
            self.contexts[f"steps.{step}.outputs.{name}"] = value
        return done.returncode

    def evaluate(self, text: str) -> str:
        """`text` with its expressions; a property that an event does not have is empty, an unknown context an error."""
        return EXPRESSION.sub(lambda found: self._value(found[1]), text)

    def _value(self, name: str) -> str:
        if name.startswith("github.event."):
            return self.contexts.get(name, "")
        return self.contexts[name]

    @property
    def summary(self) -> str:
        return (self.folder / "summary.md").read_text()


def job(folder: Path, files: Mapping[str, str], **inputs: str) -> Job:
    """A job with `files` checked out and Muster installed."""
    project = write(folder / "project", files)
    made = Job(folder, project)
    for name, described in ACTION["inputs"].items():
        value = inputs.get(name.replace("-", "_"), str(described["default"]))
        made.contexts[f"inputs.{name}"] = made.evaluate(value)
    made.contexts["steps.base.outputs.base"] = ""
    return made


def installed(made: Job, wheel: Path) -> Job:
    """`made` with the command in its place, without the cost of making an environment."""
    import zipfile

    program = made.temp / "muster/bin/muster"
    program.parent.mkdir(parents=True)
    with zipfile.ZipFile(wheel) as archive:
        program.write_bytes(archive.read("pytest_muster-0.data/scripts/muster"))
    program.chmod(0o755)
    return made


def commands(log: str) -> list[tuple[str, str, str]]:
    """The workflow commands that a runner obeys: name, properties, message (ActionCommandManager, TryProcessCommand)."""
    obeyed, token = [], ""
    for line in log.splitlines():
        found = re.match(r"\s*::([\w-]+)(?: (.*?))?::(.*)", line) or re.search(r"##\[([\w-]+)(?: (.*?))?\](.*)", line)
        if not found:
            continue
        if token:
            token = "" if found[1] == token else token
        elif found[1] == "stop-commands":
            token = found[3]
        else:
            obeyed.append((found[1], found[2] or "", found[3]))
    assert not token
    return obeyed


def test_no_script_holds_an_expression() -> None:
    """What an expression expands to would be code there: names of branches, files, inputs."""
    assert [name for name, step in STEPS.items() if "${{" in step["run"]] == []


def test_every_expression_is_known() -> None:
    expressions = set(EXPRESSION.findall((ROOT / "action.yml").read_text(encoding="utf-8")))
    inputs = {f"inputs.{name}" for name in ACTION["inputs"]}
    known = {"steps.base.outputs.base"}
    events = {"pull_request.base.sha", "merge_group.base_sha", "before"}
    outputs = {f"steps.check.outputs.{name}" for name in ACTION["outputs"]}
    assert expressions == inputs | known | outputs | {f"github.event.{name}" for name in events}


def test_every_input_and_output_is_documented() -> None:
    page = (ROOT / "docs/how-to/check-in-ci.md").read_text(encoding="utf-8")
    assert [name for name in (*ACTION["inputs"], *ACTION["outputs"]) if f"`{name}`" not in page] == []


@pytest.mark.parametrize("named", [True, False])
def test_it_installs_muster_beside_the_project(tmp_path: Path, wheel: Path, named: bool) -> None:
    """What is named, else the action's own checkout; here both are a wheel."""
    made = job(tmp_path, SOUND, install=str(wheel) if named else "")
    made.action = ROOT if named else wheel
    assert made.run("install") == 0, made.log
    assert (made.temp / "muster/bin/muster").is_file()


def test_a_broken_file_fails_the_job_and_is_shown_everywhere(tmp_path: Path, wheel: Path) -> None:
    made = installed(job(tmp_path, BROKEN), wheel)
    assert made.run("check") == 1, made.log
    assert "gate: failed" in made.log
    ((name, properties, message),) = commands(made.log)
    assert name == "error"
    assert properties.startswith("file=tests/test_gone.py,line=1,endLine=1,")
    assert "has no 'subtract'" in message
    assert "M204" in made.summary
    outputs = {
        name.rpartition(".")[2]: value for name, value in made.contexts.items() if name.startswith("steps.check")
    }
    assert outputs["exit-code"] == "1"
    assert json.loads(Path(outputs["sarif"]).read_text())["version"] == "2.1.0"
    reports = Path(outputs["reports"])
    assert len(list(ElementTree.parse(reports / "muster.xml").iter("testcase"))) == 1
    assert json.loads((reports / "muster.json").read_text())["gate"]["passed"] is False
    assert (reports / "muster.html").read_text().startswith("<!doctype html>")


def test_a_sound_suite_passes_without_a_word_to_the_runner(tmp_path: Path, wheel: Path) -> None:
    made = installed(job(tmp_path, SOUND, paths="tests\n", options="-v"), wheel)
    assert made.run("check") == 0, made.log
    assert commands(made.log) == []
    assert "Gate: passed" in made.summary


def test_what_a_project_says_is_no_command(tmp_path: Path, wheel: Path) -> None:
    made = installed(job(tmp_path, HOSTILE), wheel)
    assert made.run("check") == 1, made.log
    assert "##[set-env name=PATH]" in made.log
    assert "::stop-commands::x" in made.log
    assert [name for name, _, _ in commands(made.log)] == ["error", "error"]
    assert list(tmp_path.rglob("owned")) == []


def test_paths_are_neither_options_nor_shell(tmp_path: Path, wheel: Path) -> None:
    made = installed(job(tmp_path, SOUND, paths="--confirm\n$(touch owned)\n`touch owned`; touch owned\n"), wheel)
    assert made.run("check") == 1, made.log
    assert "./--confirm" in made.log
    assert {name for name, _, _ in commands(made.log)} == {"error"}
    assert list(tmp_path.rglob("owned")) == []


def test_a_check_that_cannot_be_made_leaves_no_report_of_an_earlier_one(tmp_path: Path, wheel: Path) -> None:
    made = installed(job(tmp_path, BROKEN, options="--no-such-option"), wheel)
    (made.temp / "muster-reports").mkdir()
    (made.temp / "muster-reports/annotations").write_text("::error::of an earlier step\n")
    assert made.run("check") == 4, made.log
    assert commands(made.log) == [
        ("error", "title=Muster", "muster check ended with code 4 before it had a report: see the log")
    ]
    assert made.contexts["steps.check.outputs.sarif"] == ""


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
    return subprocess.run(
        ["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.fixture
def pull_request(tmp_path: Path) -> tuple[Path, str, str]:
    """A repository with a pull request: its folder, the base's commit, and the merge that is checked out."""
    folder = write(tmp_path / "origin", SOUND)
    git(folder, "init", "--quiet")
    git(folder, "config", "uploadpack.allowAnySHA1InWant", "true")
    for branch, files in (("main", SOUND), ("change", LOSING)):
        git(folder, "checkout", "--quiet", "-B", branch)
        write(folder, files)
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "--allow-empty", "-m", branch)
    git(folder, "checkout", "--quiet", "main")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", "meanwhile")
    base = git(folder, "rev-parse", "HEAD")
    git(folder, "checkout", "--quiet", "--detach")
    git(folder, "merge", "--quiet", "--no-ff", "-m", "merge", "change")
    merge = git(folder, "rev-parse", "HEAD")
    git(folder, "branch", "pull", merge)
    return folder, base, merge


@pytest.mark.parametrize("depth", [1, 0])
def test_the_base_of_a_pull_request_is_at_hand(tmp_path: Path, pull_request: tuple[Path, str, str], depth: int) -> None:
    """Whether it was cloned whole or, as `actions/checkout` does it, with one commit."""
    origin, base, merge = pull_request
    shallow = ["--depth", str(depth)] if depth else []
    git(tmp_path, "clone", "--quiet", *shallow, "--branch", "pull", origin.as_uri(), "project")
    made = job(tmp_path, {})
    made.variables = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_SHA": merge}
    made.contexts["github.event.pull_request.base.sha"] = base
    assert made.run("base") == 0, made.log
    assert made.contexts["steps.base.outputs.base"] == base
    assert git(made.project, "merge-base", "HEAD", base) == base


def test_a_pull_request_that_loses_a_test_without_a_word_is_stopped(
    tmp_path: Path, pull_request: tuple[Path, str, str], wheel: Path
) -> None:
    """Checked out with one commit, as `actions/checkout` does it."""
    origin, base, merge = pull_request
    git(tmp_path, "clone", "--quiet", "--depth", "1", "--branch", "pull", origin.as_uri(), "project")
    made = installed(job(tmp_path, {}), wheel)
    made.variables = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_SHA": merge}
    made.contexts["github.event.pull_request.base.sha"] = base
    assert (made.run("base"), made.run("check")) == (0, 1), made.log
    name, properties, _ = commands(made.log)[-1]
    assert (name, properties.split(",")[0]) == ("error", "file=tests/test_add.py")
    assert "tests/test_add.py::test_add" in made.summary
    assert f"compared with {base[:10]}" in made.summary


@pytest.mark.parametrize(("before", "base"), [("0" * 40, ""), ("", ""), ("1" * 40, "1" * 40)])
def test_the_base_of_a_push_is_what_it_replaces(tmp_path: Path, before: str, base: str) -> None:
    made = job(tmp_path, SOUND)
    git(made.project, "init", "--quiet")
    made.variables = {"GITHUB_EVENT_NAME": "push"}
    made.contexts["github.event.before"] = before
    assert made.run("base") == 0, made.log
    assert made.contexts["steps.base.outputs.base"] == base
