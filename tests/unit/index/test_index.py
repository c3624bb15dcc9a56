"""Where names and modules live, by one pass over the bytes of a tree."""

from __future__ import annotations

from muster.facts.parse import parse_module
from muster.index import Index, Wanted, nearest, survey
from muster.index.bindings import Binding, bindings, used_at_import
from muster.index.listing import python_files
from muster.index.near import closeness
from muster.index.sightings import ImportLine, ModuleSighting, NameSighting
from muster.index.spelling import resolve_relative, spell
from muster.trees.memory import MemoryTree


def index_of(files: dict[str, str], wanted: Wanted, parsed: list[str] | None = None) -> Index:
    """The index of files drawn below `/r`, with `/r/src` on the path; `parsed` collects what had to be parsed."""
    tree = MemoryTree({f"/r/{name}": text.encode() for name, text in files.items()})

    def facts(path: str):  # type: ignore[no-untyped-def]  # because it only forwards
        if parsed is not None:
            parsed.append(path)
        return parse_module(tree.read(path), target=(3, 12), path=path)

    return survey(tree, "/r", wanted, facts, ("/r/src",))


def test_listing_leaves_out_what_is_nobodys_source() -> None:
    kept = ["a.py", "pkg/build/x.py", "tests/test_a.py"]
    left = [
        "build/x.py",
        ".tox/x.py",
        "node_modules/x.py",
        "my_env/pyvenv.cfg",
        "my_env/x.py",
        "a.txt",
        "x.egg-info/a.py",
    ]
    tree = MemoryTree({f"/r/{name}": b"" for name in (*kept, *left)}, symlinks={"/r/loop": "/r"})
    assert python_files(tree, "/r") == tuple(f"/r/{name}" for name in kept)


def test_a_module_is_located_by_its_tail_the_longest_first() -> None:
    index = index_of({"src/a/b/c.py": "", "x/c/__init__.py": "", "y/c/d.py": ""}, Wanted())
    assert index.locate_module("old.b.c") == (
        ModuleSighting("/r/src/a/b/c.py", "a.b.c", 2),
        ModuleSighting("/r/x/c/__init__.py", "x.c", 1),
        ModuleSighting("/r/y/c", "y.c", 1),
    )


def test_a_name_is_located_with_its_line_and_definitions_come_before_reexports() -> None:
    parsed: list[str] = []
    files = {
        "src/lib/__init__.py": "from lib.core import Thing\n",
        "src/lib/core.py": "\n\nclass Thing: ...\n",
        "src/lib/use.py": "from .core import (\n    Other,  # comment\n    Thing as T,\n)\n",
        "src/lib/prose.py": "# Thing is fine\n",
        "src/lib/none.py": "x = 1\n",
    }
    index = index_of(files, Wanted(frozenset(("Thing",))), parsed)
    assert parsed == []
    assert index.locate_name("Thing") == (
        NameSighting("Thing", "/r/src/lib/core.py", 3, "class", "lib.core"),
        NameSighting("Thing", "/r/src/lib/__init__.py", 1, "import", "lib"),
    )
    assert parsed == ["/r/src/lib/core.py", "/r/src/lib/__init__.py"]
    assert index.importers_of("lib.core", "Thing") == (
        ImportLine("/r/src/lib/__init__.py", 1, "lib.core", "Thing"),
        ImportLine("/r/src/lib/use.py", 1, "lib.core", "Thing"),
    )


def test_importers_of_a_module_are_found_in_every_spelling() -> None:
    files = {
        "a.py": "import lib.core as c, os\n",
        "b.py": "from lib import core\n",
        "c.py": "def f():\n    from lib.core import x\n",
        "d.py": "from other import core\n",
    }
    index = index_of(files, Wanted(modules=frozenset(("lib.core",))))
    assert index.importers_of("lib.core") == (
        ImportLine("/r/a.py", 1, "lib.core"),
        ImportLine("/r/b.py", 1, "lib", "core"),
        ImportLine("/r/c.py", 2, "lib.core", "x"),
    )


def test_a_name_that_everybody_defines_is_located_nowhere() -> None:
    index = index_of({f"m{n}.py": "def main(): ...\n" for n in range(60)}, Wanted(frozenset(("main",))))
    assert index.locate_name("main") == ()


def test_module_constants_and_annotated_names_are_definitions() -> None:
    files = {"a.py": "LIMIT: int = 3\n", "b.py": "LIMIT = 4\n", "c.py": "x = LIMIT == 3\n"}
    index = index_of(files, Wanted(frozenset(("LIMIT",))))
    assert [each.path for each in index.locate_name("LIMIT")] == ["/r/a.py", "/r/b.py"]


def test_a_longer_name_a_parameter_and_a_keyword_are_no_definitions() -> None:
    files = {
        "a.py": "class ClientFactory: ...\n",
        "b.py": "def make(Client): ...\n",
        "c.py": "call(Client=1)\n",
        "d.py": "class Client: ...\n",
        "e.py": "Clients = Client = 3\n",
        "f.py": "import x\n\nclass A:\n    class Client: ...\n",
    }
    index = index_of(files, Wanted(frozenset(("Client",))))
    assert index.hits.definers == {"Client": ["/r/d.py", "/r/f.py"]}
    assert [each.path for each in index.locate_name("Client")] == ["/r/d.py"]


def test_bindings_know_their_guards_and_sources() -> None:
    code = b"if TYPE_CHECKING:\n    from ..a import b as c\ntry:\n    import x.y\nexcept E:\n    x, *z = None, 1\n"
    facts = parse_module(code, target=(3, 12), path="m.py")
    assert list(bindings(facts)) == [
        Binding("c", "import", 2, "..a", "b", True),
        Binding("x", "import", 4, "x.y"),
        Binding("x", "value", 6),
        Binding("z", "value", 6),
    ]


def test_only_what_runs_at_import_time_counts_as_used() -> None:
    facts = parse_module(b"from a import B, C\nclass D(B): ...\ndef f():\n    return C\n", target=(3, 12), path="m.py")
    assert used_at_import(facts, frozenset(("B",)))
    assert not used_at_import(facts, frozenset(("C",)))


def test_the_deepest_entry_spells_a_file() -> None:
    assert spell("/r/src/a/b.py", ("/r", "/r/src")) == "a.b"
    assert spell("/r/my-scripts/b.py", ("/r",)) == ""
    assert resolve_relative("b", 2, "/r/src/a/x/y.py", ("/r/src",)) == "a.b"


def test_nearest_names_agree_by_spelling_or_by_words() -> None:
    names = ("load_user", "save_user", "TestHTTPClient", "close")
    assert nearest("load_users", names) == ("load_user",)
    assert nearest("HttpClientTest", names) == ("TestHTTPClient",)
    assert nearest("LoadUser", names) == ("load_user",)
    assert nearest("banana", names) == ()
    assert closeness("a", "b") == 0.0


def test_one_slip_in_a_short_name_is_a_likeness() -> None:
    assert nearest("tab", ["tan", "cos"]) == ("tan",)
    assert nearest("tna", ["tan", "cos"]) == ("tan",)
    assert nearest("ab", ["cb"]) == ()


def test_methods_are_found_by_their_class_and_imports_by_either_form() -> None:
    files = {
        "a.py": "class A:\n    def go(self): ...\n\n\ndef go(): ...\n",
        "b.py": "import go\n",
        "c.py": "from x import go\n",
    }
    index = index_of(files, Wanted(frozenset(["go"])))
    assert index.locate_method("go") == (NameSighting("A.go", "/r/a.py", 2, "method", "a"),)
    assert [str(line) for line in index.imports_of("go")] == ["import go", "from x import go"]
