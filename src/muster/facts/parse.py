"""From the bytes of a file to its facts, by the parser of the interpreter that runs this.

The verdict is the target's own only where host and target share their minor version; the parsing adapter sees to it.
"""

from __future__ import annotations

import ast
import re
import tokenize
import warnings
from collections.abc import Callable, Iterator

from muster.facts.extract import extract_bodies, extract_module
from muster.facts.module_facts import Directive, FunctionBodies, FunctionBody, ModuleFacts, SyntaxProblem

CompileCheck = Callable[[ast.Module, str], object]
"""What the compiler says of a tree and a file name: raises as `compile` does, which the core may not call itself."""

PARSE_FAILURES = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)
"""What CPython raises for source that it does not take; `UnicodeDecodeError` is a `ValueError`."""

_DIRECTIVE = re.compile(r"#\s*muster:\s*ignore(?:\[([^\]]*)\])?\s*(.*)")
_DEFINITION = re.compile(rb"^([ \t]*)(?:async[ \t]+)?(def|class)[ \t]+([A-Za-z_]\w*)", re.MULTILINE)


def parse_module(
    source: bytes, *, target: tuple[int, int], path: str, compile_check: CompileCheck | None = None
) -> ModuleFacts:
    """The facts of the file `path` that holds `source`; a file that does not parse is data (`ModuleFacts.problem`).

    With `compile_check`, errors that only the compiler finds (`'return' outside function`) count too.
    """
    name = safe_filename(path)
    try:
        tree = parse_tree(source, name)
        if compile_check is not None:
            with _silent():
                compile_check(tree, name)
    except PARSE_FAILURES as exc:
        return failed_facts(source, problem_of(exc, source))
    try:
        return facts_of_tree(tree, source, target)
    except RecursionError:
        return undecided_facts(source, "it is nested too deeply")


def parse_bodies(source: bytes, target: tuple[int, int]) -> FunctionBodies:
    """The bodies of all functions in `source`; none where it does not parse."""
    try:
        tree = parse_tree(source, safe_filename("source.py"))
        return bodies_of_fields(extract_bodies(tree, source, target))
    except PARSE_FAILURES:
        return FunctionBodies({})


def facts_of_tree(
    tree: ast.Module, source: bytes, target: tuple[int, int], *, original: bytes | None = None
) -> ModuleFacts:
    """The facts of a file whose syntax tree is at hand; `original` is its text where `source` was cut down."""
    directives = parse_directives(source if original is None else original)
    return ModuleFacts(directives=directives, **extract_module(tree, source, target))


def bodies_of_fields(by_line: dict[int, dict[str, object]]) -> FunctionBodies:
    """`by_line` as `extract_bodies` returns it, as structs."""
    return FunctionBodies({line: FunctionBody(**fields) for line, fields in by_line.items()})  # type: ignore[arg-type]  # because extract.py cannot name the structs


def failed_facts(source: bytes, problem: SyntaxProblem) -> ModuleFacts:
    """The facts of a file that does not parse: the problem, and the tests that its text seems to hold."""
    return ModuleFacts([], problem, directives=parse_directives(source), estimated_tests=estimate_tests(source))


def undecided_facts(source: bytes, reason: str) -> ModuleFacts:
    """The facts of a file that could not be judged, for `reason`."""
    return ModuleFacts(
        [], directives=parse_directives(source), estimated_tests=estimate_tests(source), undecided=reason
    )


def problem_of(exc: BaseException, source: bytes) -> SyntaxProblem:
    """`exc` as data; the line's text is taken from `source` where the parser gave none."""
    line = getattr(exc, "lineno", None) or 0
    text = getattr(exc, "text", None) or line_of(source, line)
    return SyntaxProblem(
        type=type(exc).__name__,
        message=_encodable(str(exc)),
        line=line,
        column=max(getattr(exc, "offset", None) or 0, 0),
        text=_encodable(text.rstrip("\r\n")),
    )


def line_of(source: bytes, line: int) -> str:
    """The text of the 1-based `line`, or "" where there is none."""
    lines = source.splitlines() if line else []
    return lines[line - 1].decode("utf-8", "replace") if 0 < line <= len(lines) else ""


def estimate_tests(source: bytes) -> tuple[str, ...]:
    """`test_x` and `TestX::test_y` for the `def test` lines of a text that does not parse, by their indentation."""
    found: list[str] = []
    scopes: list[tuple[int, bool, str]] = []
    for match in _DEFINITION.finditer(source):
        indent = len(match[1].expandtabs())
        while scopes and scopes[-1][0] >= indent:
            scopes.pop()
        name = match[3].decode("ascii", "replace")
        if match[2] == b"class":
            scopes.append((indent, True, name))
            continue
        if name.startswith("test") and all(is_class for _, is_class, _ in scopes):
            found.append("::".join([*(each for _, _, each in scopes), name]))
        scopes.append((indent, False, name))
    return tuple(dict.fromkeys(found))


def parse_directives(source: bytes) -> tuple[Directive, ...]:
    """The `# muster: ignore[...]` comments of `source`; strings that look like one do not count."""
    if b"muster:" not in source:
        return ()
    return tuple(_directives(source))


def _directives(source: bytes) -> Iterator[Directive]:
    try:
        for token in tokenize.tokenize(iter(source.splitlines(keepends=True)).__next__):
            if token.type == tokenize.COMMENT and (match := _DIRECTIVE.match(token.string)):
                codes = tuple(code.strip() for code in (match[1] or "").split(",") if code.strip())
                yield Directive(token.start[0], codes, match[2].strip())
    except (tokenize.TokenError, *PARSE_FAILURES):
        return


def parse_tree(source: bytes, name: str) -> ast.Module:
    """The syntax tree of `source`, without the warnings that it deserves. Raises one of `PARSE_FAILURES`."""
    with _silent():
        return ast.parse(source, filename=name)


def _silent() -> warnings.catch_warnings[None]:
    # Where warnings are errors, `"\d"` would otherwise become a SyntaxError of this process.
    return warnings.catch_warnings(action="ignore")


def safe_filename(path: str) -> str:
    """A name with the base name that messages quote, which cannot be opened.

    CPython reads an error's line from the file of that name, whatever lies there by then.
    """
    return "/dev/null/" + _encodable(path.rpartition("/")[2])


def _encodable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
