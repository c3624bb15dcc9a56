"""Causes of missing names, M201 to M205 and M302."""

from __future__ import annotations

from tests.unit.diagnosis.scene import at, blocked, diagnose, evidence, failed, in_words, no_name, path

from muster.model.collection import Collection, Confidence, Frame, UndefinedName


def test_a_moved_name_is_found_where_another_module_defines_it() -> None:
    files = {
        "app/__init__.py": "",
        "app/models.py": "class Order: ...\n",
        "app/people.py": "import os\n\n\nclass Person: ...\n",
        "app/views.py": "def view():\n    from .people import Person\n",
        "tests/test_a.py": "from app.models import Person\n",
    }
    (cause,) = diagnose(files, no_name("tests/test_a.py", "app.models", "Person", "app/models.py"))
    assert (cause.code, cause.subject, cause.confidence) == ("M201", "app.models:Person", Confidence.LIKELY)
    assert cause.message == "'app.models' has no 'Person'; 'app.people' defines it"
    assert evidence(cause) == [
        "definition: class Person [/r/app/people.py:4]",
        "importers: 1 file imports it today: from app.people import Person [/r/app/views.py:2]",
    ]
    assert in_words(cause) == [
        "import 'Person' from 'app.people'",
        "re-export it in app/models.py: from app.people import Person",
    ]


def test_a_renamed_name_is_found_next_to_where_it_was() -> None:
    files = {
        "app.py": "def load_user(): ...\ndef save_order(): ...\n",
        "tests/test_a.py": "from app import load_users\n",
    }
    (cause,) = diagnose(files, no_name("tests/test_a.py", "app", "load_users", "app.py"))
    assert (cause.code, cause.subject) == ("M202", "app:load_users")
    assert evidence(cause)[0] == "nearest: 'load_user' [/r/app.py:1]"


def test_one_missing_name_is_one_cause_however_many_files_ask_for_it() -> None:
    files = {"app.py": "X = 1\n"} | {f"tests/test_{n}.py": "from app import Gone\n" for n in range(301)}
    reports = [no_name(f"tests/test_{n}.py", "app", "Gone", "app.py") for n in range(301)]
    session = Collection(blocked=blocked(tests__test_0=5, tests__test_1=7))
    (cause,) = diagnose(files, *reports, collection=session)
    assert (cause.code, cause.subject, cause.confidence) == ("M204", "app:Gone", Confidence.LIKELY)
    assert (len(cause.victims), cause.blocked_tests) == (301, 12)
    assert cause.message == "'app' (app.py) has no 'Gone': gone or never there"
    assert in_words(cause)[0] == "define 'Gone' in app.py: 301 files come back with it"
    assert cause.culprit is not None
    assert cause.culprit.path == path("app.py")


def test_a_name_that_many_modules_define_says_nothing_about_where_it_went() -> None:
    files = {f"app/m{n}.py": "def run(): ...\n" for n in range(9)} | {"app/core.py": "", "tests/test_a.py": ""}
    (cause,) = diagnose(files, no_name("tests/test_a.py", "app.core", "run", "app/core.py"))
    assert cause.code == "M204"


def test_a_name_that_the_standard_library_never_had_moved_nowhere() -> None:
    files = {"app/dump_lines.py": "", "tests/test_a.py": "from json import dump_lines\n"}
    (cause,) = diagnose(files, no_name("tests/test_a.py", "json", "dump_lines", "/env/lib/json/__init__.py"))
    assert cause.code == "M204"
    assert cause.message == "'json' (of the standard library) has no 'dump_lines': gone or never there"
    assert in_words(cause) == ["delete the import and what needs it"]


def test_a_circular_import_shows_the_cycle_and_the_edge_that_breaks_it() -> None:
    files = {
        "app/__init__.py": "",
        "app/a.py": "from app.b import B\n\n\nclass A(B): ...\n",
        "app/b.py": "from app.a import A\n\n\nclass B:\n    def make(self):\n        return A()\n",
        "tests/test_a.py": "import app.a\n",
    }
    cycle = (Frame(path("app/a.py"), 1), Frame(path("app/b.py"), 1))
    report = no_name(
        "tests/test_a.py", "app.a", "A", "app/a.py", ("tests/test_a.py", 1), ("app/a.py", 1), ("app/b.py", 1),
        initialising=True, cycle=cycle,
    )  # fmt: skip
    (cause,) = diagnose(files, report)
    assert (cause.code, cause.confidence) == ("M205", Confidence.CERTAIN)
    assert cause.message == "'app.a' is asked for 'A' before it has it: app/a.py -> app/b.py -> app/a.py"
    assert cause.culprit == at("app/b.py", 1, "from app.a import A")
    assert evidence(cause) == [
        "cycle: from app.b import B [/r/app/a.py:1]",
        "cycle: from app.a import A [/r/app/b.py:1]",
        "edge: nothing that it imports is used at import time [/r/app/b.py:1]",
    ]
    assert in_words(cause) == ["move the import at app/b.py:1 into the functions that use it"]


def test_a_half_done_module_that_would_never_have_the_name_is_no_cycle() -> None:
    files = {"app.py": "from lib import f\n", "lib.py": "from app import Gone\ndef f(): ...\n", "tests/test_a.py": ""}
    report = no_name("tests/test_a.py", "app", "Gone", "app.py", ("lib.py", 1), initialising=True)
    (cause,) = diagnose(files, report)
    assert cause.code == "M204"


def undefined(file: str, name: str, *frames: tuple[str, int]):  # type: ignore[no-untyped-def]  # because it only forwards
    return failed(file, "NameError", f"name '{name}' is not defined", UndefinedName(name), *frames)


def test_an_undefined_name_comes_with_the_import_that_others_use() -> None:
    files = {
        "shop/cart.py": "class Cart: ...\n",
        "tests/test_a.py": "x = 1\n\ndef test(cart: Cart): ...\n",
        "tests/test_b.py": "from shop.cart import Cart\n",
        "tests/test_c.py": "from shop.cart import Cart\n",
    }
    (cause,) = diagnose(files, undefined("tests/test_a.py", "Cart", ("tests/test_a.py", 3)))
    assert (cause.code, cause.subject) == ("M302", "Cart")
    assert cause.culprit == at("tests/test_a.py", 3, "def test(cart: Cart): ...")
    assert evidence(cause) == ["import: from shop.cart import Cart"]
    assert in_words(cause) == ["add: from shop.cart import Cart"]


def test_an_undefined_name_of_the_standard_library_has_its_usual_home() -> None:
    (cause,) = diagnose({"tests/test_a.py": "x: Optional[int] = 1\n"}, undefined("tests/test_a.py", "Optional"))
    assert in_words(cause) == ["add: from typing import Optional"]


def test_a_name_bound_for_type_checkers_only_says_so() -> None:
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from a import B\ndef f(b: B): ...\n"
    (cause,) = diagnose({"tests/test_a.py": text}, undefined("tests/test_a.py", "B", ("tests/test_a.py", 4)))
    assert evidence(cause) == ["guarded: it is bound under TYPE_CHECKING only [/r/tests/test_a.py:3]"]


def test_a_misspelt_name_has_its_nearest_neighbour() -> None:
    (cause,) = diagnose(
        {"tests/test_a.py": "timeout_seconds = 3\nx = timeout_second\n"},
        undefined("tests/test_a.py", "timeout_second", ("tests/test_a.py", 2)),
    )
    assert evidence(cause) == ["nearest: the nearest names here are 'timeout_seconds'"]


def test_a_shared_helper_with_an_undefined_name_is_one_cause() -> None:
    files = {
        "tests/helper.py": "x = Gone\n",
        "tests/test_a.py": "import helper\n",
        "tests/test_b.py": "import helper\n",
    }
    reports = [
        undefined(name, "Gone", (name, 1), ("tests/helper.py", 1)) for name in ("tests/test_a.py", "tests/test_b.py")
    ]
    (cause,) = diagnose(files, *reports)
    assert len(cause.victims) == 2
    assert cause.culprit == at("tests/helper.py", 1, "x = Gone")
