"""The little language of `-k` and `-m` (`_pytest.mark.expression`).

    expression: expr? EOF
    expr:       and_expr ('or' and_expr)*
    and_expr:   not_expr ('and' not_expr)*
    not_expr:   'not' not_expr | '(' expr ')' | ident kwargs?

    ident:      (\\w|:|\\+|-|\\.|\\[|\\]|\\\\|/)+
    kwargs:     '(' name '=' value (',' name '=' value)* ')'          since pytest 8.3

Truth has three values here: None where what is known of a test does not decide.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from muster.invocation.version import PytestVersion

Value = str | int | bool | None
Truth = bool | None
Kwargs = tuple[tuple[str, Value], ...]
Matcher = Callable[[str, Kwargs], Truth]
_Test = Callable[[Matcher], Truth]


class ExpressionRefused(Exception):
    """A malformed expression, or one that its option does not support; the text is pytest's."""


@dataclass(frozen=True, slots=True)
class MarkFact:
    """A marker on a test; `kwargs` is None where its keyword arguments are not known."""

    name: str
    kwargs: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression and the names that occur in it."""

    text: str
    names: frozenset[str]
    _test: _Test

    def matches_names(self, names: Iterable[str]) -> Truth:
        """Whether `-k` selects a test with these keywords: by part of a name, any case. Raises `ExpressionRefused`."""
        lowered = [name.lower() for name in names]

        def match(name: str, kwargs: Kwargs) -> Truth:
            if kwargs:
                raise ExpressionRefused("Keyword expressions do not support call parameters.")
            return any(name.lower() in keyword_ for keyword_ in lowered)

        return self._test(match)

    def matches_marks(self, marks: Sequence[MarkFact]) -> Truth:
        """Whether `-m` selects a test with these markers: by whole name, and by keyword arguments where given."""

        def match(name: str, kwargs: Kwargs) -> Truth:
            return _any(_mark_matches(mark, kwargs) for mark in marks if mark.name == name)

        return self._test(match)


def parse_expression(text: str, option: str, version: PytestVersion) -> Expression:
    """The expression given to `option` (`-k` or `-m`). Raises `ExpressionRefused` with pytest's words."""
    try:
        scanner = _Scanner(text, version)
        test = _expression(scanner)
    except _Malformed as problem:
        message = f"Wrong expression passed to '{option}': {text}: at column {problem.column}: {problem}"
        raise ExpressionRefused(message) from None
    except RecursionError:
        raise ExpressionRefused(f"Wrong expression passed to '{option}': nested too deeply") from None
    return Expression(text, frozenset(scanner.names), test)


def refuse_unknown_markers(expression: Expression, registered: Iterable[str]) -> None:
    """Raise `ExpressionRefused` for names in `-m` that no marker line registers: strict markers, since pytest 9.2."""
    names = {line.split(":", 1)[0].split("(")[0].strip() for line in registered}
    unknown = ", ".join(sorted(expression.names - names))
    if unknown:
        raise ExpressionRefused(
            f"Unknown marker(s) in '-m' expression: {unknown}. Use 'pytest --markers' to see available markers."
        )


class _Malformed(Exception):
    def __init__(self, column: int, message: str) -> None:
        super().__init__(message)
        self.column = column


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


_END, _LEFT, _RIGHT, _OR, _AND, _NOT = "end of input", "left parenthesis", "right parenthesis", "or", "and", "not"
_IDENTIFIER, _EQUAL, _STRING, _COMMA = "identifier", "=", "string literal", ","
_WORD = re.compile(r"(:?\w|:|\+|-|\.|\[|\]|\\|/)+")
_SINGLE = {"(": _LEFT, ")": _RIGHT, "=": _EQUAL, ",": _COMMA}
_CONSTANTS: Mapping[str, Value] = {"True": True, "False": False, "None": None}


class _Scanner:
    def __init__(self, text: str, version: PytestVersion) -> None:
        self.names: set[str] = set()
        self.calls = version >= (8, 3, 0)
        self._tokens = _tokens(text, version)
        self.current = next(self._tokens)

    def accept(self, kind: str) -> _Token | None:
        """The current token if it is of this kind, stepping over it."""
        if self.current.kind != kind:
            return None
        token = self.current
        if kind != _END:
            self.current = next(self._tokens)
        return token

    def expect(self, kind: str) -> _Token:
        return self.accept(kind) or self.reject(kind)

    def reject(self, *expected: str) -> NoReturn:
        words = f"expected {' OR '.join(expected)}; got {self.current.kind}"
        raise _Malformed(self.current.position + 1, words)


def _tokens(text: str, version: PytestVersion) -> Iterator[_Token]:
    """The tokens, one by one: a malformed rest matters only once the parser gets there."""
    calls = version >= (8, 3, 0)
    position = 0
    while position < len(text):
        character = text[position]
        if character in " \t":
            position += 1
            continue
        if character in "()" or (calls and character in "=,"):
            yield _Token(_SINGLE[character], character, position)
            position += 1
            continue
        token = _string(text, position, version) if calls and character in "'\"" else _word(text, position)
        yield token
        position += len(token.text)
    yield _Token(_END, "", position)


def _string(text: str, position: int, version: PytestVersion) -> _Token:
    quote = text[position]
    end = text.find(quote, position + 1)
    if end < 0:
        raise _Malformed(position + 1, f'closing quote "{quote}" is missing')
    value = text[position : end + 1]
    # Before 9.1 a backslash anywhere in the expression was refused.
    backslash = text.find("\\") if version < (9, 1, 0) else text.find("\\", position, end + 1)
    if backslash >= 0:
        raise _Malformed(backslash + 1, r'escaping with "\" not supported in marker expression')
    return _Token(_STRING, value, position)


def _word(text: str, position: int) -> _Token:
    match = _WORD.match(text, position)
    if match is None:
        raise _Malformed(position + 1, f'unexpected character "{text[position]}"')
    word = match[0]
    return _Token(word if word in (_OR, _AND, _NOT) else _IDENTIFIER, word, position)


def _expression(scanner: _Scanner) -> _Test:
    if scanner.accept(_END):
        return lambda matcher: False
    test = _or(scanner)
    scanner.expect(_END)
    return test


def _or(scanner: _Scanner) -> _Test:
    tests = [_and(scanner)]
    while scanner.accept(_OR):
        tests.append(_and(scanner))
    return tests[0] if len(tests) == 1 else lambda matcher: _any(test(matcher) for test in tests)


def _and(scanner: _Scanner) -> _Test:
    tests = [_not(scanner)]
    while scanner.accept(_AND):
        tests.append(_not(scanner))
    return tests[0] if len(tests) == 1 else lambda matcher: _all(test(matcher) for test in tests)


def _not(scanner: _Scanner) -> _Test:
    if scanner.accept(_NOT):
        negated = _not(scanner)
        return lambda matcher: _negate(negated(matcher))
    if scanner.accept(_LEFT):
        inner = _or(scanner)
        scanner.expect(_RIGHT)
        return inner
    identifier = scanner.accept(_IDENTIFIER)
    if identifier is None:
        scanner.reject(_NOT, _LEFT, _IDENTIFIER)
    name = identifier.text
    scanner.names.add(name)
    kwargs: Kwargs = ()
    if scanner.calls and scanner.accept(_LEFT):
        kwargs = tuple(_all_kwargs(scanner))
        scanner.expect(_RIGHT)
    return lambda matcher: matcher(name, kwargs)


def _all_kwargs(scanner: _Scanner) -> Iterator[tuple[str, Value]]:
    yield _kwarg(scanner)
    while scanner.accept(_COMMA):
        yield _kwarg(scanner)


def _kwarg(scanner: _Scanner) -> tuple[str, Value]:
    name = scanner.expect(_IDENTIFIER)
    if not name.text.isidentifier():
        raise _Malformed(name.position + 1, f"not a valid python identifier {name.text}")
    if keyword.iskeyword(name.text):
        raise _Malformed(name.position + 1, f"unexpected reserved python keyword `{name.text}`")
    scanner.expect(_EQUAL)
    if string := scanner.accept(_STRING):
        return name.text, string.text[1:-1]
    value = scanner.expect(_IDENTIFIER)
    if value.text.removeprefix("-").isdecimal():
        return name.text, int(value.text)
    if value.text in _CONSTANTS:
        return name.text, _CONSTANTS[value.text]
    raise _Malformed(value.position + 1, f'unexpected character/s "{value.text}"')


def _mark_matches(mark: MarkFact, kwargs: Kwargs) -> Truth:
    if not kwargs:
        return True
    if mark.kwargs is None:
        return None
    missing = object()
    return all(mark.kwargs.get(name, missing) == value for name, value in kwargs)


def _any(truths: Iterable[Truth]) -> Truth:
    """`or`, left to right, stopping at the first that is true."""
    undecided = False
    for truth in truths:
        if truth:
            return True
        undecided |= truth is None
    return None if undecided else False


def _all(truths: Iterable[Truth]) -> Truth:
    undecided = False
    for truth in truths:
        if truth is False:
            return False
        undecided |= truth is None
    return None if undecided else True


def _negate(truth: Truth) -> Truth:
    return None if truth is None else not truth
