"""What counts as what the maintainers did."""

from bench.fixes import imported, is_set_aside, rank_of_fix

from muster.model.cause import Candidate, Cause, Scope, Severity
from muster.model.collection import Confidence


def cause(subject: str, *candidates: Candidate) -> Cause:
    """A cause with nothing but these candidates."""
    return Cause("M101", Severity.ERROR, Confidence.LIKELY, Scope.FILE, "", subject, "", candidates=candidates)


def row(broken: str, fixed: str) -> dict[str, str]:
    """A case."""
    return {"broken_import": broken, "fixed_import": fixed}


def test_a_module_counts_with_the_name_that_is_imported_from_it() -> None:
    found = cause("a.b", Candidate("x"), Candidate("c.d"))
    assert rank_of_fix(found, row("from a.b import N", "from c.d import N")) == 2
    assert rank_of_fix(found, row("from a.b import N", "from c.d import M")) == 0
    assert rank_of_fix(found, row("import a.b", "import c.d")) == 2


def test_what_follows_a_renamed_package_stays() -> None:
    assert rank_of_fix(cause("old", Candidate("new")), row("from old.x import N", "from new.x import N")) == 1


def test_a_name_counts_as_a_whole() -> None:
    found = cause("a:N", Candidate("a", "M"), Candidate("b", "N"))
    assert rank_of_fix(found, row("from a import N", "from b import N as M")) == 2


def test_a_module_that_is_imported_as_a_name_counts_as_one() -> None:
    assert rank_of_fix(cause("p.m", Candidate("q.m")), row("from p import m", "from q import m")) == 1


def test_one_repository_is_in_one_half() -> None:
    assert is_set_aside("pallets/flask")
    assert not is_set_aside("celery/celery")
    assert imported("from a.b import c as d") == ("a.b", "c")
