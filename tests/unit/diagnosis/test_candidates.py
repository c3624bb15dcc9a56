"""How the places where something may live today are ranked, and why."""

from __future__ import annotations

from tests.unit.diagnosis.scene import diagnose, evidence, in_words, no_module, no_name, path

from muster.model.cause import Candidate, Cause
from muster.model.commit import Commit
from muster.model.history import Chronicle, NameTrace, PathTrace, Step

MOVE = Commit("a" * 40, "Ada", "2024-01-02T00:00:00+00:00", "move it")


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


def test_names_that_were_renamed_in_the_move_of_their_module_are_paired() -> None:
    files = {
        "app/__init__.py": "",
        "app/agents.py": "class ReviewAgent: ...\nclass Registry: ...\n",
        "lib/__init__.py": "",
        "lib/micro.py": "class ReviewMicroAgent: ...\nclass Registry: ...\n",
        "tests/test_a.py": "from app.micro import ReviewAgent, Registry\n",
    }
    moved = PathTrace(path("app/micro.py"), (Step("renamed", path("app/micro.py"), MOVE, path("lib/micro.py")),))
    history = Chronicle(True, {moved.path: moved})
    (cause,) = diagnose(files, no_module("tests/test_a.py", "app.micro", search=("/r/app",)), history=history)
    assert str(cause.candidates[0]) == "lib.micro"
    assert cause.candidates[0].renamed == (("ReviewAgent", "ReviewMicroAgent"),)
    assert "renamed along: 'ReviewAgent' is probably 'ReviewMicroAgent' there [/r/lib/micro.py]" in evidence(cause)
    assert in_words(cause) == ["import 'ReviewMicroAgent' from 'lib.micro' instead of 'app.micro'"]


def test_a_folder_without_an_init_is_followed_by_the_modules_that_were_in_it() -> None:
    files = {
        "app/__init__.py": "",
        "app/tools/__init__.py": "",
        "app/tools/listing.py": "",
        "app/service/__init__.py": "",
        "tests/test_a.py": "from app.server import listing\n",
    }
    old, new = path("app/server/listing.py"), path("app/tools/listing.py")
    history = Chronicle(True, {old: PathTrace(old, (Step("renamed", old, MOVE, new),))})
    (cause,) = diagnose(files, no_module("tests/test_a.py", "app.server", search=("/r/app",)), history=history)
    assert (cause.code, shown(cause)[0]) == ("M101", "app.tools")


def test_the_package_that_passes_a_renamed_class_on_is_a_candidate_too() -> None:
    files = {
        "app/__init__.py": "",
        "app/install/__init__.py": "from app.install.installer import Installer\n",
        "app/install/installer.py": "class Installer: ...\n",
        "tests/test_a.py": "from app.install.noop_installer import NoopInstaller\n",
    }
    (cause,) = diagnose(files, no_module("tests/test_a.py", "app.install.noop_installer", search=("/r/app/install",)))
    assert shown(cause) == ["app.install.installer:Installer", "app.install:Installer"]


def test_a_module_that_moved_may_hold_what_was_meant_under_its_own_name() -> None:
    files = {
        "app/__init__.py": "",
        "app/core/__init__.py": "",
        "app/core/config.py": "config = {}\n",
        "app/main.py": "from app.core.config import config\n",
        "tests/test_a.py": "from app import config\n",
    }
    old = path("app/config.py")
    history = Chronicle(True, {old: PathTrace(old, (Step("renamed", old, MOVE, path("app/core/config.py")),))})
    (cause,) = diagnose(files, no_name("tests/test_a.py", "app", "config", "app/__init__.py"), history=history)
    assert set(shown(cause)) == {"app.core.config", "app.core.config:config"}


def test_a_name_that_another_file_gained_in_the_same_commit_went_there() -> None:
    files = {
        "app/__init__.py": "",
        "app/debug.py": "SEPARATOR = '-' * 20\n",
        "app/llm.py": "class Message: ...\n",
        "tests/test_a.py": "from app.llm import separator\n",
    }
    key = (path("app/llm.py"), "separator")
    trace = NameTrace(*key, MOVE, "separator = '-' * 20", "value", taken=((path("app/debug.py"), "SEPARATOR"),))
    report = no_name("tests/test_a.py", "app.llm", "separator", "app/llm.py")
    (cause,) = diagnose(files, report, history=Chronicle(True, names={key: trace}))
    assert (cause.code, shown(cause)[0], cause.since) == ("M201", "app.debug:SEPARATOR", MOVE)
    assert "it was renamed in the move: 'app.debug' has 'SEPARATOR'" in cause.message


def test_a_near_name_that_the_module_only_passes_on_is_where_it_comes_from() -> None:
    files = {
        "app/__init__.py": "",
        "app/numbers.py": "def _illegal(): ...\n",
        "app/polys.py": "from .numbers import _illegal\n",
        "tests/test_a.py": "from app.polys import illegal\n",
    }
    (cause,) = diagnose(files, no_name("tests/test_a.py", "app.polys", "illegal", "app/polys.py"))
    assert shown(cause) == ["app.numbers:_illegal", "app.polys:_illegal"]
    # That it is near does not make it the one that moved.
    assert cause.code in ("M202", "M204")


def test_a_place_that_is_found_in_two_ways_is_one_candidate() -> None:
    files = {
        "app/__init__.py": "",
        "app/numbers.py": "class Order: ...\n",
        "app/polys.py": "from .numbers import Order as order\n",
        "app/main.py": "from app.numbers import Order\n",
        "tests/test_a.py": "from app.polys import Order\n",
    }
    (cause,) = diagnose(files, no_name("tests/test_a.py", "app.polys", "Order", "app/polys.py"))
    assert shown(cause) == ["app.numbers:Order", "app.polys:order"]
    assert {"definition", "importers", "source"} <= reasons(cause.candidates[0])


def test_near_names_that_come_by_a_star_import_count() -> None:
    files = {
        "app/__init__.py": "",
        "app/case.py": "from ._case import *\n",
        "app/_case.py": "def mock_environment(): ...\ndef _private(): ...\n",
        "tests/test_a.py": "from app.case import mock_enviroment\n",
    }
    (cause,) = diagnose(files, no_name("tests/test_a.py", "app.case", "mock_enviroment", "app/case.py"))
    assert shown(cause) == ["app.case:mock_environment"]


def test_a_function_that_became_a_method_is_told() -> None:
    files = {
        "app.py": "class Order:\n    def refund(self): ...\n",
        "tests/test_a.py": "from app import refund\n",
    }
    key = (path("app.py"), "refund")
    trace = NameTrace(*key, MOVE, "def refund(order): ...", "function")
    report = no_name("tests/test_a.py", "app", "refund", "app.py")
    (cause,) = diagnose(files, report, history=Chronicle(True, names={key: trace}))
    assert cause.code == "M203"
    assert cause.message.endswith("; it is a method now: Order.refund")
    assert "method: Order.refund is a method: it cannot be imported by itself [/r/app.py:2]" in evidence(cause)
