"""M502: an import takes long, and nothing needs it before a test runs. Only a traced run can tell."""

from __future__ import annotations

from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding, remedies
from muster.model.cause import Evidence
from muster.model.profile import HeavyImport, HeavyStatement

_USES = {
    "functions": "only functions use it",
    "annotations": "only annotations use it",
    "both": "only functions and annotations use it",
}


def explain(heavy: HeavyImport, case: Case) -> Finding:
    """What would be saved, and every statement that would have to wait."""
    first = heavy.statements[0]
    modules = f"{heavy.modules} modules" if heavy.modules != 1 else "1 module"
    return Finding(
        "M502",
        heavy.module,
        f"{heavy.module} takes {heavy.seconds:.2f} s ({modules}) that no test needs before it runs",
        (heavy.module,),
        case.statement(first.path, first.line),
        evidence=(
            *(Evidence("import", _words(each, case), each.path, each.line) for each in heavy.statements),
            Evidence(
                "saved", f"{heavy.seconds:.2f} s if {_all_of(len(heavy.statements))} deferred; nothing else leads there"
            ),
        ),
        remedies=remedies("import it where it is used: `muster profile --fix` moves it, and measures what that saves"),
    )


def _words(statement: HeavyStatement, case: Case) -> str:
    return f"{case.statement(statement.path, statement.line).text}: {_USES[statement.use]}"


def _all_of(count: int) -> str:
    return "it is" if count == 1 else f"all {count} statements are"
