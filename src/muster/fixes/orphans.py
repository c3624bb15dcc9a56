"""What is missing will not come back: write a stub of it, set its tests aside, or delete them. Only a person can choose."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from posixpath import basename, dirname

from muster.fixes.moved import imported_from
from muster.fixes.site import Site
from muster.fixes.source import Edit, Places, apply_edits, parse_tree
from muster.model.cause import Cause
from muster.model.fix import FileChange, Fix
from muster.ports import EntryKind


def fix_orphans(cause: Cause, site: Site) -> Iterator[Fix]:
    """A stub module, where a module is missing; a quarantine and a deletion, where one test file needs it."""
    module, _, name = cause.subject.partition(":")
    if not name:
        yield from _stub(module, site)
    tests = [path for path in cause.victims if basename(path).startswith("test_") or path.endswith("_test.py")]
    if len(cause.victims) != 1 or not tests or cause.culprit is None or cause.culprit.path != tests[0]:
        return
    path = tests[0]
    content, aside = site.read(path), _set_aside(path, site)
    if aside is not None:
        yield Fix("quarantine", f"set {site.show(path)} aside: collect_ignore in {site.show(aside.path)}", (aside,),
                  choice=True, gives_up=True)  # fmt: skip
    if content is not None and site.may_change(path):
        yield Fix("delete", f"delete {site.show(path)}, if it tested what was removed",
                  (FileChange(path, content, None),), choice=True, gives_up=True)  # fmt: skip


def _stub(module: str, site: Site) -> Iterator[Fix]:
    """A module with exactly the names that importers use."""
    path = _place_for(module, site)
    names = sorted(imported_from(module, site))
    if not path or not names:
        return
    text = f'"""A stub of `{module}`: nothing here is written yet."""\n' + "".join(map(_definition, names))
    change = site.create(path, text.encode())
    if change is not None:
        yield Fix("stub", f"write {site.show(path)} as a stub of {', '.join(names[:4])}"
                  + (f" and {len(names) - 4} more" if len(names) > 4 else ""), (change,), choice=True, stub=True)  # fmt: skip


def _place_for(module: str, site: Site) -> str:
    """Where the module would lie: in a folder that is there."""
    below = module.replace(".", "/")
    for root in site.roots:
        path = f"{root}/{below}.py"
        if site.tree.kind(dirname(path)) is EntryKind.FOLDER and ("." in module or root == site.roots[0]):
            return path
    return ""


def _definition(name: str) -> str:
    """A class for a name that is spelled as one, a function for any other; both say what they are when they are used."""
    told = f'raise NotImplementedError("{name} is a stub")'
    if name[:1].isupper() and not name.isupper():
        return f"\n\nclass {name}:\n    def __init__(self, *args, **kwargs):\n        {told}\n"
    return f"\n\ndef {name}(*args, **kwargs):\n    {told}\n"


def _set_aside(path: str, site: Site) -> FileChange | None:
    """The conftest beside the test file, with it in `collect_ignore`."""
    conftest, name = f"{dirname(path)}/conftest.py", basename(path)
    if site.tree.kind(conftest) is None:
        return site.create(conftest, f'collect_ignore = ["{name}"]\n'.encode())
    return site.edit(conftest, lambda text: add_ignored(text, name))


def add_ignored(text: str, name: str) -> str | None:
    """`text`, a conftest, with the file `name` in its `collect_ignore`."""
    tree = parse_tree(text)
    if tree is None:
        return None
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(t, ast.Name) and t.id == "collect_ignore" for t in node.targets
        ):
            if not isinstance(node.value, ast.List):
                return None
            end = Places(text).end(node.value) - 1
            comma = ", " if node.value.elts and not text[:end].rstrip().endswith(",") else ""
            return apply_edits(text, [Edit(end, end, f'{comma}"{name}"')])
    if "collect_ignore" in text.replace("collect_ignore_glob", ""):
        return None
    newline = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text or text.endswith(("\n", "\r")) else newline
    return f'{text}{gap}{newline}collect_ignore = ["{name}"]{newline}'
