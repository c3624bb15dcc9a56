"""The job's summary."""

from __future__ import annotations

import msgspec
import pytest
from tests.unit.render.sample_reports import lost_tests, polluted_path, report

from muster import __documentation__
from muster.model.report import Fix, Verdict
from muster.render.markdown import code_block, code_span, render_markdown

WHOLE = f"""\
## Muster: 1 root cause to put right

`mission_critical` · 405 files · 1 445 tests · 1 file blocked (12 tests) · 1 test lost · 1 undecided · checked in 1.4 s

### 1. [M105]({__documentation__}/causes/M105/) search path polluted (error): blocks 1 file, 12 tests

```text
'infrastructure' resolves to tests/infrastructure/__init__.py, not infrastructure/
```

- culprit: `tests/golden/test_agent.py:43`
  - `sys.path.insert(0, str(PROJECT_ROOT))`
- blocked: `tests/test_vpc.py`
- fix: `parents[3] at line 42`: `proved: 12 tests back, none lost`
- or: `delete line 43`
- not: `infrastructure/__init__.py`: `refuted: tests/ stays first`

### 2. [M402]({__documentation__}/causes/M402/) test defined twice (warning, likely): loses 1 test

```text
the second 'test_one' replaces the first
```

- culprit: `tests/test_twice.py:9`
  - `def test_one():`
- lost: `tests/test_twice.py::test_one`

### Not examined

- `tests/locked.py: permission denied`
"""


def test_the_summary_is_counts_then_causes() -> None:
    assert render_markdown(report()) == WHOLE


def test_a_patch_is_a_block_unless_it_is_refuted() -> None:
    verdict = Verdict(state="proved", by="simulation", back=1, lost=0, new_failures=0, uncovers=(), reason="")
    fix = Fix(id="a", title="mend it", patch="--- a\n+++ b\n-```\n+x\n", verdict=verdict)
    refuted = Fix(id="b", title="no", patch="+y\n", verdict=msgspec.structs.replace(verdict, state="refuted", back=0))
    printed = render_markdown(report(causes=(msgspec.structs.replace(lost_tests(), fixes=(fix, refuted)),)))
    assert "+y" not in printed
    assert "- fix: `mend it`: `proved: 1 test back, none lost`\n\n````diff\n--- a\n+++ b\n-```\n+x\n````\n" in printed


def test_it_stays_below_what_github_takes() -> None:
    """One mebibyte, and of a report as large as anybody has."""
    huge = msgspec.structs.replace(
        polluted_path(),
        message="x" * 100_000,
        victims=("y" * 4_000,) * 5_000,
        lost=("z" * 4_000,) * 5_000,
        lost_count=5_000,
    )
    printed = render_markdown(report(causes=(huge,) * 500))
    assert 100_000 < len(printed.encode()) < 1024 * 1024
    assert "and 494 more root causes" in printed
    assert "- and 4990 more" in printed
    small = render_markdown(report(causes=(lost_tests(),) * 500))
    assert "and 470 more root causes" in small


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("a", "`a`"),
        ("a`b", "``a`b``"),
        ("`a``", "``` `a`` ```"),
        (" a", "`  a `"),
        (" ", "` `"),
        ("", "` `"),
        ("a\nb\x1b", "`a\\nb\\x1b`"),
    ],
)
def test_code_on_one_line(text: str, span: str) -> None:
    assert code_span(text) == span


def test_a_block_ends_where_we_end_it() -> None:
    assert code_block("a\n````\nb\n", "text") == ["`````text", "a", "````", "b", "`````"]
