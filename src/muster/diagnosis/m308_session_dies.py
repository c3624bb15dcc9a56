"""M308: a module-level `sys.exit` ends pytest itself; nothing after it is collected."""

from __future__ import annotations

from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.roots import Root
from muster.model.cause import Evidence
from muster.model.collection import SessionExit


def explain(root: Root, case: Case) -> Finding | None:
    """The statement, and how many files come after it. `pytest.exit` in a test file is one error: M303."""
    exception = root.first.exception
    if not isinstance(root.detail, SessionExit) or exception.type not in ("SystemExit", "KeyboardInterrupt"):
        return None
    place, files, path = case.place_of(root.first), case.collection.files, root.first.report.path
    after = len(files) - files.index(path) - 1 if path in files else len(files)
    return Finding(
        "M308",
        case.show(place.path),
        f"{case.show(place.path)}:{place.line} ends pytest itself: {_rest(after)} never collected",
        ("exit", place.path, str(place.line)),
        place,
        exception.confidence,
        (
            Evidence("statement", place.text, place.path, place.line),
            Evidence(
                "rule",
                "pytest turns every exception of an import into an error, except SystemExit, which it lets through",
            ),
        ),
        remedies(
            "use pytest.skip('why', allow_module_level=True) to leave out this file",
            "put the call under if __name__ == '__main__':",
        ),
    )


def _rest(after: int) -> str:
    """How many files come after the statement, with the verb."""
    return "1 file after it is" if after == 1 else f"{after} files after it are"
