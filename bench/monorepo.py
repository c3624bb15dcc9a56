"""Writes a synthetic monorepo of a real one's shape, the same for the same seed and size.

    python bench/monorepo.py --files 10000 DEST

10,000 files weigh about 190 MB: 6,000 test files, 600 of them broken in the proportions of the real tree (one missing
name of one hub module alone blocks half of them), a category `mission_critical` of 400 files, importlib mode,
`pythonpath = ["."]`, strict markers. It needs nothing but the standard library and pytest to be collected. Every count
scales with `--files`, from 1,000 to 100,000.
"""

# ruff: noqa: E501 (long lines are lines of the files that it writes)
from __future__ import annotations

import argparse
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

BYTES_PER_FILE = 15_600
TEST_SHARE = 0.6
MISSION_SHARE = 0.04
MODULES_PER_SERVICE = 20
TESTS_PER_AREA = 40
HUBS = ("config", "errors", "registry", "clock", "identity", "tracing", "settings", "session", "types", "events")

# Broken test files for each 10,000 files, by kind; the proportions are those of the real tree.
BROKEN = {
    "hub_name": 200,
    "hub_name_through_helper": 101,
    "name": 74,
    "name_in_dependency": 30,
    "module": 80,
    "module_in_dependency": 30,
    "marker": 19,
    "marker_in_helper": 19,
    "undefined": 27,
    "syntax": 10,
    "arity": 4,
    "attribute": 3,
    "fixture_signature": 2,
    "polluted_path": 1,
}
MARKERS = ("unit", "integration", "e2e", "slow", "mission_critical", "database", "network", "smoke")


@dataclass
class Plan:
    """What is still to be written: text by path, and how many files of each broken kind there are."""

    files: dict[str, str] = field(default_factory=dict)
    broken: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Module:
    """A module of the sources: its dotted name and the public names that a test may import from it."""

    name: str
    names: tuple[str, ...]
    service: int


def main(arguments: list[str] | None = None) -> int:
    """Write the tree; 0, or 2 where the destination is in use."""
    options = parse_arguments(arguments)
    destination: Path = options.destination
    if destination.exists():
        if not options.force:
            print(f"'{destination}' exists; --force replaces it", file=sys.stderr)
            return 2
        shutil.rmtree(destination)
    plan = plan_tree(options.files, options.seed)
    size = write_tree(plan, destination)
    tests = sum(path.rpartition("/")[2].startswith("test_") for path in plan.files)
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(plan.broken.items()))
    print(
        f"{len(plan.files)} files, {size / 1e6:.0f} MB, {tests} test files, {sum(plan.broken.values())} broken: {kinds}"
    )
    return 0


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("destination", type=Path)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--force", action="store_true", help="replace what is there")
    return parser.parse_args(arguments)


def write_tree(plan: Plan, destination: Path) -> int:
    """The bytes written."""
    size = 0
    for path, text in plan.files.items():
        target = destination / path
        target.parent.mkdir(parents=True, exist_ok=True)
        size += target.write_bytes(text.encode())
    (destination / "pyproject.toml").write_text(CONFIGURATION, encoding="utf-8")
    return size


def plan_tree(files: int, seed: int) -> Plan:
    """Every Python file of the tree, broken ones included."""
    rng = Random(seed)
    blocks = Blocks(rng)
    plan = Plan()
    test_count = int(files * TEST_SHARE)
    mission_count = int(files * MISSION_SHARE)
    plan_hubs(plan, blocks)
    plan_infrastructure(plan, blocks)
    plan_helpers(plan, blocks)
    kinds = broken_kinds(files, test_count, rng)
    areas = list(test_areas(test_count, mission_count))
    plan.files["conftest.py"] = ROOT_CONFTEST
    for area in areas:
        plan_area(plan, area, blocks)
    modules = plan_services(plan, files - test_count - len(plan.files), rng, blocks)
    plan_tests(plan, areas, modules, kinds, rng, blocks)
    return plan


# ---------------------------------------------------------------------------------------------------------------------
# Text in bulk: function bodies


class Blocks:
    """Statements for function bodies, made once and stacked; `@T@` becomes a token of the file."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.pool = {indent: [self.make_block(" " * indent) for _ in range(300)] for indent in (4, 8)}

    def body(self, size: int, indent: int, token: str) -> str:
        """About `size` bytes of statements."""
        parts: list[str] = []
        total = 0
        pool = self.pool[indent]
        while total < size:
            block = pool[self.rng.randrange(len(pool))]
            parts.append(block)
            total += len(block)
        return "".join(parts).replace("@T@", token) or " " * indent + "pass\n"

    def make_block(self, indent: str) -> str:
        """One block of several statements that runs whatever stands round it."""
        return "".join(
            indent + line + "\n" if line else "\n" for line in self.rng.choice(BLOCKS)(self.rng).splitlines()
        )

    def sizes(self, mean: int) -> int:
        """A file's size: most are small, a few are huge, as in real trees."""
        return int(min(150_000, max(1_200, mean * self.rng.lognormvariate(-0.25, 0.7))))


def word(rng: Random) -> str:
    """A plausible name."""
    return rng.choice(WORDS) + "_" + rng.choice(WORDS)


def mapping_block(rng: Random) -> str:
    """A dictionary is built and checked."""
    name = word(rng)
    rows = "".join(
        f'    "{word(rng)}": {{"retries": {rng.randrange(9)}, "timeout_s": {rng.randrange(90)}.5, "owner": "@T@-{word(rng)}"}},\n'
        for _ in range(rng.randrange(3, 9))
    )
    return (
        f"{name} = {{\n{rows}}}\nfor key, entry in sorted({name}.items()):\n"
        f'    assert entry["retries"] < {rng.randrange(10, 99)}, f"{{key}}: {{entry[\'owner\']}} retries too often"\n'
    )


def loop_block(rng: Random) -> str:
    """A list is filtered in a loop with guards."""
    name, other = word(rng), word(rng)
    return (
        f"{name} = []\n# {' '.join(rng.choice(WORDS) for _ in range(9))}; see the decision record @T@.\n"
        f"for index in range({rng.randrange(3, 40)}):\n    if index % {rng.randrange(2, 9)} == 0:\n        continue\n"
        f"    try:\n        {name}.append((index, index * {rng.random():.4f}))\n    except (ValueError, KeyError) as error:\n"
        f"        raise RuntimeError(f'{other} failed at {{index}}') from error\n"
        f"{other} = {{key: value for key, value in {name} if value > {rng.random():.3f}}}\nassert len({other}) <= len({name})\n"
    )


def text_block(rng: Random) -> str:
    """A long text, as prompts and queries are, with lines that look like code."""
    lines = "\n".join(
        "    " + " ".join(rng.choice(WORDS) for _ in range(rng.randrange(5, 14))) for _ in range(rng.randrange(4, 12))
    )
    return f'{word(rng)} = """\ndef not_a_function_{rng.randrange(99)}(self):\n{lines}\n    SELECT id, name FROM {word(rng)} WHERE owner = \'@T@\'\n"""\n'


def closure_block(rng: Random) -> str:
    """A function in a function, with a decorator's shape."""
    name = word(rng)
    return (
        f"def {name}(value, *, scale={rng.randrange(9)}, **options):\n    total = value * scale\n    for option, amount in options.items():\n"
        f"        total += amount if option.startswith('{rng.choice(WORDS)}') else -amount\n    return total\n\n"
        f"assert {name}({rng.randrange(99)}, {rng.choice(WORDS)}={rng.randrange(9)}) is not None\n"
    )


def assert_block(rng: Random) -> str:
    """Plain assignments and assertions."""
    lines = []
    for _ in range(rng.randrange(4, 12)):
        name = word(rng)
        lines.append(
            f"{name} = {{'status': '{rng.choice(WORDS)}', 'count': {rng.randrange(999)}, 'path': '/srv/@T@/{word(rng)}'}}"
        )
        lines.append(
            f"assert {name}['count'] >= 0 and {name}.get('status') != '', '{rng.choice(WORDS)} lost its status'"
        )
    return "\n".join(lines) + "\n"


def context_block(rng: Random) -> str:
    """An import inside a function, a context manager, a lambda."""
    name = word(rng)
    return (
        f"import contextlib\nwith contextlib.suppress(OSError):\n    {name} = list(map(lambda item: item ** {rng.randrange(2, 5)}, range({rng.randrange(9, 99)})))\n"
        f"    if sum({name}) > {rng.randrange(10**6)}:\n        {name}.reverse()\n    elif not {name}:\n        raise AssertionError('{word(rng)} of @T@ is empty')\n"
        f"    else:\n        {name} = [entry for entry in {name} if entry % {rng.randrange(2, 7)}]\n"
    )


BLOCKS = (mapping_block, loop_block, text_block, closure_block, assert_block, context_block)
WORDS = tuple(
    "account agent alert amount audit batch billing budget cache channel client cluster config context cursor customer deploy event export "
    "factor fleet frame gateway grant group handler health history image index invoice job kernel label ledger limit lock market message "
    "metric model monitor network node notice object order owner packet parcel partner payment permit pipeline policy portal price probe "
    "profile queue quota record region relay report request result route rule sample schedule schema scope secret segment session shard "
    "signal snapshot source stage status stream supply switch table target tenant thread ticket token topic trace tracker user vault vendor "
    "volume window worker zone".split()
)


# ---------------------------------------------------------------------------------------------------------------------
# Sources


def plan_hubs(plan: Plan, blocks: Blocks) -> None:
    """`core`: a regular package whose modules nearly everything imports."""
    plan.files["core/__init__.py"] = (
        '"""What every service shares."""\n\nfrom core.config import Config\nfrom core.types import Level\n\n__all__ = ["Config", "Level"]\n'
    )
    plan.files["core/types.py"] = TYPES + source_functions(blocks, "types", 6, 12_000)
    plan.files["core/config.py"] = CONFIG + source_functions(blocks, "config", 6, 12_000)
    for hub in HUBS:
        if hub not in ("types", "config"):
            head = "from __future__ import annotations\n\nimport logging\n\nfrom core.config import Config\nfrom core.types import Level, Record\n\n"
            head += "logger = logging.getLogger(__name__)\n\n\n"
            head += f"class {hub.title()}Hub:\n    level = Level.LOW\n\n    def __init__(self, config: Config) -> None:\n        self.config = config\n\n\n"
            head += f"def open_{hub}(config: Config, strict: bool = False) -> {hub.title()}Hub:\n    return {hub.title()}Hub(config)\n\n\n"
            plan.files[f"core/{hub}.py"] = head + source_functions(blocks, hub, 8, 14_000)


def plan_infrastructure(plan: Plan, blocks: Blocks) -> None:
    """`infrastructure`: a namespace package, which the regular `tests/infrastructure` beats once `tests` is on the path."""
    plan.files["infrastructure/vpc_connectivity_fix.py"] = (
        "def repair_route(name: str) -> str:\n    return name\n\n\n" + source_functions(blocks, "vpc", 4, 6_000)
    )
    plan.files["tests/infrastructure/__init__.py"] = ""


def plan_services(plan: Plan, count: int, rng: Random, blocks: Blocks) -> list[Module]:
    """`count` files of services: regular packages of twenty modules, every fifth service a namespace package."""
    modules: list[Module] = []
    written = service = 0
    while written < count:
        package = f"services/svc_{service:03d}"
        regular = service % 5 != 4
        size = min(MODULES_PER_SERVICE, count - written - regular)
        own: list[Module] = []
        for number in range(size):
            own.append(plan_module(plan, package, service, number, own, modules, rng, blocks))
        if regular:
            plan.files[f"{package}/__init__.py"] = reexports(own)
        written += size + regular
        modules += own
        service += 1
    return modules


def plan_module(
    plan: Plan,
    package: str,
    service: int,
    number: int,
    own: list[Module],
    earlier: list[Module],
    rng: Random,
    blocks: Blocks,
) -> Module:
    """One module; it imports hubs, earlier modules of its service and, now and then, a module of an earlier service."""
    path = f"{package}/{rng.choice(WORDS)}_{number:02d}"
    name = path.replace("/", ".")
    token = f"{service}_{number}"
    head = [
        "from __future__ import annotations",
        "",
        "import json",
        "import logging",
        "from dataclasses import dataclass, field",
        "from enum import Enum",
        "from typing import TYPE_CHECKING, Any, Callable",
        "",
    ]
    for hub in rng.sample([hub for hub in HUBS if hub not in ("types", "config")], 3):
        head.append(f"from core.{hub} import {hub.title()}Hub, open_{hub}")
    head.append("from core.types import Level, Record")
    for module in rng.sample(own, min(len(own), 2)) + (
        rng.sample(earlier[-400:], 1) if earlier and rng.random() < 0.15 else []
    ):
        head.append(f"from {module.name} import {rng.choice(module.names)}")
    head += GUARDED_IMPORT if rng.random() < 0.2 else []
    head += [
        "",
        "if TYPE_CHECKING:",
        "    from a_package_for_type_checkers import Never",
        "",
        "logger = logging.getLogger(__name__)",
        "",
    ]
    title = "".join(part.title() for part in path.rpartition("/")[2].split("_")) + f"S{service}"
    names = (f"{title}State", f"{title}Entry", f"{title}Service", f"make_{token}", f"LIMIT_{token}")
    text = "\n".join(head) + "\n" + SOURCE.format(title=title, token=token, number=number)
    rest = blocks.sizes(BYTES_PER_FILE) - len(text)
    text += (
        source_methods(blocks, title, token, rest // 2)
        + "\n\n"
        + source_functions(blocks, token, rng.randrange(2, 8), rest // 2)
    )
    plan.files[path + ".py"] = text
    return Module(name, names, service)


def reexports(own: list[Module]) -> str:
    """A package's `__init__` that re-exports from its first modules."""
    lines = [f"from {module.name} import {module.names[2]}" for module in own[:3]]
    return (
        '"""A service."""\n\n'
        + "\n".join(lines)
        + "\n\n__all__ = ["
        + ", ".join(f'"{module.names[2]}"' for module in own[:3])
        + "]\n"
    )


def source_methods(blocks: Blocks, title: str, token: str, size: int) -> str:
    """Methods that continue the service's class."""
    count = max(1, size // 1_500)
    return "\n".join(
        f"    def step_{number}(self, amount: int = {number}, *extra: Any, **options: Any) -> Any:\n"
        f'        """Step {number} of {title}."""\n' + blocks.body(1_300, 8, token) + "        return amount\n"
        for number in range(count)
    )


def source_functions(blocks: Blocks, token: str, count: int, size: int) -> str:
    """Plain functions of `size` bytes together."""
    each = max(200, size // count)
    return "\n\n".join(
        f'def work_{token}_{number}(value=None, limit={number}):\n    """Work {number}."""\n'
        + blocks.body(each, 4, token)
        + "    return value\n"
        for number in range(count)
    )


# ---------------------------------------------------------------------------------------------------------------------
# Tests


@dataclass(frozen=True)
class Area:
    """A folder of tests: its path, how many files it holds, whether it is a regular package."""

    path: str
    files: int
    regular: bool
    mission: bool


def test_areas(tests: int, mission: int) -> Iterator[Area]:
    """The folders of tests; the mission-critical ones hold `mission` files together."""
    suites = ("golden_path", "agents", "billing", "websockets", "zz_platform")
    for number, suite in enumerate(suites):
        share = mission // len(suites) + (number < mission % len(suites))
        yield Area(f"tests/mission_critical/{suite}", share, number % 2 == 0, True)
    rest, number = tests - mission, 0
    while rest > 0:
        kind = ("unit", "integration", "e2e")[number % 3]
        yield Area(f"tests/{kind}/area_{number:03d}", min(TESTS_PER_AREA, rest), number % 3 == 1, False)
        rest -= TESTS_PER_AREA
        number += 1


def plan_area(plan: Plan, area: Area, blocks: Blocks) -> None:
    """The conftest of a folder, and its `__init__.py` where it is a regular package."""
    name = area.path.rpartition("/")[2]
    plan.files[f"{area.path}/conftest.py"] = AREA_CONFTEST.format(name=name) + source_functions(blocks, name, 2, 3_000)
    if area.regular:
        plan.files[f"{area.path}/__init__.py"] = ""


def plan_helpers(plan: Plan, blocks: Blocks) -> None:
    """What tests share: base classes, fixtures, and the two helpers that are broken themselves."""
    plan.files["tests/conftest.py"] = TESTS_CONFTEST + source_functions(blocks, "tests", 6, 12_000)
    plan.files["tests/helpers/__init__.py"] = ""
    plan.files["tests/helpers/bases.py"] = BASES + source_functions(blocks, "bases", 10, 20_000)
    plan.files["tests/helpers/fixtures.py"] = (
        "import pytest\n\n\n@pytest.fixture\ndef shared_clock():\n    return 0\n\n\n"
        + source_functions(blocks, "fixtures", 6, 9_000)
    )
    plan.files["tests/helpers/gates.py"] = "from core.session import SessionGate\n\n\n" + source_functions(
        blocks, "gates", 4, 6_000
    )
    plan.files["tests/helpers/real_services.py"] = (
        "import pytest\n\n\n@pytest.mark.real_services_only\nclass RealServices:\n    pass\n\n\n"
        + source_functions(blocks, "real", 4, 6_000)
    )


def broken_kinds(files: int, tests: int, rng: Random) -> list[str]:
    """For each test file a broken kind, or "" where it is well."""
    kinds = [
        kind
        for kind, count in BROKEN.items()
        if kind != "polluted_path"
        for _ in range(max(1, round(count * files / 10_000)))
    ]
    kinds += [""] * (tests - len(kinds))
    rng.shuffle(kinds)
    return kinds[:tests]


def plan_tests(
    plan: Plan, areas: list[Area], modules: list[Module], kinds: list[str], rng: Random, blocks: Blocks
) -> None:
    """Every test file, and the broken modules of the services that some of them import."""
    plan_broken_dependencies(plan, modules)
    services = modules[-1].service + 1
    by_service: dict[int, list[Module]] = {}
    for module in modules:
        by_service.setdefault(module.service, []).append(module)
    position = 0
    for number, area in enumerate(areas):
        reach = (
            range(max(1, services // 5)) if area.mission else [(number * 7 + offset) % services for offset in range(4)]
        )
        for index in range(area.files):
            stem = f"test_{rng.choice(WORDS)}_{rng.choice(WORDS)}_{index:03d}"
            picked = [rng.choice(by_service[rng.choice(reach)]) for _ in range(rng.randrange(1, 5))]
            kind = kinds[position]
            position += 1
            plan.broken[kind] += 1
            plan.files[f"{area.path}/{stem}.py"] = test_file(area, picked, kind, f"{number}_{index}", rng, blocks)
    del plan.broken[""]
    plan_pollution(plan, areas)


def plan_broken_dependencies(plan: Plan, modules: list[Module]) -> None:
    """Modules of the services that cannot be imported themselves."""
    plan.files["services/broken/__init__.py"] = ""
    plan.files["services/broken/stale_name.py"] = f"from {modules[0].name} import RenamedLongAgo\n"
    plan.files["services/broken/stale_module.py"] = "import services.svc_000.removed_in_a_cleanup\n"
    plan.files["services/broken/chain.py"] = "from services.broken.stale_module import anything\n"


def plan_pollution(plan: Plan, areas: list[Area]) -> None:
    """The culprit puts `tests` on the path; the victim, collected later, then finds the wrong `infrastructure`."""
    culprit = f"{areas[0].path}/test_000_multi_agent.py"
    victim = f"{areas[4].path}/test_vpc_connectivity.py"
    plan.files[culprit] = POLLUTER
    plan.files[victim] = (
        "from infrastructure.vpc_connectivity_fix import repair_route\n\n\ndef test_route():\n    assert repair_route('a') == 'a'\n"
    )
    plan.broken["polluted_path"] = 1


def test_file(area: Area, picked: list[Module], kind: str, token: str, rng: Random, blocks: Blocks) -> str:
    """The text of one test file."""
    head = [
        '"""Tests."""',
        "",
        "import asyncio",
        "import json",
        "import os",
        "import sys",
        "import unittest",
        "from pathlib import Path",
        "from unittest.mock import MagicMock, patch",
        "",
        "import pytest",
        "",
    ]
    if rng.random() < 0.15:
        head += PATH_EDIT
    head += ["from core.config import Config", "from tests.helpers.bases import BaseCase, SharedChecks, retried"]
    for module in picked:
        names = sorted(rng.sample(module.names, rng.randrange(1, 3)))
        head.append(f"from {module.name} import {', '.join(names)}")
    head += GUARDED_IMPORT if rng.random() < 0.1 else []
    head += [*broken_head(kind, picked[0], token), ""]
    if area.mission:
        head += ["pytestmark = pytest.mark.mission_critical", ""]
    text = "\n".join(head) + f"\nCASES_{token} = [('a', 1), ('b', 2), ('c', {rng.randrange(99)})]\n\n\n"
    budget = blocks.sizes(BYTES_PER_FILE) - len(text)
    parts = list(test_parts(rng, token, budget, blocks))
    return text + "\n\n".join(parts) + "\n\n" + broken_tail(kind, token)


def test_parts(rng: Random, token: str, budget: int, blocks: Blocks) -> Iterator[str]:
    """Fixtures, helpers, functions and classes of one test file."""
    classes, functions = rng.randrange(1, 3), rng.randrange(0, 4)
    methods = [rng.randrange(2, 5) for _ in range(classes)]
    each = max(150, budget // (sum(methods) + functions + 2))
    yield (
        f"@pytest.fixture(scope='module')\ndef engine_{token}(area_name):\n"
        + blocks.body(each, 4, token)
        + "    return area_name\n"
    )
    yield f"def helper_{token}(value, *, retries=3):\n" + blocks.body(each, 4, token) + "    return value\n"
    for number in range(functions):
        decorator = rng.choice(
            (
                "",
                f"@pytest.mark.{rng.choice(MARKERS)}\n",
                "@pytest.mark.parametrize('name, amount', CASES_" + token + ")\n",
                "@retried(3)\n",
            )
        )
        arguments = "name, amount" if "parametrize" in decorator else ""
        prefix = "async " if rng.random() < 0.1 else ""
        yield f"{decorator}{prefix}def test_{rng.choice(WORDS)}_{number}({arguments}):\n" + blocks.body(each, 4, token)
    for number, count in enumerate(methods):
        yield test_class(rng, token, number, count, each, blocks)


def test_class(rng: Random, token: str, number: int, count: int, each: int, blocks: Blocks) -> str:
    """A class of tests: plain, a `TestCase`, or one that inherits shared checks."""
    base = rng.choice(("", "", "(SharedChecks)", "(BaseCase)", "(unittest.TestCase)"))
    text = f'class Test{rng.choice(WORDS).title()}{rng.choice(WORDS).title()}{number}{base}:\n    """Checks of {token}."""\n\n    limit = {rng.randrange(99)}\n\n'
    case = base in ("(BaseCase)", "(unittest.TestCase)")
    if rng.random() < 0.2 and not case:
        text = f"@pytest.mark.{rng.choice(MARKERS)}\n" + text
    for index in range(count):
        decorator, arguments = "", "self"
        if not case and rng.random() < 0.15:
            decorator, arguments = (
                f"    @pytest.mark.parametrize('size', [1, {rng.randrange(2, 9)}, 10])\n",
                "self, size",
            )
        text += (
            f"{decorator}    def test_{rng.choice(WORDS)}_{index}({arguments}):\n" + blocks.body(each, 8, token) + "\n"
        )
    return text


def broken_head(kind: str, module: Module, token: str) -> list[str]:
    """The import that fails, for the kinds that fail there."""
    return {
        "hub_name": ["from core.session import SessionGate"],
        "hub_name_through_helper": ["from tests.helpers.gates import work_gates_0"],
        "name": [f"from {module.name} import Missing{token}"],
        "name_in_dependency": ["import services.broken.stale_name"],
        "module": [f"from services.svc_000.gone_{token} import anything"],
        "module_in_dependency": ["from services.broken.chain import anything"],
        "marker_in_helper": ["from tests.helpers.real_services import RealServices"],
        "arity": ["", f"READY_{token} = retried(1, 2, 3)"],
        "attribute": ["", f"MODE_{token} = json.not_there"],
        "undefined": ["", f"def early(value: NeverImported{token}):", "    return value"],
    }.get(kind, [])


def broken_tail(kind: str, token: str) -> str:
    """The statement that fails, for the kinds that fail in the tests themselves."""
    return {
        "marker": f"\n@pytest.mark.not_registered_{token}\ndef test_marked():\n    assert True\n",
        "syntax": f"\ndef test_unfinished_{token}(:\n    assert True\n",
        "fixture_signature": "\nclass TestFixture:\n    @staticmethod\n    def build():\n        return 1\n\n    @pytest.fixture\n    def broken_one():\n        return 1\n\n    def test_it(self):\n        assert True\n",
    }.get(kind, "")


GUARDED_IMPORT = ["try:", "    import a_faster_json as fast_json", "except ImportError:", "    fast_json = None"]
PATH_EDIT = [
    "PROJECT_ROOT = Path(__file__).resolve().parents[3]",
    "if str(PROJECT_ROOT) not in sys.path:",
    "    sys.path.insert(0, str(PROJECT_ROOT))",
    "",
]

CONFIGURATION = f"""\
[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["."]
addopts = ["--import-mode=importlib", "--strict-markers"]
markers = [{", ".join(f'"{marker}: {marker} tests"' for marker in MARKERS)}]

[tool.muster.categories.mission_critical]
paths = ["tests/mission_critical"]
"""

ROOT_CONFTEST = """\
import os
import sys
from pathlib import Path

import pytest

os.environ.setdefault("ENVIRONMENT", "test")
ROOT = Path(__file__).parent


def pytest_configure(config):
    config.addinivalue_line("markers", "registered_late: registered by a conftest")


@pytest.fixture(autouse=True)
def root_fixture():
    yield ROOT
"""

TESTS_CONFTEST = """\
import pytest

from core import Config, Level
from core.registry import RegistryHub, open_registry
from tests.helpers.fixtures import shared_clock

REGISTRY = open_registry(Config())


@pytest.fixture
def registry():
    return REGISTRY


"""

AREA_CONFTEST = """\
import pytest

from core.settings import SettingsHub, open_settings


@pytest.fixture(scope="session")
def area_name():
    return "{name}"


"""

TYPES = """\
from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Kind(str, Enum):
    EVENT = "event"
    COMMAND = "command"


@dataclass(frozen=True)
class Record:
    name: str
    level: Level = Level.LOW
    tags: tuple[str, ...] = field(default_factory=tuple)


"""

CONFIG = """\
from __future__ import annotations

import os
from functools import lru_cache


class Config:
    environment = os.environ.get("ENVIRONMENT", "production")
    debug = environment != "production"

    def __init__(self, name: str = "default", **overrides: object) -> None:
        self.name = name
        self.overrides = overrides


@lru_cache(maxsize=None)
def default_config() -> Config:
    return Config()


"""

BASES = """\
import functools
import unittest

from core.config import default_config


def retried(times):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return function(*args, **kwargs)

        return wrapper

    return decorate


class SharedChecks:
    config = default_config()

    def test_shared_defaults(self):
        assert self.config is not None

    def test_shared_name(self):
        assert self.config.name


class BaseCase(unittest.TestCase):
    def setUp(self):
        self.config = default_config()

    def test_base_case(self):
        self.assertIsNotNone(self.config)


"""

SOURCE = """\

LIMIT_{token} = {number} * 10
DEFAULTS = {{"limit": LIMIT_{token}, "level": Level.LOW, "names": [f"name_{{index}}" for index in range(3)]}}


class {title}State(Enum):
    IDLE = "idle"
    BUSY = "busy"

    @property
    def is_idle(self) -> bool:
        return self is {title}State.IDLE


@dataclass
class {title}Entry:
    record: Record
    state: {title}State = {title}State.IDLE
    payload: dict[str, Any] = field(default_factory=dict)


def make_{token}(record: Record, on_change: Callable[..., None] | None = None) -> {title}Entry:
    return {title}Entry(record)


class {title}Service:
    entries: list[{title}Entry] = []
    limit = LIMIT_{token}

    @classmethod
    def create(cls, **options: Any) -> {title}Service:
        return cls()

"""

POLLUTER = """\
import sys
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(PROJECT_ROOT))


def test_agents():
    assert PROJECT_ROOT
"""

if __name__ == "__main__":
    sys.exit(main())
