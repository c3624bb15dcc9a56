"""The project's interpreter is the one that the user named or activated; what a tree names is not run."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from muster.adapters.interpreters import choose_interpreter, environment_version
from muster.errors import UsageError


def make_fake_environment(prefix: Path, home: str = "/nowhere", version: str = "version = 3.12.4") -> str:
    """A folder that looks like a virtual environment."""
    (prefix / "bin").mkdir(parents=True)
    (prefix / "pyvenv.cfg").write_text(f"home = {home}\n{version}\n")
    python = prefix / "bin" / "python"
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    return str(python)


def test_the_order_of_choice(tmp_path: Path) -> None:
    """Named, activated, conda's, found, own."""
    root = tmp_path / "root"
    named = make_fake_environment(tmp_path / "named")
    active = make_fake_environment(tmp_path / "active")
    conda = make_fake_environment(tmp_path / "conda")
    environ = {"VIRTUAL_ENV": str(tmp_path / "active"), "CONDA_PREFIX": str(tmp_path / "conda")}
    own = sys.executable
    assert choose_interpreter(str(root), named=named, environ=environ, own=own).executable == named
    assert choose_interpreter(str(root), named=str(tmp_path / "named"), environ=environ, own=own).executable == named
    chosen = choose_interpreter(str(root), environ=environ, own=own)
    assert (chosen.executable, chosen.why, chosen.may_run) == (active, "VIRTUAL_ENV", True)
    del environ["VIRTUAL_ENV"]
    assert choose_interpreter(str(root), environ=environ, own=own).executable == conda
    assert choose_interpreter(str(root), environ={}, own=own).executable == own
    make_fake_environment(root / ".venv")
    found = choose_interpreter(str(root), environ={}, own=own)
    assert (found.prefix, found.may_run) == (str(root / ".venv"), False)
    assert choose_interpreter(str(root), environ={"VIRTUAL_ENV": "/gone"}, own=own).prefix == str(root / ".venv")


def test_the_environment_that_muster_runs_in_may_be_asked_though_it_lies_in_the_root(tmp_path: Path) -> None:
    """`.venv/bin/muster check`: whoever starts it has run that environment already."""
    own = make_fake_environment(tmp_path / ".venv")
    chosen = choose_interpreter(str(tmp_path), environ={}, own=own)
    assert (chosen.executable, chosen.may_run) == (own, True)


def test_an_environment_made_for_muster_alone_says_nothing_of_the_project(tmp_path: Path) -> None:
    """pre-commit activates the one that it made for the hook."""
    own = make_fake_environment(tmp_path / "tool")
    packages = tmp_path / "tool/lib/python3.12/site-packages"
    packages.mkdir(parents=True)
    (packages / "muster").mkdir()
    make_fake_environment(tmp_path / "root/.venv")
    environ = {"VIRTUAL_ENV": str(tmp_path / "tool")}
    assert choose_interpreter(str(tmp_path / "root"), environ=environ, own=own).prefix == str(tmp_path / "root/.venv")
    (packages / "pytest-9.2.0.dist-info").mkdir()
    assert choose_interpreter(str(tmp_path / "root"), environ=environ, own=own).executable == own


def test_a_setting_names_nothing_that_is_run(tmp_path: Path) -> None:
    """But for a bare `python3.x` that the user's PATH has outside the tree."""
    root = tmp_path / "root"
    make_fake_environment(root / "env")
    chosen = choose_interpreter(str(root), setting="env/bin/python", environ={}, own=sys.executable)
    assert (chosen.prefix, chosen.may_run) == (str(root / "env"), False)
    assert not choose_interpreter(str(root), setting="env", environ={}, own=sys.executable).may_run
    (tmp_path / "bin").mkdir()
    os.symlink(sys.executable, tmp_path / "bin" / "python3.99")
    environ = {"PATH": str(tmp_path / "bin")}
    chosen = choose_interpreter(str(root), setting="python3.99", environ=environ, own=sys.executable)
    assert (chosen.executable, chosen.may_run) == (str(tmp_path / "bin" / "python3.99"), True)
    for path in (".", "bin", str(root / "bin")):
        (root / "bin").mkdir(exist_ok=True)
        make = root / "bin" / "python3.98"
        make.write_text("")
        make.chmod(0o755)
        with pytest.raises(UsageError, match=r"python3\.98"):
            choose_interpreter(str(root), setting="python3.98", environ={"PATH": path}, own=sys.executable)


def test_a_wrong_name_is_an_error(tmp_path: Path) -> None:
    """It never falls through to another interpreter."""
    with pytest.raises(UsageError, match="neither an interpreter nor"):
        choose_interpreter(str(tmp_path), named="nope", environ={"PATH": ""}, own=sys.executable)


def test_a_bare_name_is_looked_up_on_path_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of that name in the working directory is not meant; a folder there can only be an environment."""
    make_fake_environment(tmp_path / "root" / "env")
    (tmp_path / "root" / "python3").write_text("#!/bin/sh\n")
    (tmp_path / "root" / "python3").chmod(0o755)
    monkeypatch.chdir(tmp_path / "root")
    root, own = str(tmp_path / "root"), sys.executable
    environ = {"PATH": os.path.dirname(sys.executable)}
    assert choose_interpreter(root, named="python3", environ=environ, own=own).executable != f"{root}/python3"
    assert choose_interpreter(root, named="./python3", environ=environ, own=own).executable == f"{root}/python3"
    assert choose_interpreter(root, named="env", environ=environ, own=own).executable == f"{root}/env/bin/python"
    with pytest.raises(UsageError):
        choose_interpreter(root, named="python3", environ={"PATH": f".:{root}"}, own=own)


def test_the_base_of_a_found_environment_lies_outside_the_tree(tmp_path: Path) -> None:
    """A `home` that leads back into the tree, by a link too, is no base."""
    root = tmp_path / "root"
    bin_folder = tmp_path / "system"
    bin_folder.mkdir()
    (bin_folder / "python3.12").write_text("")
    (bin_folder / "python3.12").chmod(0o755)
    for number, home in enumerate([str(bin_folder), str(root / "evil"), str(tmp_path / "linked"), "relative"]):
        (root / "evil").mkdir(parents=True, exist_ok=True)
        (root / "evil" / "python3.12").write_text("")
        (root / "evil" / "python3.12").chmod(0o755)
        if not (tmp_path / "linked").exists():
            os.symlink(root / "evil", tmp_path / "linked")
        make_fake_environment(root / f"e{number}", home)
        chosen = choose_interpreter(str(root), setting=f"e{number}", environ={}, own=sys.executable)
        assert chosen.base == (str(bin_folder / "python3.12") if number == 0 else "")
    bin_folder.chmod(0o777)
    assert choose_interpreter(str(root), setting="e0", environ={}, own=sys.executable).base == ""


def test_versions_are_read_as_each_tool_writes_them(tmp_path: Path) -> None:
    """venv, virtualenv and uv."""
    for number, line in enumerate(["version = 3.12.4", "version_info = 3.12.4.final.0", "version_info = 3.12.4"]):
        make_fake_environment(tmp_path / str(number), version=line)
        assert environment_version(str(tmp_path / str(number))) == (3, 12, 4)
    (tmp_path / "conda" / "lib" / "python3.10").mkdir(parents=True)
    assert environment_version(str(tmp_path / "conda")) == (3, 10, 0)
    assert environment_version(str(tmp_path)) is None
