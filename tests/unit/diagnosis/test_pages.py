"""Documentation as a contract: a page for every code, under the same title's words."""

from __future__ import annotations

from pathlib import Path

import pytest

from muster.diagnosis.catalogue import CATALOGUE, Entry

PAGES = Path(__file__).parents[3] / "docs" / "causes"


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.code)
def test_every_code_has_a_page(entry: Entry) -> None:
    heading = (PAGES / f"{entry.code}.md").read_text(encoding="utf-8").partition("\n")[0]
    assert heading.startswith(f"# {entry.code}: ")


def test_no_page_speaks_of_a_code_that_does_not_exist() -> None:
    known = {entry.code for entry in CATALOGUE} | {"M000"}
    assert {page.stem for page in PAGES.glob("M*.md")} == known
