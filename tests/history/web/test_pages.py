"""Each page tells what the memory holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Literal

import pytest
from tests.history.records import identifier, record
from tests.history.web.conftest import Site
from tests.history.web.scene import BROKEN_FILE, BROKEN_RECORD, PATCH

from muster.model.memory import HistoryRecord, RecordedResults, RecordedService


def text_of(page: str) -> str:
    """What a person reads of a page."""
    main = page[page.index("<main") : page.index("</main>")]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", main)))


def show(site: Site, address: str) -> str:
    answer = site.client().get(address)
    assert answer.status_code == 200, "\n".join(site.told)
    return answer.text


def test_the_overview_shows_each_category(site: Site) -> None:
    text = text_of(show(site, "/"))
    assert "3 categories" in text
    assert "shop: mission_critical blocked 1 372 73 29.7 s 10.0 s 2026-11-20 00:00 19c0ffee12 main" in text
    assert "shop: unit healthy 2 0 2.0 s 10.0 s" in text
    assert "billing: api healthy 2 0 not measured" in text


def test_the_trend_is_a_table_that_a_chart_is_drawn_from(site: Site) -> None:
    page = show(site, "/?category=mission_critical")
    rows = re.findall(
        r'<tr data-at="(\d+)" data-observed="([\d.]*)" data-simulated="([\d.]*)" data-budget="([\d.]*)">', page
    )
    assert len(rows) == 20
    assert rows[0] == ("1793491200", "5.0", "1.4", "10.0")
    assert [float(row[1]) for row in rows] == sorted(float(row[1]) for row in rows)


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("project=billing", "api", "mission_critical"),
        ("category=unit", "unit", "mission_critical"),
        ("branch=trunk", "api", "mission_critical"),
        ("project=nobody", "Nothing is recorded", "mission_critical"),
    ],
)
def test_filters_leave_out_the_rest(site: Site, query: str, shown: str, hidden: str) -> None:
    text = text_of(show(site, f"/?{query}"))
    assert shown in text
    assert hidden not in text


def test_causes_are_ranked_and_show_their_proved_fix(site: Site) -> None:
    page = show(site, "/causes")
    text = text_of(page)
    assert text.index("M107") < text.index("M105")
    assert "blocks 61 tests in 5 files" in text
    assert "seen since 2026-11-19 00:00 at 18c0ffee12" in text
    assert "made by 77aa01c9f3 Robin, 2026-11-18: Run the agents together" in text
    assert "parents[3] at line 42 proved" in text
    assert '<span class="gone">-PROJECT_ROOT = Path(__file__).parents[2]\n</span>' in page
    assert '<span class="come">+PROJECT_ROOT = Path(__file__).parents[3]\n</span>' in page


def test_one_cause_tells_all_that_is_known(site: Site) -> None:
    page = show(site, "/cause?project=shop&fingerprint=polluted")
    text = text_of(page)
    for told in (
        "open",
        "becomes tests/infrastructure/__init__.py",
        "winner: tests/infrastructure/__init__.py",
        "still there",
    ):
        assert told in text
    assert next(line[1:] for line in PATCH.splitlines() if line.startswith("+P")) in text
    assert f'href="/file?id={BROKEN_RECORD}&amp;path=tests%2Fmission_critical%2Ftest_vpc.py"' in page


def test_a_file_tells_how_its_imports_resolve(site: Site) -> None:
    text = text_of(show(site, f"/file?id={BROKEN_RECORD}&path=tests/mission_critical/test_vpc.py"))
    assert "failed, 0 tests" in text
    assert "line 39 infrastructure.vpc_connectivity_fix : not found" in text
    assert f"put there by {BROKEN_FILE}:43" in text


def test_a_file_of_which_no_imports_are_recorded_says_so(site: Site) -> None:
    assert "This record does not tell" in text_of(show(site, f"/file?id={BROKEN_RECORD}&path={BROKEN_FILE}"))


def test_a_run_draws_its_import_time_and_lists_it(site: Site) -> None:
    page = show(site, f"/run?id={BROKEN_RECORD}")
    bars = re.findall(r'<svg x="([\d.]+)%" y="(\d+)" width="([\d.]+)%" height="21"><title>(\S+):', page)
    assert [(name, row) for _, row, _, name in bars] == [
        ("test_multi_agent", "0"), ("conftest", "0"), ("agents", "22"), ("yaml", "22"), ("pandas", "44"), ("networkx", "44"),
        ("numpy", "66"),
    ]  # fmt: skip
    widths = {name: float(width) for _, _, width, name in bars}
    assert widths["agents"] == pytest.approx(100 * 3.0 / 3.5, abs=0.01)
    assert widths["numpy"] == pytest.approx(100 * 1.2 / 3.5, abs=0.01)
    text = text_of(page)
    assert "Left out: 0.50 s that pytest imports to start" in text
    assert "numpy pandas/__init__.py:9 1.2 s 1.2 s" in text
    assert "postgres: up" in text
    assert "chat: down localhost:8000 refused" in text


def test_a_run_of_tests_shows_their_results(site: Site) -> None:
    text = text_of(show(site, f"/run?id={identifier('run')}"))
    assert "passed 2" in text
    assert "has no seconds by import" in text


def test_tests_lost_and_gained_by_commit(site: Site) -> None:
    page = show(site, "/changes?category=mission_critical")
    assert "16c0ffee12" in text_of(page)
    link = re.search(rf'href="(/change\?id={identifier(("mission", 16))})"', page)
    assert link is not None
    text = text_of(show(site, link[1]))
    assert "Gained: 1 tests/mission_critical/test_pay.py::test_23" in text


def test_runs_are_paged(empty_site: Callable[..., Site]) -> None:
    site = empty_site()
    for number in range(53):
        site.memory.add(record(("paged", number), number))
    page = show(site, "/runs")
    older = re.search(r'href="(/runs\?before=[^"]+)" rel="next"', page)
    assert older is not None
    rest = show(site, unescape(older[1]))
    assert (page.count('href="/run?'), rest.count('href="/run?')) == (50, 3)
    assert "Older records" not in rest


def test_an_empty_memory_says_how_it_is_filled(empty_site: Callable[..., Site]) -> None:
    site = empty_site()
    assert "Nothing is recorded here yet" in text_of(show(site, "/"))
    assert "Nothing is blocked" in text_of(show(site, "/causes"))


@pytest.mark.parametrize(
    "address",
    ["/run?id=nothing", "/run", "/file?id=nothing&path=x", f"/file?id={BROKEN_RECORD}&path=nothing", "/change?id=nothing",
     "/cause?project=shop&fingerprint=nothing", "/runs?before=../etc", "/nothing", "/static/x/htmx.min.js"],
)  # fmt: skip
def test_what_is_not_there_is_not_found(site: Site, address: str) -> None:
    answer = site.client().get(address, headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "<h1>" in answer.text


def test_metrics_have_the_published_names_and_labels(site: Site) -> None:
    answer = site.client().get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.text.splitlines()
    at = '{project="shop",category="mission_critical"}'
    assert f"muster_collection_duration_seconds{at} 29.7" in lines
    assert f"muster_collection_failures{at} 6" in lines
    assert f"muster_tests_collected{at} 1372" in lines
    assert f"muster_tests_blocked{at} 73" in lines
    assert f"muster_dependencies_missing{at} 1" in lines
    assert 'muster_service_up{project="shop",service="postgres"} 1' in lines
    assert 'muster_service_up{project="shop",service="chat"} 0' in lines
    assert not [line for line in lines if line.startswith("muster_collection_duration_seconds") and "billing" in line]
    names = {line.partition("{")[0] for line in lines if not line.startswith("#")}
    labels = {label for line in lines for label in re.findall(r'[{,](\w+)="', line)}
    assert names == {
        "muster_collection_duration_seconds", "muster_collection_failures", "muster_tests_collected", "muster_tests_blocked",
        "muster_dependencies_missing", "muster_service_up",
    }  # fmt: skip
    assert labels == {"project", "category", "service"}


def test_a_service_is_as_the_newest_run_saw_it(empty_site: Callable[..., Site]) -> None:
    """Whatever checks came later: they ask no service."""
    site = empty_site()

    def seen(minute: int, state: Literal["up", "down", "skipped"]) -> HistoryRecord:
        services = (RecordedService(name="postgres", state=state), RecordedService(name="mail", state="skipped"))
        return record(minute, minute, kind="run", causes=None, results=RecordedResults(passed=1), services=services)

    for each in (seen(1, "up"), seen(2, "down"), record(3, 3)):
        site.memory.add(each)
    lines = [line for line in site.client().get("/metrics").text.splitlines() if line.startswith("muster_service_up")]
    assert lines == ['muster_service_up{project="shop",service="postgres"} 0']


def test_health_is_told_to_everybody(exposed: Site) -> None:
    answer = exposed.client(base_url="http://muster.example").get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")
