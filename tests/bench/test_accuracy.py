"""What the accuracy table counts."""

from pathlib import Path

from bench.accuracy import HERE, Comparison, Failure, Suite, Told, cells, compare, read_suites, suite_details

from muster.comparison import bare_id

SUITE = Suite("shop", "sdist", "3.11", "8.4.2", [], "pytest", "kept")


def compared(truth: Told, said: Told) -> Comparison:
    """The comparison of two collections of one suite."""
    return compare(SUITE, truth, said, 0.0)


def test_failures_are_matched_by_node_id_and_message() -> None:
    """A failure that both see with other words is a hit with a wrong message."""
    truth = Told(failures=(Failure("a.py", "/a.py", "NameError", "x"), Failure("b.py", "/b.py", "KeyError", "1")))
    said = Told(
        failures=(Failure("a.py", "/a.py", "NameError", "y"), Failure("c.py", "/c.py", "OSError", "", "likely"))
    )
    found = compared(truth, said)

    assert [failure.nodeid for failure in found.missed] == ["b.py"]
    assert [failure.nodeid for failure in found.false] == ["c.py"]
    assert [pair[1].message for pair in found.messages] == ["y"]
    assert found.wrong_certain == 1
    assert cells(found)[1:6] == ["2", "2", "0.5000", "0.5000", "0/1"]


def test_addresses_in_messages_do_not_count() -> None:
    """No two runs share the address of an object."""
    truth = Told(failures=(Failure("a.py", "/a.py", "Failed", "<object at 0x7f01>"),))
    said = Told(failures=(Failure("a.py", "/a.py", "Failed", "<object at 0xDEAD>"),))

    assert compared(truth, said).messages == ()


def test_what_aborts_the_session_is_a_failure() -> None:
    """An initial conftest that fails is no node, yet the most important row."""
    aborted = Failure("conftest.py", "/conftest.py", "ImportError", "gone")

    assert compared(Told(aborted_by=aborted), Told()).missed == (aborted,)


def test_an_unexpanded_id_stands_for_all_its_parameters() -> None:
    """It is neither missing nor extra, and its parameters are not counted as lost."""
    truth = Told(items=("a.py::t[1]", "a.py::t[2]", "a.py::u[1]"))
    said = Told(items=("a.py::t", "a.py::u[2]"), unexpanded=("a.py::t",))
    found = compared(truth, said)

    assert (found.missing, found.extra) == (("a.py::u[1]",), ("a.py::u[2]",))
    assert (found.missing_bare, found.extra_bare) == ((), ())


def test_a_bare_id_ends_at_the_first_bracket() -> None:
    """Parameters hold colons and brackets of their own."""
    assert bare_id("a.py::t[x::y[0]]") == "a.py::t"


def test_a_suite_that_is_only_measured_has_no_details() -> None:
    """What is never looked at cannot be tuned on."""
    truth = Told(failures=(Failure("a.py", "/a.py", "NameError", "x"),))
    hidden = compare(
        Suite("held", "checkout", "3.11", "8.4.2", [], "pytest", "broken", tuned=False), truth, Told(), 0.0
    )

    assert suite_details(hidden) == []
    assert any("a.py" in line for line in suite_details(compared(truth, Told())))


def test_the_suites_are_well_described() -> None:
    """At least twelve kept suites and eight broken applications, half of those only measured, all pinned."""
    suites = read_suites(str(Path(HERE) / "suites.toml"))
    broken = [suite for suite in suites if suite.kind == "broken"]

    assert len({suite.name for suite in suites}) == len(suites)
    assert len(suites) - len(broken) >= 12
    assert len(broken) >= 8
    assert 2 * sum(not suite.tuned for suite in broken) >= len(broken)
    assert all("==" in suite.package or len(suite.commit) == 40 for suite in suites)
