"""How the places where something may live today are ranked, and why."""

from __future__ import annotations

from tests.unit.diagnosis.scene import diagnose, no_module, no_name

from muster.model.cause import Candidate, Cause


def shown(cause: Cause) -> list[str]:
    return [str(each) for each in cause.candidates]


def reasons(candidate: Candidate) -> set[str]:
    return {each.kind for each in candidate.evidence}


def test_a_moved_module_is_where_its_names_and_the_other_importers_are() -> None:
    files = {
        "app/__init__.py": "",
        "app/security/__init__.py": "",
        "app/security/tokens.py": "def issue(): ...\n",
        "app/cache/__init__.py": "",
        "app/cache/tokens.py": "def evict(): ...\n",
        "app/main.py": "from app.security.tokens import issue\n",
        "tests/test_a.py": "from app.tokens import issue\n",
    }
    (cause,) = diagnose(files, no_module("tests/test_a.py", "app.tokens", search=("/r/app",)))
    assert cause.code == "M101"
    assert shown(cause)[0] == "app.security.tokens"
    assert reasons(cause.candidates[0]) == {"same name", "definition", "importers", "names"}
    assert not cause.candidates[0].is_tied


def test_two_places_with_the_same_evidence_are_tied() -> None:
    files = {
        "app/__init__.py": "",
        "app/north/__init__.py": "",
        "app/north/compass_rose.py": "def turn(): ...\n",
        "app/south/__init__.py": "",
        "app/south/compass_rose.py": "def turn(): ...\n",
        "tests/test_a.py": "from app.compass_rose import turn\n",
    }
    (cause,) = diagnose(files, no_module("tests/test_a.py", "app.compass_rose", search=("/r/app",)))
    assert sorted(shown(cause)[:2]) == ["app.north.compass_rose", "app.south.compass_rose"]
    assert cause.candidates[0].is_tied


def test_a_module_that_never_was_has_its_near_misses_as_candidates() -> None:
    files = {"app/__init__.py": "", "app/connections.py": "", "tests/test_a.py": "import app.conections\n"}
    (cause,) = diagnose(files, no_module("tests/test_a.py", "app.conections", search=("/r/app",)))
    assert cause.code == "M103"
    assert shown(cause) == ["app.connections"]
    assert cause.candidates[0].change == "renamed"


def test_a_moved_name_is_spelled_as_the_other_importers_spell_it() -> None:
    files = {
        "app/__init__.py": "",
        "app/models.py": "",
        "app/core/__init__.py": "from app.core._user import User\n",
        "app/core/_user.py": "class User: ...\n",
        "app/a.py": "from app.core import User\n",
        "app/b.py": "from app.core import User\n",
        "app/c.py": "from app.core import User\n",
        "tests/test_a.py": "from app.models import User\n",
    }
    (cause,) = diagnose(files, no_name("tests/test_a.py", "app.models", "User", "app/models.py"))
    assert cause.code == "M201"
    assert shown(cause)[:2] == ["app.core:User", "app.core._user:User"]
    assert all(each.change == "moved" for each in cause.candidates)


def test_a_renamed_name_stays_in_its_module() -> None:
    files = {
        "app/__init__.py": "",
        "app/live.py": "class WebSocketConnectionManager: ...\nclass Other: ...\n",
        "tests/test_a.py": "from app.live import WebSocketManager\n",
    }
    (cause,) = diagnose(files, no_name("tests/test_a.py", "app.live", "WebSocketManager", "app/live.py"))
    assert cause.code == "M202"
    assert shown(cause) == ["app.live:WebSocketConnectionManager"]
    assert cause.candidates[0].change == "renamed"


def test_where_nothing_is_like_it_there_is_no_candidate() -> None:
    files = {"app/__init__.py": "", "app/live.py": "x = 1\n", "tests/test_a.py": "from app.live import Manager\n"}
    (cause,) = diagnose(files, no_name("tests/test_a.py", "app.live", "Manager", "app/live.py"))
    assert (cause.code, cause.candidates) == ("M204", ())
