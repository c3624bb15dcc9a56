"""Loses tests of real suites in a dozen silent ways, and changes them in a dozen harmless ones: does Muster tell them apart?

    python bench/lost.py --project SOURCE,PYTHON [--project ...] [--each 20] [--seed 0] [-o FILE.md]

SOURCE is a checkout, PYTHON an interpreter that has what it needs. A change is laid over the tree and the two are compared;
nothing is written and nothing of the project runs. A silent change that takes no test away is not counted. *Named*: each
node id that is gone is among the losses, no other is, each under a code that fits, with its culprit in a file that was
changed. *Quiet*: a harmless change yields no loss and no cause; where it deletes tests, it is those that are told as deleted.
"""

from __future__ import annotations

import argparse
import ast
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from posixpath import basename, dirname

from muster.comparison import Version, bare_id
from muster.facts.blocks import Block, read_blocks
from muster.model.collection import Collection
from muster.model.report import Report
from muster.ports import EntryKind
from muster.trees.overlay import OverlayTree
from muster.usecases.baseline import Base, Earlier
from muster.usecases.check import examine_whole
from muster.usecases.compare import report_of_changes
from muster.usecases.simulate import simulate
from muster.wiring import Choices, Workspace, open_workspace

TRIES = 12
"""Places that are tried for a kind before it is given up."""


@dataclass(frozen=True)
class Change:
    """Files with their new text (None: deleted), the codes that may name what it loses, and the bare ids that it deletes."""

    files: dict[str, str | None]
    codes: frozenset[str] = frozenset()
    deletes: frozenset[str] = frozenset()


@dataclass
class Project:
    """One project under test: its session as it is, and the files that hold its tests."""

    name: str
    workspace: Workspace
    collection: Collection
    rootdir: str
    earlier: Earlier
    texts: dict[str, str] = field(default_factory=dict)
    blocks: dict[str, tuple[Block, ...]] = field(default_factory=dict)

    def text(self, path: str) -> str:
        if path not in self.texts:
            self.texts[path] = self.workspace.ports.tree.read(path).decode("utf-8")
        return self.texts[path]

    def outline(self, path: str) -> tuple[Block, ...]:
        if path not in self.blocks:
            self.blocks[path] = read_blocks(self.text(path).encode())
        return self.blocks[path]


@dataclass(frozen=True)
class Spot:
    """A test in its own file: its bare id, its block, and its class's."""

    path: str
    bare: str
    block: Block
    owner: Block | None


Kind = Callable[[Project, random.Random], "Change | None"]


# Places --------------------------------------------------------------------------------------------------------------


def spots(project: Project, choose: random.Random) -> Iterator[Spot]:
    """Tests that stand in their own file, in any order."""
    items = list({bare_id(item.nodeid): item for item in project.collection.items}.items())
    choose.shuffle(items)
    for bare, item in items[: TRIES * 8]:
        file, _, names = bare.partition("::")
        path = f"{project.rootdir}/{file}"
        if path != item.path or not path.endswith(".py"):
            continue
        key = tuple(names.split("::"))
        own = [block for block in project.outline(path) if block.names == key and block.kind == "function"]
        owners = [block for block in project.outline(path) if block.names == key[:-1] and block.kind == "class"]
        if len(own) == 1 and not own[0].within and own[0].text.startswith((" ", "\t", "d", "a", "@")):
            yield Spot(path, bare, own[0], owners[0] if owners else None)


def spot(project: Project, choose: random.Random, *, in_class: bool | None = None) -> Spot | None:
    """One test, in a class or not, as wanted."""
    for found in spots(project, choose):
        if in_class is None or (found.owner is not None) == in_class:
            return found
    return None


def replaced(project: Project, path: str, block: Block, new: str) -> str | None:
    """The file's text with `new` in place of the block."""
    text = project.text(path)
    return text.replace(block.text, new, 1) if text.count(block.text) == 1 else None


def renamed(block: Block, new: str) -> str:
    """The block's text under another name."""
    old = block.names[-1]
    keyword = "class" if block.kind == "class" else "def"
    return block.text.replace(f"{keyword} {old}", f"{keyword} {new}", 1)


def edit(path: str, text: str | None, *codes: str, deletes: frozenset[str] = frozenset()) -> Change | None:
    """The change of one file, if there is one."""
    return None if text is None else Change({path: text}, frozenset(codes), deletes)


def indented(text: str, by: str = "    ") -> str:
    return "\n".join(by + line if line.strip() else line for line in text.split("\n"))


def margin(block: Block) -> str:
    first = block.text.split("\n", 1)[0]
    return first[: len(first) - len(first.lstrip())]


def with_body(block: Block, line: str) -> str | None:
    """The class with one more statement at the beginning of its body."""
    head, colon, body = block.text.partition(":\n")
    if not colon or "\n" in head.split("class ", 1)[-1]:
        return None
    return f"{head}:\n{margin(block)}    {line}\n\n{body}"


def header_replaced(block: Block, new: str) -> str | None:
    """The class with another header, below the same decorators; None where the header has several lines."""
    old = re.search(rf"^[ \t]*(class {block.names[-1]}\b[^\n]*:)[ \t]*$", block.text, re.MULTILINE)
    return old and block.text[: old.start(1)] + new + block.text[old.end(1) :]


def behind_imports(text: str, statement: str) -> str:
    """`text` with a statement behind its docstring and `__future__` imports."""
    at = 0
    for node in ast.parse(text).body:
        is_doc = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_doc or (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            at = node.end_lineno or at
        else:
            break
    lines = text.split("\n")
    return "\n".join([*lines[:at], statement, *lines[at:]])


# Silent losses -------------------------------------------------------------------------------------------------------


def class_pattern(project: Project, choose: random.Random) -> Change | None:
    """A class under another name; where its module still uses the old one, that fails."""
    found = spot(project, choose, in_class=True)
    if found is None or found.owner is None:
        return None
    bare = found.owner.names[-1].removeprefix("Test")
    bare = bare if bare and not bare.lower().startswith("test") else f"Some{bare}"
    new = renamed(found.owner, f"{bare}Tests")
    return edit(found.path, replaced(project, found.path, found.owner, new), "M403", "M302")


def function_pattern(project: Project, choose: random.Random) -> Change | None:
    found = spot(project, choose)
    if found is None:
        return None
    new = choose.choice(["check_", "verify_", "_"]) + found.block.names[-1].removeprefix("test_")
    return edit(found.path, replaced(project, found.path, found.block, renamed(found.block, new)), "M403", "M406")


def constructor(project: Project, choose: random.Random) -> Change | None:
    """An `__init__`; where warnings are errors, pytest's own about it blocks the file."""
    found = spot(project, choose, in_class=True)
    if found is None or found.owner is None:
        return None
    body = with_body(found.owner, "def __init__(self):\n        self.ready = True")
    return edit(found.path, body and replaced(project, found.path, found.owner, body), "M401", "M303")


def duplicate_name(project: Project, choose: random.Random) -> Change | None:
    found = spot(project, choose)
    if found is None:
        return None
    peers = [
        block
        for block in project.outline(found.path)
        if block.kind == "function"
        and block.names[:-1] == found.block.names[:-1]
        and block.names[-1].startswith("test")
        and block.names != found.block.names
    ]
    if not peers:
        return None
    new = choose.choice(peers).names[-1]
    return edit(found.path, replaced(project, found.path, found.block, renamed(found.block, new)), "M402")


def excluded_folder(project: Project, choose: random.Random) -> Change | None:
    """A folder of tests, or one file, left out by a conftest."""
    found = spot(project, choose)
    if found is None:
        return None
    conftest = f"{dirname(found.path)}/conftest.py"
    known = project.workspace.ports.tree.kind(conftest) is EntryKind.FILE
    text = project.text(conftest) if known else ""
    if "collect_ignore" in text:
        return None
    return edit(conftest, f'{text}\ncollect_ignore = ["{basename(found.path)}"]\n', "M404")


def file_pattern(project: Project, choose: random.Random) -> Change | None:
    found = spot(project, choose)
    if found is None:
        return None
    stem = basename(found.path).removesuffix(".py").removeprefix("test_").removesuffix("_test")
    new = f"{dirname(found.path)}/{stem}_checks.py"
    return Change({found.path: None, new: project.text(found.path)}, frozenset(("M403",)))


def broken_import(project: Project, choose: random.Random) -> Change | None:
    found = spot(project, choose)
    if found is None:
        return None
    statement = choose.choice(
        ["from no_such_package.inner import thing", "from os import no_such_name", "import no_such_module"]
    )
    codes = ("M101", "M102", "M103", "M107", "M108", "M201", "M202", "M203", "M204", "M106")
    return edit(found.path, behind_imports(project.text(found.path), statement), *codes)


def syntax_error(project: Project, choose: random.Random) -> Change | None:
    found = spot(project, choose)
    return found and edit(found.path, project.text(found.path) + "\ndef broken(:\n    pass\n", "M301")


def header_broken(project: Project, choose: random.Random) -> Change | None:
    """A class whose header is no longer one: its tests stand below nothing."""
    found = spot(project, choose, in_class=True)
    if found is None or found.owner is None:
        return None
    text = header_replaced(found.owner, choose.choice([f"clas {found.owner.names[-1]}:", "@registered:", "class :"]))
    return edit(found.path, text and replaced(project, found.path, found.owner, text), "M301")


def wrapped_in_suppress(project: Project, choose: random.Random) -> Change | None:
    found = spot(project, choose, in_class=False)
    if found is None:
        return None
    new = f"from contextlib import suppress\n\nwith suppress(ImportError):\n    import no_such_module\n\n{indented(found.block.text)}"
    return edit(found.path, replaced(project, found.path, found.block, new), "M406")


def under_a_condition(project: Project, choose: random.Random) -> Change | None:
    found = spot(project, choose)
    if found is None:
        return None
    own = margin(found.block)
    condition = choose.choice(["False", "__debug__ is None", "1 > 2"])
    new = f"{own}if {condition}:\n{indented(found.block.text)}"
    return edit(found.path, replaced(project, found.path, found.block, new), "M406")


def decorated_away(project: Project, choose: random.Random) -> Change | None:
    """A class that a decorator makes a function; where others inherit from it, that fails."""
    found = spot(project, choose, in_class=True)
    if found is None or found.owner is None:
        return None
    own = margin(found.owner)
    if own:
        return None
    new = f"def registered(cls):\n    return lambda *args: cls(*args)\n\n\n@registered\n{found.owner.text}"
    return edit(found.path, replaced(project, found.path, found.owner, new), "M408", "M406", "M303")


def dropped_base(project: Project, choose: random.Random) -> Change | None:
    """A class without the bases that make it a test class, or that it inherits tests from."""
    items = list(project.collection.items)
    choose.shuffle(items)
    for item in items[: TRIES * 20]:
        file, _, names = bare_id(item.nodeid).partition("::")
        path, key = f"{project.rootdir}/{file}", tuple(names.split("::"))
        if len(key) < 2 or not path.endswith(".py"):
            continue
        owners = [block for block in project.outline(path) if block.names == key[:-1] and block.kind == "class"]
        inherits = not any(block.names == key for block in project.outline(path))
        if len(owners) == 1 and owners[0].bases and (inherits or not key[-2].startswith("Test")):
            text = header_replaced(owners[0], f"class {key[-2]}:")
            if text is not None:
                return edit(path, replaced(project, path, owners[0], text), "M406", "M403")
    return None


def not_a_test(project: Project, choose: random.Random) -> Change | None:
    found = spot(project, choose, in_class=True)
    if found is None or found.owner is None:
        return None
    body = with_body(found.owner, "__test__ = False")
    return edit(found.path, body and replaced(project, found.path, found.owner, body), "M406")


def no_parameters(project: Project, choose: random.Random) -> Change | None:
    """A parametrized test without values; where it names them (`ids`), pytest fails over the number."""
    for found in spots(project, choose):
        for decorator in ast.parse(_dedented(found.block)).body[0].decorator_list:  # type: ignore[attr-defined]  # a def
            if (
                isinstance(decorator, ast.Call)
                and ast.unparse(decorator.func).endswith("mark.parametrize")
                and len(decorator.args) == 2
                and isinstance(decorator.args[1], ast.List | ast.Tuple)
            ):
                old = ast.get_source_segment(_dedented(found.block), decorator.args[1])
                if old and found.block.text.count(old) == 1 and "\n" not in old:
                    new = found.block.text.replace(old, "[]", 1)
                    return edit(found.path, replaced(project, found.path, found.block, new), "M409", "M309")
    return None


def module_skip(project: Project, choose: random.Random) -> Change | None:
    found = spot(project, choose)
    if found is None:
        return None
    statement = 'import pytest\npytest.importorskip("no_such_module")'
    return edit(found.path, behind_imports(project.text(found.path), statement), "M407")


def deleted_class_name(project: Project, choose: random.Random) -> Change | None:
    """A name that is bound anew below its class."""
    found = spot(project, choose, in_class=True)
    if found is None or found.owner is None or margin(found.owner):
        return None
    return edit(found.path, f"{project.text(found.path)}\n\n{found.owner.names[-1]} = None\n", "M406", "M402", "M408")


# Harmless changes ----------------------------------------------------------------------------------------------------


def rename_test(project: Project, choose: random.Random) -> Change | None:
    found = spot(project, choose)
    if found is None:
        return None
    new = renamed(found.block, f"{found.block.names[-1]}_again")
    return edit(found.path, replaced(project, found.path, found.block, new))


def rename_and_edit(project: Project, choose: random.Random) -> Change | None:
    found = spot(project, choose)
    if found is None or len(found.block.text.splitlines()) < 4:
        return None
    lines = renamed(found.block, f"test_renamed_{choose.randrange(100)}").split("\n")
    indent = lines[-1][: len(lines[-1]) - len(lines[-1].lstrip())]
    if lines[-1].strip().startswith((")", "]", "}", '"""', "'''")):
        return None
    return edit(found.path, replaced(project, found.path, found.block, "\n".join([*lines, f"{indent}assert True"])))


def rename_class(project: Project, choose: random.Random) -> Change | None:
    found = spot(project, choose, in_class=True)
    if found is None or found.owner is None:
        return None
    new = renamed(found.owner, f"{found.owner.names[-1]}Again")
    return edit(found.path, replaced(project, found.path, found.owner, new))


def move_file(project: Project, choose: random.Random) -> Change | None:
    found = spot(project, choose)
    if found is None or "from ." in project.text(found.path):
        return None
    new = f"{dirname(found.path)}/test_moved_{choose.randrange(1000)}.py"
    return Change({found.path: None, new: project.text(found.path)})


def move_test(project: Project, choose: random.Random) -> Change | None:
    """A function to a new file, with the imports of the old one."""
    found = spot(project, choose, in_class=False)
    if found is None:
        return None
    text = project.text(found.path)
    rest = replaced(project, found.path, found.block, "")
    imports = "\n".join(
        ast.get_source_segment(text, node) or ""
        for node in ast.parse(text).body
        if isinstance(node, ast.Import | ast.ImportFrom)
    )
    names = {node.id for node in ast.walk(ast.parse(_dedented(found.block))) if isinstance(node, ast.Name)}
    known = {block.names[0] for block in project.outline(found.path)} - {found.block.names[0]}
    if rest is None or names & known or "from ." in imports:
        return None  # it needs more of its module than the imports
    new = f"{dirname(found.path)}/test_moved_{choose.randrange(1000)}.py"
    return Change({found.path: rest, new: f"{imports}\n\n\n{found.block.text}\n"})


def delete_test(project: Project, choose: random.Random) -> Change | None:
    found = spot(project, choose)
    if found is None:
        return None
    text = replaced(project, found.path, found.block, f"{margin(found.block)}pass" if found.owner else "")
    return edit(found.path, text, deletes=frozenset((found.bare,)))


def delete_class(project: Project, choose: random.Random) -> Change | None:
    found = spot(project, choose, in_class=True)
    if found is None or found.owner is None or len(found.owner.names) > 1:
        return None
    if project.text(found.path).count(found.owner.names[-1]) > found.owner.text.count(found.owner.names[-1]):
        return None  # others need it
    below = f"{found.bare.rpartition('::')[0]}::"
    gone = {bare_id(item.nodeid) for item in project.collection.items if item.nodeid.startswith(below)}
    return edit(found.path, replaced(project, found.path, found.owner, ""), deletes=frozenset(gone))


def delete_file(project: Project, choose: random.Random) -> Change | None:
    found = spot(project, choose)
    if found is None:
        return None
    below = f"{found.bare.partition('::')[0]}::"
    gone = {bare_id(item.nodeid) for item in project.collection.items if item.nodeid.startswith(below)}
    return Change({found.path: None}, deletes=frozenset(gone))


def reformat(project: Project, choose: random.Random) -> Change | None:
    """The whole file written anew from its syntax tree: no comment, no blank and no line stays where it was."""
    found = spot(project, choose)
    return found and edit(found.path, ast.unparse(ast.parse(project.text(found.path))) + "\n")


def reorder(project: Project, choose: random.Random) -> Change | None:
    """A test moved to the end of its module."""
    found = spot(project, choose, in_class=False)
    if found is None:
        return None
    rest = replaced(project, found.path, found.block, "")
    return edit(found.path, rest and f"{rest.rstrip()}\n\n\n{found.block.text}\n")


def edit_body(project: Project, choose: random.Random) -> Change | None:
    """All of the test's statements replaced."""
    found = spot(project, choose)
    if found is None:
        return None
    node = ast.parse(_dedented(found.block)).body[0]
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    node.body = [ast.parse("assert 'rewritten'").body[0]]
    new = indented(ast.unparse(node), margin(found.block))
    return edit(found.path, replaced(project, found.path, found.block, new))


def add_test(project: Project, choose: random.Random) -> Change | None:
    found = spot(project, choose)
    return found and edit(found.path, project.text(found.path) + "\n\ndef test_quite_new():\n    assert True\n")


def into_a_class(project: Project, choose: random.Random) -> Change | None:
    """A function becomes a method of a new class."""
    found = spot(project, choose, in_class=False)
    if found is None or "staticmethod" in found.block.text:
        return None
    head, _, rest = found.block.text.partition(f"def {found.block.names[0]}(")
    new = f"{head}def {found.block.names[0]}(self, {rest}".replace("(self, )", "(self)")
    return edit(found.path, replaced(project, found.path, found.block, f"class TestGathered:\n{indented(new)}"))


def fewer_parameters(project: Project, choose: random.Random) -> Change | None:
    """One of several values of a parametrized test removed."""
    for found in spots(project, choose):
        source = _dedented(found.block)
        for decorator in ast.parse(source).body[0].decorator_list:  # type: ignore[attr-defined]  # a def
            if (
                isinstance(decorator, ast.Call)
                and ast.unparse(decorator.func).endswith("mark.parametrize")
                and len(decorator.args) == 2
                and not decorator.keywords
                and isinstance(decorator.args[1], ast.List)
                and len(decorator.args[1].elts) > 2
            ):
                old = ast.get_source_segment(source, decorator.args[1])
                shorter = ast.unparse(ast.List(decorator.args[1].elts[:-1], ast.Load()))
                if old and source.count(old) == 1:
                    new = indented(source.replace(old, shorter, 1), margin(found.block))
                    return edit(found.path, replaced(project, found.path, found.block, new))
    return None


def _dedented(block: Block) -> str:
    own = margin(block)
    return "\n".join(line.removeprefix(own) for line in block.text.split("\n"))


SILENT: dict[str, Kind] = {
    "class renamed away": class_pattern,
    "function renamed away": function_pattern,
    "constructor added": constructor,
    "name duplicated": duplicate_name,
    "file excluded": excluded_folder,
    "file renamed away": file_pattern,
    "import broken": broken_import,
    "syntax broken": syntax_error,
    "class header broken": header_broken,
    "wrapped in suppress": wrapped_in_suppress,
    "under a condition": under_a_condition,
    "class decorated away": decorated_away,
    "base class dropped": dropped_base,
    "`__test__ = False`": not_a_test,
    "no parameters left": no_parameters,
    "module skipped": module_skip,
    "class name bound anew": deleted_class_name,
}
HARMLESS: dict[str, Kind] = {
    "test renamed": rename_test,
    "test renamed and edited": rename_and_edit,
    "class renamed": rename_class,
    "file moved": move_file,
    "test moved": move_test,
    "test deleted": delete_test,
    "class deleted": delete_class,
    "file deleted": delete_file,
    "file reformatted": reformat,
    "tests reordered": reorder,
    "test rewritten": edit_body,
    "test added": add_test,
    "function to method": into_a_class,
    "parameter deleted": fewer_parameters,
}


# Judging -------------------------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """Cases and successes by kind, and a line for each miss."""

    cases: Counter[str] = field(default_factory=Counter)
    good: Counter[str] = field(default_factory=Counter)
    tests: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)


def run_case(project: Project, change: Change, *, is_silent: bool) -> tuple[str | None, int]:
    """What is wrong with Muster's answer ("" for nothing, None where the change is no case), and the tests at stake."""
    workspace = project.workspace
    contents = {path: None if text is None else text.encode() for path, text in change.files.items()}
    ports = replace(workspace.ports, tree=OverlayTree(workspace.ports.tree, contents), history=None)
    before = {bare_id(item.nodeid): item for item in project.collection.items}
    base = Base("before", "the suite as it is", workspace.plan, lambda _: project.earlier, workspace.ports.tree)
    checked = examine_whole(ports, workspace.clock, workspace.plan, base=base)
    later = checked.collection
    after = {bare_id(item.nodeid) for item in later.items}
    gone = {bare for bare in before if bare not in after}
    spelled = {item.nodeid for item in project.collection.items} - {item.nodeid for item in later.items}
    if is_silent and not spelled:
        return None, 0
    report = report_of_changes(checked)
    if is_silent:
        return _judge_loss(report, change, gone, spelled, workspace.plan.root), len(spelled)
    return _judge_quiet(report, change), len(spelled)


def _judge_loss(report: Report, change: Change, gone: set[str], spelled: set[str], root: str) -> str:
    assert report.baseline is not None
    lost = {bare_id(loss.nodeid) for loss in report.baseline.lost}
    wanted = gone or {bare_id(nodeid) for nodeid in spelled}
    if missing := wanted - lost:
        return f"{len(missing)} of {len(wanted)} not told: {min(missing)}"
    if extra := lost - wanted:
        return f"told though not lost: {min(extra)}"
    files = {path.removeprefix(root + "/") for path in change.files}
    for loss in report.baseline.lost:
        cause = report.causes[(loss.cause or 0) - 1] if loss.cause else None
        if cause is None or cause.code not in change.codes:
            return f"{loss.nodeid}: {cause.code if cause else 'no cause'} instead of {'/'.join(sorted(change.codes))}"
        if cause.culprit is None or cause.culprit.path not in files:
            return f"{loss.nodeid}: the culprit is {cause.culprit}"
    return ""


def _judge_quiet(report: Report, change: Change) -> str:
    assert report.baseline is not None
    if report.baseline.lost:
        return f"false alarm: {report.baseline.lost[0].nodeid}: {report.causes[0].message if report.causes else ''}"
    if report.causes:
        return f"false alarm: {report.causes[0].code} {report.causes[0].message}"
    deleted = {bare_id(nodeid) for nodeid in report.baseline.deleted}
    if change.deletes and deleted != change.deletes:
        return f"deleted: {len(change.deletes)}, told: {len(deleted)}"
    return ""


def measure(projects: Sequence[Project], kinds: dict[str, Kind], each: int, seed: int, *, is_silent: bool) -> Tally:
    """`each` cases of every kind, spread over the projects."""
    tally = Tally()
    for name, make in kinds.items():
        done: set[str] = set()
        for turn in range(each * 6):
            if tally.cases[name] >= each:
                break
            project = projects[turn % len(projects)]
            choose = random.Random(f"{seed} {name} {project.name} {turn}")
            change = next((made for _ in range(TRIES) if (made := make(project, choose)) is not None), None)
            if change is None or repr(change.files) in done:
                continue
            done.add(repr(change.files))
            wrong, tests = run_case(project, change, is_silent=is_silent)
            if wrong is None:
                continue
            tally.cases[name] += 1
            tally.good[name] += not wrong
            tally.tests[name] += tests
            if wrong:
                tally.misses.append(
                    f"{name}: {project.name}, turn {turn}, {basename(next(iter(change.files)))}: {wrong}"
                )
        print(f"{name}: {tally.good[name]} of {tally.cases[name]}", file=sys.stderr, flush=True)
    return tally


def render(silent: Tally, harmless: Tally, seconds: float) -> str:
    """The two tables and the misses, in Markdown."""
    lines = ["| silent change | cases | tests lost | named |", "|---|---|---|---|"]
    for name, cases in silent.cases.items():
        lines.append(f"| {name} | {cases} | {silent.tests[name]} | {silent.good[name]} |")
    total, good = silent.cases.total(), silent.good.total()
    lines += [f"| **all** | {total} | {silent.tests.total()} | **{good}** ({good / max(total, 1):.1%}) |", ""]
    lines += ["| harmless change | cases | false alarms or misjudged |", "|---|---|---|"]
    for name, cases in harmless.cases.items():
        lines.append(f"| {name} | {cases} | {cases - harmless.good[name]} |")
    lines.append(f"| **all** | {harmless.cases.total()} | **{len(harmless.misses)}** |")
    lines += ["", *(f"- {miss}" for miss in (*silent.misses, *harmless.misses)), "", f"{seconds:.0f} s"]
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Print the tables; 1 where anything was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--project", action="append", required=True, metavar="SOURCE,PYTHON")
    parser.add_argument("--each", type=int, default=14, help="cases of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", default="", help="only kinds whose names contain this")
    parser.add_argument("-o", "--output", default="")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    with ExitStack() as opened:
        projects = []
        for word in options.project:
            source, _, python = word.partition(",")
            workspace = opened.enter_context(open_workspace(Choices(root=source, python=python)))
            simulation = simulate(workspace.ports, workspace.plan.request)
            rootdir = simulation.invocation.rootdir
            earlier = Earlier(simulation.collection, Version.of_tree(workspace.ports.tree), rootdir)
            projects.append(Project(Path(source).name, workspace, simulation.collection, rootdir, earlier))
            print(f"{projects[-1].name}: {len(simulation.collection.items)} tests", file=sys.stderr)
        wanted = {name: kind for name, kind in SILENT.items() if options.kinds in name}
        silent = measure(projects, wanted, options.each, options.seed, is_silent=True)
        wanted = {name: kind for name, kind in HARMLESS.items() if options.kinds in name}
        harmless = measure(projects, wanted, options.each, options.seed, is_silent=False)
    text = render(silent, harmless, time.monotonic() - started)
    if options.output:
        Path(options.output).write_text(text, encoding="utf-8")
    print(text)
    return 1 if silent.misses or harmless.misses else 0


if __name__ == "__main__":
    raise SystemExit(main())
