"""The scenarios' own language: what it reads, and which differences it sees."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.outcome import lines_of, real_differences, simulated_differences
from tests.support.scenario import (
    ExpectLine,
    ScenarioError,
    all_scenarios,
    parse_line,
    parse_scenarios,
    render_scenario,
)

from muster.model.collection import Collection, CollectorReport, Item, Outcome, RaisedException, Session

PLACES = {"/project": "${ROOT}"}

DOCUMENT = """# Suite

## One scenario

Why it is so.

`pkg/mod.py`

```python
# a comment, not a heading
## nor this
value = 1
```

Empty: `pkg/__init__.py`, `pkg/other.py`

Folder: `empty/folder`

Symlink: `link.py` -> `pkg/mod.py`

`latin.py`:

```bytes
b"\\xe9"
b"\\n"
```

```config
args = ["pkg"]
modes = ["prepend", "importlib"]
```

```expect mode=prepend
item pkg/mod.py::test_a[x y]
error pkg/bad\\ name.py [M101, M103] ImportError: no # pytest<9 # python>=3.12
exit 2
```

```expect mode=importlib
exit 5
```
"""


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """A document that uses every notation."""
    path = tmp_path / "suite.md"
    path.write_text(DOCUMENT)
    return path


def test_every_notation_is_read(document: Path) -> None:
    """Files, empty files, bytes, folders, links, configuration and expectations by mode."""
    (scenario,) = parse_scenarios(document)
    assert scenario.name == "One scenario"
    assert scenario.files == {
        "pkg/mod.py": b"# a comment, not a heading\n## nor this\nvalue = 1\n",
        "pkg/__init__.py": b"",
        "pkg/other.py": b"",
        "latin.py": b"\xe9\n",
    }
    assert (scenario.folders, scenario.symlinks) == (("empty/folder",), {"link.py": "pkg/mod.py"})
    assert scenario.arguments("importlib") == ("--import-mode=importlib", "pkg")
    assert [line.verb for line in scenario.expected("prepend", "9.0.1", "3.12.0")] == ["item", "exit"]
    assert len(scenario.expected("prepend", "8.4.2", "3.12.0")) == 3
    assert [str(line) for line in scenario.expected("importlib", "9.0", "3.11.1")] == ["exit 5"]


@pytest.mark.parametrize(
    "text",
    [
        "item tests/test_a.py::test_one[a # b]",
        "error t.py [M302] NameError: name 'x' is not defined # pytest>=8.4,<9 # python<3.12",
        "item t.py::t # diverges: pytest reads the disk",
    ],
)
def test_a_line_reads_as_it_is_written(text: str) -> None:
    """Parsing and writing a line are each other's inverse; a hash in an id is no mark."""
    assert str(parse_line(text)) == text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("## A\n\n`a.py`\n\n```python\nx = 1\n", "never closed"),
        ("## A\n\n```python\nx = 1\n```\n", "without a path"),
        ("## A\n\n```config\nargz = []\n```\n", "unknown setting"),
        ("## A\n\n```config\nargs = [\n```\n", "Unclosed|Invalid"),
        ("## A\n\n## A\n", "two scenarios"),
    ],
)
def test_a_slip_in_a_document_is_told(tmp_path: Path, text: str, problem: str) -> None:
    """Nothing in a scenario is ignored silently."""
    path = tmp_path / "suite.md"
    path.write_text(text)
    with pytest.raises(ScenarioError, match=problem):
        parse_scenarios(path)


def test_a_rendered_scenario_parses_back(document: Path, tmp_path: Path) -> None:
    """What a generated project prints can be pasted into a document."""
    (scenario,) = parse_scenarios(document)
    files = {name: content for name, content in scenario.files.items() if name != "latin.py"}
    path = tmp_path / "again.md"
    path.write_text(render_scenario(replace(scenario, files=files)))
    (again,) = parse_scenarios(path)
    assert (again.files, again.args, again.modes) == (files, scenario.args, scenario.modes)
    assert (again.folders, again.symlinks) == (scenario.folders, scenario.symlinks)


def _collection(*, undecided: bool = False) -> Collection:
    error = RaisedException("ModuleNotFoundError", "No module named 'x'\nin /project/b.py")
    outcome = Outcome.UNDECIDED if undecided else Outcome.FAILED
    report = CollectorReport("b.py", "/project/b.py", outcome, None if undecided else error)
    items = (Item("a.py::test_1", "/project/a.py"), Item("a.py::test_2", "/project/a.py"))
    return Collection(session=Session(pytest_exit=2), items=items, reports=(report,))


EXPECTED = [
    "item a.py::test_1",
    "item a.py::test_2",
    r"error b.py ModuleNotFoundError: No module named 'x'\nin ${ROOT}/b.py",
    "exit 2",
]


def _lines(*texts: str) -> list[ExpectLine]:
    return [parse_line(text) for text in texts]


def test_a_collection_in_the_words_of_a_block() -> None:
    """Line breaks and the project's folder are written as placeholders."""
    assert [str(line) for line in lines_of(_collection(), PLACES)] == EXPECTED


@pytest.mark.parametrize(
    ("lines", "differences"),
    [
        (EXPECTED, []),
        ([*EXPECTED[:2], "error b.py ModuleNotFoundError: No module ...", "exit 2"], []),
        ([EXPECTED[0], *EXPECTED[2:]], ["extra:   item a.py::test_2"]),
        (["item a.py::test_0", *EXPECTED], ["missing: item a.py::test_0"]),
        ([*EXPECTED[:3], "exit 0"], ["missing: exit 0", "extra:   exit 2"]),
    ],
)
def test_differences_from_real_pytest(lines: list[str], differences: list[str]) -> None:
    """Missing and extra lines are told, an open ending matches."""
    assert real_differences(_lines(*lines), _collection(), PLACES) == differences


def test_the_order_of_items_counts() -> None:
    """The same items in another order are a difference."""
    lines = _lines(EXPECTED[1], EXPECTED[0], *EXPECTED[2:])
    (difference,) = real_differences(lines, _collection(), PLACES)
    assert difference.startswith("order of 'item'")


def test_a_declared_divergence_excuses_and_expires() -> None:
    """A line that diverges must be missing from the simulation; one that is said after all is stale."""
    diverging = [*EXPECTED, "item a.py::test_3 # diverges: made by a plugin"]
    assert simulated_differences(_lines(*diverging), _collection(), PLACES) == []
    stale = [EXPECTED[0] + " # diverges: once", *EXPECTED[1:]]
    assert simulated_differences(_lines(*stale), _collection(), PLACES)[0].startswith("stale divergence")


def test_what_is_declared_undecided_is_not_compared_and_must_be_undecided() -> None:
    """The declaration covers the node and the exit code, nothing else."""
    lines = _lines(*EXPECTED, "undecided b.py")
    assert simulated_differences(lines, _collection(undecided=True), PLACES) == []
    assert "missing: undecided b.py (these are: [])" in simulated_differences(lines, _collection(), PLACES)


def test_ids_of_scenarios_are_unique() -> None:
    """Over all documents: an id names one scenario."""
    ids = [scenario.id for scenario in all_scenarios()]
    assert len(ids) == len(set(ids))


def test_every_scenario_says_why_and_what() -> None:
    """A scenario has a heading that is a statement of its own and an expect block for each of its modes."""
    for scenario in all_scenarios():
        assert scenario.blocks, f"{scenario.id} expects nothing"
        named = {mode for block in scenario.blocks for mode in block.modes}
        assert named <= set(scenario.modes), f"{scenario.id} expects something of a mode that it does not run"


@pytest.mark.parametrize("verb", ["undecided", "unexpanded"])
def test_what_is_left_open_says_why_only_running_can_tell(tmp_path: Path, verb: str) -> None:
    """No scenario leaves anything open without a reason, nor does it lose the reason when it is recorded again."""
    path = tmp_path / "suite.md"
    path.write_text(f"# Suite\n\n## One\n\n```expect\n{verb} a.py\n```\n")
    with pytest.raises(ScenarioError, match=f"suite.md:5: '{verb} a.py' does not say why"):
        parse_scenarios(path)
    text = f"{verb} a.py # only running: the clock decides # pytest<9"
    path.write_text(f"# Suite\n\n## One\n\n```expect\n{text}\n```\n")
    [scenario] = parse_scenarios(path)
    [line] = scenario.blocks[0].lines
    assert (line.rest, line.only_running, str(line)) == ("a.py", "the clock decides", text)


def test_a_divergence_gives_its_reason() -> None:
    with pytest.raises(ScenarioError, match="no reason"):
        parse_line("exit 2 # diverges:  ")
