"""What was lost against the baseline, in the formats that tell of more than causes."""

from __future__ import annotations

import msgspec
from tests.unit.render.sample_reports import lost_tests, report

from muster.model.report import (
    BareComparison,
    BaselineChange,
    BaselineLoss,
    BaselineReport,
    NewlyBlocked,
    Renaming,
    Since,
)
from muster.render.baseline import render_baseline
from muster.render.html import render_html
from muster.render.layout import Canvas
from muster.render.markdown import render_markdown
from muster.render.text import render_text

BASELINE = BaselineReport(
    base="1234567890abcdef1234567890abcdef12345678",
    against="the merge base with main",
    tests=20_000,
    lost=tuple(BaselineLoss(nodeid=f"tests/test_a.py::T{number}", cause=2, commit="") for number in range(1_200)),
    deleted=("tests/test_old.py::test_x",),
    renamed=(Renaming(before="tests/test_a.py::test_b", after="tests/test_a.py::test_c"),),
    gained=("tests/test_new.py::test_y", "tests/test_new.py::test_z"),
    changes=(
        BaselineChange(
            cause=2,
            change="1126 classes renamed away from 'Test*'",
            tests=1_190,
            since=Since(commit="fedcba9876543210", author="Ann", date="2026-01-02T03:04:05Z", subject="Tidy up"),
        ),
        BaselineChange(cause=None, change="no cause is known", tests=10, since=None, uncommitted=True),
    ),
    blocked=(NewlyBlocked(path="tests/test_vpc.py", cause=1, tests=12),),
    bare=(BareComparison(subject="tests/test_p.py", reason="its parameters are known on one side only"),),
)
AT_100 = """\
compared with 1234567890 (the merge base with main): 1 200 tests lost, 1 deleted on purpose, 1
renamed, 2 gained, 1 file newly blocked
  lost       1 190 tests, cause 2: 1126 classes renamed away from 'Test*' (by fedcba9876 2026-01-02
             Ann: Tidy up)
             10 tests: no cause is known (not committed yet)
  blocked    tests/test_vpc.py, 12 tests, cause 1
  bare ids   tests/test_p.py: its parameters are known on one side only"""


def test_a_change_is_one_row_however_many_tests_it_lost() -> None:
    assert "\n".join(render_baseline(BASELINE, Canvas(width=100))) == AT_100
    assert f"\n{AT_100}\n" in render_text(report(baseline=BASELINE), Canvas(width=100))


def test_what_went_on_purpose_is_named_where_all_is_asked_for() -> None:
    lines = render_baseline(BASELINE, Canvas(width=100, verbose=True))
    assert lines[-4:] == [
        "  deleted    tests/test_old.py::test_x",
        "  renamed    tests/test_a.py::test_b is now tests/test_a.py::test_c",
        "  gained     tests/test_new.py::test_y",
        "             tests/test_new.py::test_z",
    ]


def test_nothing_lost_is_one_line() -> None:
    whole = msgspec.structs.replace(
        BASELINE, lost=(), deleted=(), renamed=(), gained=(), changes=(), blocked=(), bare=()
    )
    assert render_baseline(whole, Canvas(width=100)) == [
        "compared with 1234567890 (the merge base with main): no test lost"
    ]


def test_the_summary_and_the_page_tell_it_too() -> None:
    markdown = render_markdown(report(baseline=BASELINE, causes=(lost_tests(),)))
    assert "**Baseline:** `compared with 1234567890 (the merge base with main): 1 200 tests lost, " in markdown
    assert (
        "\n- lost: `1 190 tests, cause 2: 1126 classes renamed away from 'Test*' (by fedcba9876 2026-01-02 Ann: Tidy up)`"
        in markdown
    )
    page = render_html(report(baseline=BASELINE), "", "")
    assert page.count("<li><code>tests/test_a.py::T") == 1_200
    assert "<dt>newly blocked</dt><dd><ul><li><code>tests/test_vpc.py, 12 tests, cause 1</code>" in page
