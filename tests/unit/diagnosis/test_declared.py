"""What a project declares and pins, each with its line: read off files as their tools write them."""

from __future__ import annotations

from textwrap import dedent

import pytest

from muster.diagnosis.declaration import Declaration, as_pep_440
from muster.diagnosis.declared import declared_distributions
from muster.trees.memory import MemoryTree


def declared(**files: str) -> list[str]:
    """Each declaration as `name specifier file:line group`, an asterisk before those that are only pinned."""
    named = {f"/r/{name.replace('__', '/').replace('_', '.')}": dedent(text).encode() for name, text in files.items()}
    return [shown(each) for each in declared_distributions(MemoryTree(named), "/r")]


def shown(each: Declaration) -> str:
    mark = "*" if each.locked else ""
    place = f"{each.path.removeprefix('/r/')}:{each.line}"
    return " ".join(part for part in (mark + each.name, each.specifier, place, each.group) if part)


def test_pipfile_lock_pins_by_section_and_line() -> None:
    lock = """\
    {
        "_meta": {
            "hash": {
                "sha256": "ad4b79defec1bd8867baa7024c4a74e0849817d9f16329a7b42712dde9261a50"
            },
            "pipfile-spec": 6,
            "requires": {}
        },
        "default": {
            "pyyaml": {
                "hashes": [
                    "sha256:00c4bdeba853cc34e7dd471f16b4114f4162dc03e6b7afcc2128711f0eca823c"
                ],
                "index": "pypi",
                "markers": "python_version >= '3.8'",
                "version": "==6.0.3"
            }
        },
        "develop": {
            "Ruamel.yaml": {
                "markers": "python_version >= '3.10'",
                "version": "==0.18"
            }
        }
    }
    """
    assert declared(Pipfile_lock=lock) == [
        "*pyyaml ==6.0.3 Pipfile.lock:10",
        "*ruamel-yaml ==0.18 Pipfile.lock:20 group dev",
    ]
    assert declared(Pipfile_lock=lock[:300]) == []
    assert declared(Pipfile_lock="[1]") == []


def test_lock_files_in_tables_pin_by_line() -> None:
    package = '[[package]]\nname = "Web.Socket"\nversion = "1.9.2"\ndependencies = [\n    { name = "other" },\n]\n'
    pinned = "*web-socket ==1.9.2 {}:5"
    for name in ("uv_lock", "poetry_lock", "pdm_lock"):
        assert declared(**{name: "version = 1\n\n\n" + package}) == [pinned.format(name.replace("_", "."))]
    by_pep_751 = package.replace("[[package]]", "[[packages]]")
    assert declared(pylock_dev_toml='lock-version = "1.0"\n\n\n' + by_pep_751) == [pinned.format("pylock.dev.toml")]


def test_the_line_is_that_of_the_table_and_not_of_a_like_word_before_it() -> None:
    pyproject = """\
    [project]
    name = "requests-cache"
    description = "a cache for requests, and what httpx does"
    dependencies = ["httpx>=0.27"]
    keywords = ["httpx"]

    [dependency-groups]
    dev = ["pytest>=8", "httpx>=0.27"]

    [tool.poetry.group.docs.dependencies]
    requests = { version = "^2", extras = ["socks"] }
    """
    assert declared(pyproject_toml=pyproject) == [
        "httpx >=0.27 pyproject.toml:4",
        "pytest >=8 pyproject.toml:8 group dev",
        "httpx >=0.27 pyproject.toml:8 group dev",
        "requests ^2 pyproject.toml:11 group docs",
    ]


def test_the_tools_of_a_project_declare_too() -> None:
    pyproject = """\
    [tool.uv]
    dev-dependencies = ["ruff"]
    [tool.pdm.dev-dependencies]
    test = ["mock"]
    [tool.hatch.envs.hatch-test]
    extra-dependencies = ["faker"]
    """
    tox = "[tox]\nenvlist = py311\n[testenv]\ndeps =\n    -rrequirements.txt\n    six\n    py311: responses>=0.2\n"
    assert declared(pyproject_toml=pyproject, tox_ini=tox) == [
        "ruff pyproject.toml:2 group dev",
        "mock pyproject.toml:4 group test",
        "faker pyproject.toml:6 environment hatch-test",
        "six tox.ini:6 environment testenv",
        "responses >=0.2 tox.ini:7 environment testenv",
    ]


def test_requirements_include_others_and_constraints_only_pin() -> None:
    assert declared(
        requirements_txt="flask\n-r deps/base.txt\n-r missing.txt\n",
        deps__base_txt="six>=1  # old\n-r ../requirements.txt\n",
        constraints_txt="click==8\n",
    ) == ["flask requirements.txt:1", "six >=1 deps/base.txt:1", "*click ==8 constraints.txt:1"]


@pytest.mark.parametrize(
    ("specifier", "version", "admits"),
    [
        ("^1.2.3", "1.9", True),
        ("^1.2.3", "2.0", False),
        ("^0.2.3", "0.3", False),
        ("~1.2", "1.2.9", True),
        ("~1.2", "1.3", False),
        (">=2,<3", "2.1b1", True),
        ("==1.4.2", "1.4.3", False),
        ("1.4", "1.4", True),
        ("", "1", True),
        ("@ file:///x", "1", True),
        (">=1", "no version", True),
    ],
)
def test_what_a_specifier_admits(specifier: str, version: str, admits: bool) -> None:
    assert Declaration("x", specifier, "", 0).admits(version) is admits


def test_poetrys_carets_become_ranges() -> None:
    assert as_pep_440("^0.0.3") == ">=0.0.3,<0.0.4"
    assert as_pep_440("~1") == ">=1,<2"
    assert as_pep_440(">=1, !=1.5") == ">=1,!=1.5"
