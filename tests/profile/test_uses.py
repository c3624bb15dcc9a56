"""Which imports nothing needs before a test runs, told by what the file itself says."""

from __future__ import annotations

from textwrap import dedent

import pytest

from muster.diagnosis import review_directives
from muster.facts.import_uses import FileRole
from muster.facts.module_facts import Directive
from muster.fixes.deferral import defer_import, lazy_import, use_at
from muster.fixes.source import parse_tree
from muster.index.outside_uses import outside_use
from muster.model.acceptance import Accepted
from muster.model.collection import Collection
from muster.usecases.acceptance import stale_acceptances

PLAIN = FileRole()


def use(text: str, role: FileRole = PLAIN, module: str = "heavy") -> tuple[str, str]:
    """The kind of use of the first statement, and what is in the way."""
    tree = parse_tree(dedent(text).lstrip("\n"))
    assert tree is not None
    found = use_at(tree, 1, module, (), role)
    return found.kind, found.why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import heavy\nX = heavy.a", "module level"),
        ("import heavy\nclass A(heavy.B): ...", "a base class"),
        ("import heavy\nclass A:\n    x = heavy.a", "a class body"),
        ("import heavy\n@heavy.fixture\ndef f(): ...", "a decorator"),
        ("import heavy\ndef f(x=heavy.a): ...", "a default value"),
        ("import heavy\ndef f(x: heavy.A): ...", "an annotation"),
        ("import heavy\nf = lambda: heavy.a", "a lambda"),
        ("import heavy\n__all__ = ['heavy']\ndef f(): heavy", "__all__ lists it"),
        ("import heavy as heavy\ndef f(): heavy", "`import x as x` exports it"),
        ("import heavy\nheavy = None\ndef f(): heavy", "it is bound a second time"),
        ("import heavy\ntry:\n    import other\nexcept ImportError:\n    heavy = 1", "it is bound a second time"),
        ("import heavy\ndef f():\n    global heavy", "a function declares it global"),
        ("import heavy\ndef f(): return globals()['heavy']", "globals() may look for it"),
        ('import heavy\ndef f():\n    """>>> heavy.a"""', "a doctest may use it"),
        ("import heavy\ndef f(): return heavy.a\nX = f()", "f() runs at import time or collection"),
        ("import heavy\ndef g(): heavy\ndef f(): g()\nX = [f]", "g() runs at import time or collection"),
        ("import heavy\nclass A:\n    def m(self): heavy\nX = A()", "m() runs at import time or collection"),
        ("import heavy\n@skipif('heavy.a > 1')\ndef f(): heavy", "a string in a decorator mentions it"),
        (
            "import heavy\ndef pytest_generate_tests(metafunc): heavy",
            "pytest_generate_tests() runs at import time or collection",
        ),
        ("from __future__ import annotations\nimport heavy", "it is for the compiler"),
        ("from heavy import *\ndef f(): a", "it is no plain import statement at top level"),
        (
            "import heavy\nfrom __future__ import annotations\n@register\ndef f(x: heavy.A): ...",
            "a decorator may read the annotations",
        ),
        (
            "import heavy\nfrom __future__ import annotations\nclass A(BaseModel):\n    x: heavy.A",
            "a class may read its annotations",
        ),
    ],
)
def test_what_needs_it_at_import_time(text: str, why: str) -> None:
    assert use(text, module="__future__" if text.startswith("from __future__") else "heavy") == ("import time", why)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("import heavy\ndef f(): return heavy.a", "functions"),
        ("import heavy\n@pytest.fixture\ndef f(): return heavy.a", "functions"),
        ("import heavy\nclass A:\n    def m(self): return heavy.a\nclass B(A): ...", "functions"),
        ("import heavy\nasync def f(): return [heavy for x in y]", "functions"),
        ("import heavy\ndef f(x: 'heavy.A'): ...", "annotations"),
        ("import heavy\nfrom __future__ import annotations\ndef f(x: heavy.A): heavy.a", "both"),
        ("import heavy\ndef f(heavy): return heavy.a", "none"),
        ("import heavy\ndef f():\n    import heavy\n    return heavy", "none"),
        ("import heavy\ndef f():\n    x: heavy.A = 1\n    return heavy", "functions"),
        ("import heavy\ndef pytest_runtest_setup(item): heavy", "functions"),
    ],
)
def test_what_can_wait(text: str, kind: str) -> None:
    assert use(text, FileRole(has_hooks=True)) == (kind, "")


def test_the_names_of_a_package_and_hooks_of_a_conftest_are_needed() -> None:
    text = "import heavy\ndef pytest_collection_modifyitems(items): heavy"
    assert use(text)[0] == "functions"
    assert use(text, FileRole(has_hooks=True))[0] == "import time"
    assert use("import heavy\ndef f(): heavy", FileRole(exports=True))[0] == "import time"


def test_python_3_14_evaluates_no_annotation_by_itself() -> None:
    text = "import heavy\ndef f(x: heavy.A): ..."
    assert use(text, FileRole(lazy_annotations=True))[0] == "annotations"


@pytest.mark.parametrize(
    "other",
    [
        "from app.cart import heavy",
        "from app.cart import (\n    price,\n    heavy,\n)",
        "from .cart import *",
        "import app.cart\napp.cart.heavy.a",
        "patch('app.cart.heavy.a')",
        "from app import cart\nmonkeypatch.setattr(cart, 'heavy', None)",
        "import app.cart as c\nc.heavy",
    ],
)
def test_another_file_takes_the_name_out_of_the_module(other: str) -> None:
    files = {"/r/app/cart.py": "import heavy", "/r/t.py": other, "/r/u.py": "import heavy\nfrom app.cart import price"}
    found = outside_use("/r/app/cart.py", frozenset({"heavy"}), list(files), lambda path: files[path].encode())
    assert found is not None
    assert found[0] == "/r/t.py"


def test_nobody_takes_the_name_out_of_the_module() -> None:
    files = {"/r/app/cart.py": "import heavy", "/r/u.py": "import heavy\nfrom app.cart import price\ncart.heavyweight"}
    assert outside_use("/r/app/cart.py", frozenset({"heavy"}), list(files), lambda path: files[path].encode()) is None


def moved(before: str, names: tuple[str, ...] = (), module: str = "heavy", line: int = 1) -> str | None:
    return defer_import(dedent(before).lstrip("\n"), line, module, names, PLAIN)


def test_the_import_moves_into_each_function_that_uses_it() -> None:
    before = '''
        import heavy, os

        @fixture
        def f():
            """Says more."""
            return heavy.a

        class A:
            def m(self): return heavy.b

            def n(self):
                return os.sep
        '''
    after = '''
        import os

        @fixture
        def f():
            """Says more."""
            import heavy

            return heavy.a

        class A:
            def m(self):
                import heavy
                return heavy.b

            def n(self):
                return os.sep
        '''
    assert moved(before) == dedent(after).lstrip("\n")


def test_each_function_gets_the_names_that_it_uses() -> None:
    before = "from heavy import (\n    a,\n    b as c,\n)\n\ndef f():\n    return a\n\ndef g():\n    return c(a)\n"
    after = "def f():\n    from heavy import a\n\n    return a\n\ndef g():\n    from heavy import a, b as c\n\n    return c(a)\n"
    assert moved(before) == after


def test_only_the_heavy_names_of_a_list_move() -> None:
    before = "from pkg import heavy, light\n\ndef f():\n    return heavy, light\n"
    after = "from pkg import light\n\ndef f():\n    from pkg import heavy\n\n    return heavy, light\n"
    assert moved(before, ("heavy",), "pkg") == after


def test_what_annotations_name_stays_for_type_checkers() -> None:
    before = "from __future__ import annotations\nfrom heavy import A\n\ndef f(x: A) -> A:\n    return A(x)\n"
    after = (
        "from __future__ import annotations\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from heavy import A\n"
        "\ndef f(x: A) -> A:\n    from heavy import A\n\n    return A(x)\n"
    )
    assert moved(before, line=2) == after


@pytest.mark.parametrize(
    "before",
    [
        "import heavy; import os\ndef f(): heavy\n",
        "from heavy import (\n    a,  # why\n    b,\n)\nX = b\ndef f(): a\n",
        "import heavy\nX = heavy\n",
        "import heavy\n",
    ],
)
def test_what_cannot_be_moved_safely_stays(before: str) -> None:
    assert moved(before, ("a",) if "from" in before else ()) is None


def test_python_3_15_imports_lazily() -> None:
    assert lazy_import("import heavy\n", 1, "heavy", ()) == "lazy import heavy\n"
    assert lazy_import("import heavy, os\n", 1, "heavy", ()) is None


def test_a_check_does_not_call_unused_what_silences_a_profile() -> None:
    directives = {"/r/a.py": (Directive(1, ("M502", "M503"), "once a day"), Directive(2, ("M402",), "why"))}
    (problem,) = review_directives(directives, (), Collection())
    assert problem.message == "ignore[M402] is unused: M402 does not occur here"
    accepted = [Accepted("f", code, "pandas", "a.py", "why", "2030-01-01") for code in ("M502", "M402")]
    assert [each.code for each in stale_acceptances((), accepted, "/r", was_run=True, was_compared=True)] == ["M402"]


def test_one_gap_is_left_where_the_import_stood() -> None:
    before = "import os\n\nimport heavy\n\n\ndef f():\n    return heavy\n"
    assert moved(before, line=3) == "import os\n\n\ndef f():\n    import heavy\n\n    return heavy\n"
    assert moved("import heavy\n\n\ndef f():\n    return heavy\n") == "def f():\n    import heavy\n\n    return heavy\n"
