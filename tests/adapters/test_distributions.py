"""Installed distributions are known from what installers write, as `importlib.metadata` reads it, and nothing is imported."""

from __future__ import annotations

import importlib.metadata
import json
import sys
from pathlib import Path

from muster.adapters.distributions import (
    fingerprint_of,
    read_distributions,
    read_editable_finders,
    read_pth_entries,
)
from muster.model.environment import Distribution


def write(folder: Path, files: dict[str, str]) -> str:
    """Write `files` below `folder`."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return str(folder)


def test_they_are_those_of_importlib_metadata() -> None:
    """Names, versions and pytest plugins of this very environment."""
    path = [entry for entry in sys.path if entry]
    found = {each.name.lower(): each for each in read_distributions(path, path)}
    for real in importlib.metadata.distributions(path=path):
        mine = found[real.metadata["Name"].lower()]
        assert mine.version == real.version or real.metadata["Name"].lower() in ("setuptools", "pip")
        plugins = {(each.name, each.module) for each in real.entry_points if each.group == "pytest11"}
        assert set(mine.pytest_plugins) == plugins
    assert found["pytest"].modules == ("_pytest", "py", "pytest")
    assert any(requirement.startswith("pluggy") for requirement in found["pytest"].requires)


def test_every_kind_of_metadata_is_read(tmp_path: Path) -> None:
    """Wheels, eggs as folders and as files, editable installs; what is damaged is left out."""
    site = write(
        tmp_path / "site",
        {
            "wheel-1.0.dist-info/METADATA": "Name: Wheel_One\nVersion: 1.0\nRequires-Dist: a>=1\nRequires-Dist: b\n\nName: not\n",
            "wheel-1.0.dist-info/RECORD": 'pkg/__init__.py,,\npkg/sub/x.py,,\nmod.py,,\n"ext,1.so",,\n'
            "fast.cpython-311-x86_64-linux-gnu.so,,\n../../bin/tool,,\ndata/readme.txt,,\nwheel-1.0.dist-info/METADATA,,\n",
            "egg.egg-info/PKG-INFO": "Name: egg\nVersion: 2\n",
            "egg.egg-info/top_level.txt": "egg\n_egg\n",
            "flat-3.egg-info": "Name: flat\nVersion: 3\n",
            "edit-1.dist-info/METADATA": "Name: edit\nVersion: 1\n",
            "edit-1.dist-info/direct_url.json": json.dumps(
                {"url": "file:///a%20b/edit", "dir_info": {"editable": True}}
            ),
            "notedit-1.dist-info/METADATA": "Name: notedit\nVersion: 1\n",
            "notedit-1.dist-info/direct_url.json": json.dumps({"url": "file:///x", "dir_info": {}}),
            "broken-1.dist-info/METADATA": "Name: broken\nVersion: 1\n",
            "broken-1.dist-info/direct_url.json": "[" * 100_000,
            "nameless-1.dist-info/METADATA": "Version: 1\n",
            "empty-1.dist-info/RECORD": "",
        },
    )
    project = write(tmp_path / "project", {"dev.egg-info/PKG-INFO": "Name: dev\nVersion: 0\n"})
    late = write(tmp_path / "late", {"egg-9.dist-info/METADATA": "Name: EGG\nVersion: 9\n"})
    found = {each.name: each for each in read_distributions([site, project, late, "/nowhere"], [site])}
    assert sorted(found) == ["Wheel_One", "broken", "dev", "edit", "egg", "flat", "notedit"]
    assert found["Wheel_One"] == Distribution(
        "Wheel_One", "1.0", ("fast", "mod", "pkg"), site, requires=("a>=1", "b"), pytest_plugins=(), editable=""
    )
    assert (found["egg"].version, found["egg"].modules) == ("2", ("_egg", "egg"))
    assert (found["edit"].editable, found["notedit"].editable, found["dev"].editable) == ("/a b/edit", "", project)


def test_editable_finders_are_read_not_run(tmp_path: Path) -> None:
    """setuptools' mapping, with an annotation or without, and the calls that hatch and pdm write."""
    site = write(
        tmp_path,
        {
            "__editable___a_1_finder.py": "raise SystemExit\nMAPPING: dict[str, str] = {'a': '/src/a', **{}, 1: 2}\n",
            "__editable___b_1_finder.py": "MAPPING = {'b': '/src/b.py'}\nNAMESPACES = {}\n",
            "_editable_impl_c.py": "F = object()\nF.map_module('c', '/src/c/__init__.py')\nF.add_to_path('/x')\n",
            "__editable___bad_finder.py": "MAPPING = {",
            "other.py": "MAPPING = {'z': '/z'}\n",
        },
    )
    assert read_editable_finders([site]) == {"a": "/src/a", "b": "/src/b.py", "c": "/src/c"}


def test_pth_lines_are_read_in_order(tmp_path: Path) -> None:
    """Folders that exist, once each; import lines are left alone."""
    site = write(
        tmp_path,
        {
            "b.pth": "../there\nhere\n",
            "a.pth": "# no\n\nimport os; raise SystemExit\nhere\n/nowhere\n",
            "here/x": "",
            ".c.pth": "/\n",
        },
    )
    assert read_pth_entries(site) == [f"{site}/here"]


def test_a_fingerprint_changes_with_what_is_installed(tmp_path: Path) -> None:
    """And with nothing else."""
    site = write(tmp_path, {"a-1.dist-info/RECORD": "x", "a.pth": "/x\n", "mod.py": ""})
    seen = [fingerprint_of([site], ["v"])]
    assert fingerprint_of([site], ["v"]) == seen[0]

    def changed() -> bool:
        new = fingerprint_of([site], ["v"])
        is_new = new not in seen
        seen.append(new)
        return is_new

    (tmp_path / "a.pth").write_text("/y\n")
    assert changed()
    (tmp_path / "a-1.dist-info" / "RECORD").write_text("xy")
    assert changed()
    (tmp_path / "mod.py").write_text("1")
    assert changed()
    (tmp_path / "__pycache__").mkdir()
    assert not changed()
    assert fingerprint_of([site], ["w"]) not in seen
    assert fingerprint_of([site, "/nowhere"], ["v"]) not in seen
