"""The resolved invocation beside what real pytest resolves, for one generated project."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from muster.adapters.disk_tree import DiskTree
from muster.invocation import Request, initial_conftests, resolve_invocation
from muster.model.environment import Distribution, Environment, IniOption, PluginOption
from muster.model.invocation import Invocation
from muster.trees.memory import MemoryTree

ESCAPING = "disable_test_id_escaping_and_forfeit_all_rights_to_community_support"
GUEST = Path(__file__).with_name("invocation_guest.py")


@dataclass(frozen=True)
class Case:
    """A project and a command: texts by relative path, and where it is run."""

    files: Mapping[str, str] = field(default_factory=dict)
    argv: tuple[str, ...] = ()
    cwd: str = "."
    environ: Mapping[str, str] = field(default_factory=dict)
    symlinks: Mapping[str, str] = field(default_factory=dict)
    module: bool = False


class Oracle:
    """One interpreter with a pytest, asked case by case."""

    def __init__(self, python: str) -> None:
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "MUSTER"))}
        environ |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8:surrogateescape", "COLUMNS": "80"}
        self._child = subprocess.Popen(
            [python, "-u", str(GUEST)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environ,
            text=True,
        )
        assert self._child.stdout is not None
        self.environment = _environment(json.loads(self._child.stdout.readline()))

    def ask(self, case: Case, root: Path) -> dict[str, Any]:
        """What pytest resolves for the case laid out in `root`."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        request = {
            "cwd": str(root / case.cwd),
            "argv": list(case.argv),
            "environ": dict(case.environ),
            "module": case.module,
        }
        self._child.stdin.write(json.dumps(request) + "\n")
        self._child.stdin.flush()
        answer: dict[str, Any] = json.loads(self._child.stdout.readline())
        assert "guest" not in answer, answer["guest"]
        return answer

    def close(self) -> None:
        """End the child."""
        assert self._child.stdin is not None
        self._child.stdin.close()
        self._child.wait(timeout=20)
        assert self._child.stdout is not None
        self._child.stdout.close()


def _environment(described: dict[str, Any]) -> Environment:
    options = tuple(
        PluginOption(tuple(o["names"]), o["dest"], o["nargs"], tuple(o["choices"]), o["action"])
        for o in described["options"]
    )
    distributions = tuple(
        Distribution(d["name"], d["version"], pytest_plugins=tuple((name, "") for name, _ in d["plugins"]))
        for d in described["distributions"]
    )
    major, minor, micro = described["version"]
    return Environment(
        described["executable"],
        "test",
        (major, minor, micro),
        pytest_version=described["pytest_version"],
        options=options,
        ini_options=tuple(IniOption(i["name"], i["type"]) for i in described["ini_options"]),
        distributions=distributions,
        markers=tuple(described["markers"]),
    )


def lay_out(case: Case, root: Path) -> None:
    """Write the project to disk."""
    (root / case.cwd).mkdir(parents=True, exist_ok=True)
    for path, text in case.files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode("utf-8", "surrogateescape"))
    for path, text in case.symlinks.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).symlink_to(text)


def simulate(case: Case, root: Path, environment: Environment, on_disk: bool = False) -> dict[str, Any]:
    """What we resolve, in the guest's terms."""
    base = str(root)
    tree: MemoryTree | DiskTree = DiskTree() if on_disk else _memory(case, base)
    cwd = os.path.normpath(str(root / case.cwd))
    request = Request(case.argv, cwd, case.environ, cwd_on_path=case.module)
    find = partial(_find_module, tree)
    invocation = resolve_invocation(tree, environment, request, find_module=find)
    result: dict[str, Any] = {"conftests": list(initial_conftests(tree, invocation))}
    stages = {
        "start": "start",
        "conftest": "start",
        "configure": "configure",
        "collection": "collection",
        "collector": "collection",
        "end": "end",
    }
    if not invocation.collects and not invocation.refusals:
        return {"collects": False, "stage": "start"}
    refusal = invocation.refusals[0] if invocation.refusals else None
    result["stage"] = stages[refusal.when] if refusal else "done"
    if refusal is not None:
        usage = refusal.type == "UsageError"
        result["refused"] = {"usage": usage, "type": refusal.type, "message": refusal.message}
    result.update(_resolved(invocation))
    return result


def _find_module(tree: MemoryTree | DiskTree, name: str, leading: tuple[str, ...]) -> str | None:
    """The module in the first of `leading` that has it; else in the standard library, which both interpreters share."""
    relative = name.replace(".", "/")
    for folder in leading:
        for path in (f"{folder}/{relative}/__init__.py", f"{folder}/{relative}.py", f"{folder}/{relative}"):
            if tree.kind(os.path.normpath(path)) is not None:
                return os.path.normpath(path)
    try:
        spec = importlib.util.find_spec(name)
    except ImportError:
        return None
    return spec and (spec.origin or "")


def _memory(case: Case, base: str) -> MemoryTree:
    files = {f"{base}/{path}": text.encode("utf-8", "surrogateescape") for path, text in case.files.items()}
    for module in (json, json.decoder):
        files[str(module.__file__)] = b""
    links = {f"{base}/{path}": target for path, target in case.symlinks.items()}
    return MemoryTree(files, links, [os.path.normpath(f"{base}/{case.cwd}")])


def _resolved(invocation: Invocation) -> dict[str, Any]:
    return {
        "rootdir": invocation.rootdir,
        "inifile": invocation.inifile,
        "confcutdir": invocation.confcutdir,
        "source": invocation.arguments_from,
        "warnings": [text.partition(": ")[2] for text in invocation.warnings],
        "arguments": [str(argument) for argument in invocation.arguments],
        "options": {
            "importmode": invocation.import_mode,
            "ignore": list(invocation.ignore),
            "ignore_glob": list(invocation.ignore_glob),
            "deselect": list(invocation.deselect),
            "keyword": invocation.keyword,
            "markexpr": invocation.markexpr,
            "maxfail": invocation.maxfail,
            "continue_on_collection_errors": invocation.continue_on_collection_errors,
            "keepduplicates": invocation.keep_duplicates,
            "collect_in_virtualenv": invocation.collect_in_virtualenv,
            "noconftest": invocation.noconftest,
            "pyargs": invocation.pyargs,
            "doctestmodules": invocation.doctest_modules,
            "doctestglob": list(invocation.doctest_glob),
            "doctest_ignore_import_errors": invocation.doctest_ignore_import_errors,
            "doctest_continue_on_failure": invocation.doctest_continue_on_failure,
            "lf": invocation.last_failed,
        },
        "settings": {
            "testpaths": list(invocation.testpaths),
            "norecursedirs": list(invocation.norecursedirs),
            "python_files": list(invocation.python_files),
            "python_classes": list(invocation.python_classes),
            "python_functions": list(invocation.python_functions),
            "markers": list(invocation.markers),
            "filterwarnings": list(invocation.filterwarnings),
            "required_plugins": list(invocation.required_plugins),
            "pythonpath": list(invocation.pythonpath),
            "collect_imported_tests": invocation.collect_imported_tests,
            "consider_namespace_packages": invocation.consider_namespace_packages,
            "doctest_encoding": invocation.doctest_encoding,
            "empty_parameter_set_mark": invocation.empty_parameter_set_mark,
            ESCAPING: not invocation.escape_test_ids,
        },
        "strict": {
            "strict_markers": invocation.strict_markers,
            "strict_config": invocation.strict_config,
            "strict_parametrization_ids": invocation.strict_parametrization_ids,
        },
    }


def differences(real: dict[str, Any], ours: dict[str, Any]) -> list[str]:
    """Where the two disagree, as lines to read; empty where they agree on all that real pytest got to."""
    if real.get("collects") is False or ours.get("collects") is False:
        return [] if real.get("collects") == ours.get("collects") else [f"collects: {real} {ours}"]
    found = []
    if real["stage"] != ours["stage"]:
        found.append(f"stage: pytest {real['stage']} {real.get('refused')}, ours {ours['stage']} {ours.get('refused')}")
    elif "refused" in real:
        found += _compare_refusals(real["refused"], ours.get("refused", {}))
    for name in ("rootdir", "inifile", "confcutdir", "source", "arguments"):
        if name in real and real[name] != ours.get(name):
            found.append(f"{name}: pytest {real[name]!r}, ours {ours.get(name)!r}")
    if real["stage"] != "start" and real["conftests"] != ours["conftests"]:
        found.append(f"conftests: pytest {real['conftests']}, ours {ours['conftests']}")
    for group in ("options", "settings", "strict"):
        for name, value in real.get(group, {}).items():
            if _plain(name, value) != _plain(name, ours[group][name]):
                found.append(f"{group} {name}: pytest {value!r}, ours {ours[group][name]!r}")
    if real["stage"] == "done" and {w.strip() for w in real["warnings"]} != {*ours["warnings"]}:
        found.append(f"warnings: pytest {real['warnings']}, ours {ours['warnings']}")
    return found


def _plain(name: str, value: object) -> object:
    if name == "doctestglob":
        return value or ["test*.txt"]
    if name == "empty_parameter_set_mark":
        return value or "skip"
    if name == "keyword":
        return str(value).lstrip()
    return value or None


def _compare_refusals(real: dict[str, Any], ours: dict[str, Any]) -> list[str]:
    if real["usage"] != ours.get("usage"):
        return [f"usage error: pytest {real}, ours {ours}"]
    expected, given = real["message"], str(ours.get("message"))
    if "Traceback" in expected:
        # A native traceback names lines of pytest's own files: only its last line is ours to give.
        expected = expected.strip().splitlines()[-1]
        given = given.strip().splitlines()[-1]
    if not real["usage"]:
        same = ours["type"] == real["type"] and given == real["text"]
        return [] if same else [f"exception: pytest {real}, ours {ours}"]
    return [] if expected == given else [f"words: pytest {expected!r}, ours {given!r}"]
