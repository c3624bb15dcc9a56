"""From a syntax tree to the IR of `opcodes`, module level and class bodies; function bodies on request.

Standard library only, Python 3.9 syntax, no state outside the call: this text is also sent to the examined project's
own interpreter when its grammar is newer than ours.
"""

# ruff: noqa: B905  # because zip's `strict` is new in 3.10

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Iterable
from typing import Any

from muster.facts import opcodes as op
from muster.facts.scopes import absolute_imports, by_class, functions_in, module_names, nodes_of_scope, scope_names

IR = Any
"""Nested tuples of plain values, see `opcodes`."""

_HARMLESS_NAMES = frozenset(
    "ArithmeticError AssertionError AttributeError BaseException Exception ImportError IndexError KeyError LookupError "
    "NameError NotImplementedError OSError RuntimeError StopIteration SyntaxError TypeError ValueError bool bytearray "
    "bytes classmethod complex dict float frozenset int list memoryview object property range set slice staticmethod "
    "str super tuple type".split()
)
"""Builtins of every supported version: evaluating one of them as an annotation cannot fail."""

_BINARY = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.MatMult: "@", ast.Div: "/", ast.Mod: "%", ast.Pow: "**",
    ast.LShift: "<<", ast.RShift: ">>", ast.BitOr: "|", ast.BitXor: "^", ast.BitAnd: "&", ast.FloorDiv: "//",
}  # fmt: skip
_UNARY = {ast.Not: "not", ast.USub: "-", ast.UAdd: "+", ast.Invert: "~"}
_COMPARE = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Is: "is",
    ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
_CONVERSIONS = {-1: "", 115: "s", 114: "r", 97: "a"}

_UNLINED = frozenset((ast.Constant, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Starred, ast.Lambda))
"""Displays and constants do not fail by themselves, so they need no line of their own; their elements may."""


_DEEPEST = 100
"""How deep expressions, patterns and `elif` may nest: beyond it their value is unknown. Without a bound of our own the IR
would depend on how much of the stack the caller has left."""

_UNKNOWN = (op.OPAQUE, ())


class Extractor:
    """The IR of one tree. `source` is its text in bytes, `target` the examined project's Python."""

    def __init__(self, tree: ast.Module, source: bytes, target: tuple[int, int]) -> None:
        self.tree = tree
        self.future_annotations = has_future_annotations(tree)
        # PEP 563 keeps annotations as text, PEP 649 defers them: nothing of them runs at import time.
        self.eager_annotations = not self.future_annotations and target < (3, 14)
        self.in_function = False
        self.depth = 0
        self.yield_lines = _lines_with(source, b"yield")
        self.has_walrus = b":=" in source

    def module(self) -> list[IR]:
        """The statements of module level."""
        return list(self.block(self.tree.body))

    def function_bodies(self) -> dict[int, dict[str, Any]]:
        """For each function of the file, by the line of its def, the fields of its `FunctionBody`."""
        self.in_function = True
        return {node.lineno: self._function_body(node) for node in functions_in(self.tree.body)}

    def _function_body(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, Any]:
        names = scope_names(node, self.has_walrus)
        return {
            "statements": self.block(node.body),
            "local_names": tuple(names.bound),
            "is_generator": self._is_generator(node),
            "is_async": isinstance(node, ast.AsyncFunctionDef),
            "doc": docstring(node.body),
            "globals": tuple(names.globals),
            "nonlocals": tuple(names.nonlocals),
        }

    # Statements.

    def block(self, statements: list[ast.stmt]) -> tuple[IR, ...]:
        """The IR of `statements`; mere constants (docstrings, `...`) do nothing and are left out."""
        return tuple(
            _STATEMENTS[node.__class__](self, node)
            for node in statements
            if not (node.__class__ is ast.Expr and node.value.__class__ is ast.Constant)
        )

    def _expression_statement(self, node: ast.Expr) -> IR:
        return (op.EXPR, node.lineno, self.expression(node.value, node.lineno))

    def _assign(self, node: ast.Assign) -> IR:
        line = node.lineno
        return (
            op.ASSIGN,
            line,
            tuple(self.target(each, line) for each in node.targets),
            self.expression(node.value, line),
        )

    def _augmented(self, node: ast.AugAssign) -> IR:
        line = node.lineno
        return (
            op.AUG,
            line,
            self.target(node.target, line),
            _BINARY[node.op.__class__],
            self.expression(node.value, line),
        )

    def _annotated(self, node: ast.AnnAssign) -> IR:
        line = node.lineno
        # Annotations of local variables are never evaluated (PEP 526).
        evaluated = self.eager_annotations and not self.in_function and not _is_harmless(node.annotation)
        return (
            op.ANN,
            line,
            self.target(node.target, line),
            self.expression(node.annotation, line) if evaluated else None,
            None if node.value is None else self.expression(node.value, line),
            bool(node.simple),
        )

    def _delete(self, node: ast.Delete) -> IR:
        return (op.DELETE, node.lineno, tuple(self.target(each, node.lineno) for each in node.targets))

    def _import(self, node: ast.Import) -> IR:
        return (op.IMPORT, node.lineno, tuple((alias.name, alias.asname) for alias in node.names))

    def _import_from(self, node: ast.ImportFrom) -> IR:
        names = tuple((alias.name, alias.asname) for alias in node.names)
        return (op.FROM, node.lineno, node.module, names, node.level or 0)

    def _if(self, node: ast.If) -> IR:
        chain = [node]
        while len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
            node = node.orelse[0]
            chain.append(node)
        orelse = self.block(node.orelse)
        if len(chain) > _DEEPEST:
            rest = [(op.IF, each.lineno, _UNKNOWN, self.block(each.body), ()) for each in chain[_DEEPEST:]]
            orelse = (*rest, (op.IF, node.lineno, _UNKNOWN, orelse, ())) if orelse else tuple(rest)
        for each in reversed(chain[:_DEEPEST]):
            line = each.lineno
            orelse = ((op.IF, line, self.expression(each.test, line), self.block(each.body), orelse),)
        return orelse[0]

    def _for(self, node: ast.For | ast.AsyncFor) -> IR:
        line = node.lineno
        return (
            op.FOR,
            line,
            self.target(node.target, line),
            self.expression(node.iter, line),
            self.block(node.body),
            self.block(node.orelse),
            isinstance(node, ast.AsyncFor),
        )

    def _while(self, node: ast.While) -> IR:
        test = self.expression(node.test, node.lineno)
        return (op.WHILE, node.lineno, test, self.block(node.body), self.block(node.orelse))

    def _try(self, node: ast.Try) -> IR:
        return (
            op.TRY,
            node.lineno,
            self.block(node.body),
            tuple(self._handler(each) for each in node.handlers),
            self.block(node.orelse),
            self.block(node.finalbody),
            node.__class__ is not ast.Try,
        )

    def _handler(self, node: ast.ExceptHandler) -> IR:
        caught = None if node.type is None else self.expression(node.type, node.lineno)
        return (node.lineno, caught, node.name, self.block(node.body))

    def _with(self, node: ast.With | ast.AsyncWith) -> IR:
        line = node.lineno
        items = tuple(
            (
                self.expression(item.context_expr, line),
                None if item.optional_vars is None else self.target(item.optional_vars, line),
            )
            for item in node.items
        )
        return (op.WITH, line, items, self.block(node.body), isinstance(node, ast.AsyncWith))

    def _def(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> IR:
        line = node.lineno
        function = (
            node.name,
            self._parameters(node.args, line),
            self._annotations(node) if self.eager_annotations else (),
            self._flags(node),
            _type_parameters(node),
            node.end_lineno or line,
            first_line(node.body[0]),
        )
        return (op.DEF, line, function, self._decorators(node.decorator_list))

    def _flags(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
        flags = op.ASYNC if isinstance(node, ast.AsyncFunctionDef) else 0
        if self._is_generator(node):
            flags |= op.GENERATOR
        if is_trivial(node.body):
            flags |= op.TRIVIAL
        return flags

    def _is_generator(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        # Walking every body would cost more than the parse: most files and functions hold no such word.
        at = bisect_left(self.yield_lines, node.lineno)
        if at == len(self.yield_lines) or self.yield_lines[at] > (node.end_lineno or node.lineno):
            return False
        return any(isinstance(each, (ast.Yield, ast.YieldFrom)) for each in nodes_of_scope(node.body))

    def _annotations(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[IR, ...]:
        arguments = node.args
        # The compiler's order: compiler_visit_annotations in CPython's compile.c.
        parameters = [*arguments.args, *arguments.posonlyargs, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg]
        found = [each.annotation for each in parameters if each is not None and each.annotation is not None]
        if node.returns is not None:
            found.append(node.returns)
        return tuple(self.expression(each, node.lineno) for each in found if not _is_harmless(each))

    def _class(self, node: ast.ClassDef) -> IR:
        line = node.lineno
        bases, keywords = self._arguments(node.bases, node.keywords, line)
        outer, self.in_function = self.in_function, False
        body = self.block(node.body)
        self.in_function = outer
        return (
            op.CLASS,
            line,
            node.name,
            bases,
            keywords,
            body,
            self._decorators(node.decorator_list),
            _type_parameters(node),
            node.end_lineno or line,
            docstring(node.body),
        )

    def _decorators(self, nodes: list[ast.expr]) -> tuple[IR, ...]:
        return tuple((op.LINE, node.lineno, self.expression(node, node.lineno)) for node in nodes)

    def _return(self, node: ast.Return) -> IR:
        return (op.RETURN, node.lineno, self._optional(node.value, node.lineno))

    def _raise(self, node: ast.Raise) -> IR:
        line = node.lineno
        return (op.RAISE, line, self._optional(node.exc, line), self._optional(node.cause, line))

    def _assert(self, node: ast.Assert) -> IR:
        return (op.ASSERT, node.lineno, self.expression(node.test, node.lineno), self._optional(node.msg, node.lineno))

    def _global(self, node: ast.Global) -> IR:
        return (op.GLOBAL, node.lineno, tuple(node.names))

    def _nonlocal(self, node: ast.Nonlocal) -> IR:
        return (op.NONLOCAL, node.lineno, tuple(node.names))

    def _pass(self, node: ast.Pass) -> IR:
        return (op.PASS, node.lineno)

    def _break(self, node: ast.Break) -> IR:
        return (op.BREAK, node.lineno)

    def _continue(self, node: ast.Continue) -> IR:
        return (op.CONTINUE, node.lineno)

    def _type_alias(self, node: Any) -> IR:
        return (op.TYPE, node.lineno, node.name.id, _type_parameters(node))

    def _match(self, node: Any) -> IR:
        cases = tuple(
            (
                self.pattern(case.pattern, node.lineno),
                self._optional(case.guard, node.lineno),
                self.block(case.body),
            )
            for case in node.cases
        )
        return (op.MATCH, node.lineno, self.expression(node.subject, node.lineno), cases)

    # Patterns. Their classes are new in 3.10, so they are told apart by name.

    def pattern(self, node: Any, line: int) -> IR:
        """The IR of one `case` pattern."""
        if self.depth == _DEEPEST:
            return (op.M_VALUE, _UNKNOWN)
        self.depth += 1
        found = getattr(self, "_pattern_" + node.__class__.__name__)(node, line)
        self.depth -= 1
        return found

    def _patterns(self, nodes: list[Any], line: int) -> tuple[IR, ...]:
        return tuple(self.pattern(each, line) for each in nodes)

    def _pattern_MatchValue(self, node: Any, line: int) -> IR:
        return (op.M_VALUE, self.expression(node.value, line))

    def _pattern_MatchSingleton(self, node: Any, line: int) -> IR:
        return (op.M_SINGLETON, node.value)

    def _pattern_MatchSequence(self, node: Any, line: int) -> IR:
        return (op.M_SEQUENCE, self._patterns(node.patterns, line))

    def _pattern_MatchMapping(self, node: Any, line: int) -> IR:
        keys = tuple(self.expression(each, line) for each in node.keys)
        return (op.M_MAPPING, keys, self._patterns(node.patterns, line), node.rest)

    def _pattern_MatchClass(self, node: Any, line: int) -> IR:
        named = tuple(zip(node.kwd_attrs, self._patterns(node.kwd_patterns, line)))
        return (op.M_CLASS, self.expression(node.cls, line), self._patterns(node.patterns, line), named)

    def _pattern_MatchStar(self, node: Any, line: int) -> IR:
        return (op.M_STAR, node.name)

    def _pattern_MatchAs(self, node: Any, line: int) -> IR:
        return (op.M_AS, None if node.pattern is None else self.pattern(node.pattern, line), node.name)

    def _pattern_MatchOr(self, node: Any, line: int) -> IR:
        return (op.M_OR, self._patterns(node.patterns, line))

    # Expressions.

    def expression(self, node: ast.expr, line: int) -> IR:
        """The IR of one expression, under LINE where it starts on a line of its own; `line` is that of what encloses it."""
        if self.depth == _DEEPEST:
            return _UNKNOWN
        self.depth += 1
        kind = node.__class__
        if node.lineno == line or kind in _UNLINED:
            found = _EXPRESSIONS[kind](self, node, line)
        else:
            found = (op.LINE, node.lineno, _EXPRESSIONS[kind](self, node, node.lineno))
        self.depth -= 1
        return found

    def target(self, node: ast.expr, line: int) -> IR:
        """The IR of what is bound: never under LINE itself."""
        if isinstance(node, (ast.List, ast.Tuple)):
            code = op.LIST if isinstance(node, ast.List) else op.TUPLE
            return (code, tuple(self.target(each, line) for each in node.elts))
        if isinstance(node, ast.Starred):
            return (op.STAR, self.target(node.value, line))
        return _EXPRESSIONS[node.__class__](self, node, line)

    def _optional(self, node: ast.expr | None, line: int) -> IR:
        return None if node is None else self.expression(node, line)

    def _many(self, nodes: Iterable[ast.expr], line: int) -> tuple[IR, ...]:
        return tuple([self.expression(each, line) for each in nodes])

    def _constant(self, node: ast.Constant, line: int) -> IR:
        return constant(node.value)

    def _name(self, node: ast.Name, line: int) -> IR:
        return (op.NAME, node.id)

    def _attribute(self, node: ast.Attribute, line: int) -> IR:
        return (op.ATTR, self.expression(node.value, line), node.attr)

    def _call(self, node: ast.Call, line: int) -> IR:
        return (op.CALL, self.expression(node.func, line), *self._arguments(node.args, node.keywords, line))

    def _arguments(self, arguments: list[ast.expr], keywords: list[ast.keyword], line: int) -> tuple[IR, IR]:
        return self._many(arguments, line), tuple([(each.arg, self.expression(each.value, line)) for each in keywords])

    def _index(self, node: ast.Subscript, line: int) -> IR:
        return (op.INDEX, self.expression(node.value, line), self.expression(node.slice, line))

    def _slice(self, node: ast.Slice, line: int) -> IR:
        bounds = (node.lower, node.upper, node.step)
        return (op.SLICE, *[None if each is None else self.expression(each, line) for each in bounds])

    def _binary(self, node: ast.BinOp, line: int) -> IR:
        left, right = self.expression(node.left, line), self.expression(node.right, line)
        return (op.BINARY, _BINARY[node.op.__class__], left, right)

    def _unary(self, node: ast.UnaryOp, line: int) -> IR:
        return (op.UNARY, _UNARY[node.op.__class__], self.expression(node.operand, line))

    def _bool(self, node: ast.BoolOp, line: int) -> IR:
        return (op.BOOL, "and" if isinstance(node.op, ast.And) else "or", self._many(node.values, line))

    def _compare(self, node: ast.Compare, line: int) -> IR:
        operators = tuple([_COMPARE[each.__class__] for each in node.ops])
        return (op.COMPARE, self.expression(node.left, line), operators, self._many(node.comparators, line))

    def _if_expression(self, node: ast.IfExp, line: int) -> IR:
        return (op.IFEXP, *self._many((node.test, node.body, node.orelse), line))

    def _lambda(self, node: ast.Lambda, line: int) -> IR:
        return (op.LAMBDA, self._parameters(node.args, line), self.expression(node.body, line))

    def _list(self, node: ast.List, line: int) -> IR:
        return (op.LIST, self._many(node.elts, line))

    def _tuple(self, node: ast.Tuple, line: int) -> IR:
        return (op.TUPLE, self._many(node.elts, line))

    def _set(self, node: ast.Set, line: int) -> IR:
        return (op.SET, self._many(node.elts, line))

    def _dict(self, node: ast.Dict, line: int) -> IR:
        pairs = [
            (None if key is None else self.expression(key, line), self.expression(value, line))
            for key, value in zip(node.keys, node.values)
        ]
        return (op.DICT, tuple(pairs))

    def _list_comprehension(self, node: ast.ListComp, line: int) -> IR:
        return (op.LISTCOMP, self.expression(node.elt, line), self._clauses(node.generators, line))

    def _set_comprehension(self, node: ast.SetComp, line: int) -> IR:
        return (op.SETCOMP, self.expression(node.elt, line), self._clauses(node.generators, line))

    def _generator(self, node: ast.GeneratorExp, line: int) -> IR:
        return (op.GENEXP, self.expression(node.elt, line), self._clauses(node.generators, line))

    def _dict_comprehension(self, node: ast.DictComp, line: int) -> IR:
        key, value = self.expression(node.key, line), self.expression(node.value, line)
        return (op.DICTCOMP, key, value, self._clauses(node.generators, line))

    def _clauses(self, nodes: list[ast.comprehension], line: int) -> tuple[IR, ...]:
        return tuple(
            (
                self.target(each.target, line),
                self.expression(each.iter, line),
                self._many(each.ifs, line),
                bool(each.is_async),
            )
            for each in nodes
        )

    def _fstring(self, node: ast.JoinedStr, line: int) -> IR:
        return (op.FSTRING, tuple(self._fstring_part(each, line) for each in node.values))

    def _fstring_part(self, node: ast.expr, line: int) -> IR:
        if isinstance(node, ast.FormattedValue):
            return self._formatted(node, line)
        part = self.expression(node, line)
        # A text with a lone surrogate, or (below a format spec) a nested f-string, is an expression like any other.
        return part[1] if part[0] == op.CONST else (part, "", None)

    def _formatted(self, node: ast.FormattedValue, line: int) -> IR:
        spec = node.format_spec
        parts = None
        if isinstance(spec, ast.JoinedStr):
            parts = tuple(self._fstring_part(each, line) for each in spec.values)
        return (self.expression(node.value, line), _CONVERSIONS.get(node.conversion, ""), parts)

    def _formatted_alone(self, node: ast.FormattedValue, line: int) -> IR:
        return (op.FSTRING, (self._formatted(node, line),))

    def _walrus(self, node: ast.NamedExpr, line: int) -> IR:
        return (op.WALRUS, node.target.id, self.expression(node.value, line))

    def _await(self, node: ast.Await, line: int) -> IR:
        return (op.AWAIT, self.expression(node.value, line))

    def _yield(self, node: ast.Yield, line: int) -> IR:
        return (op.YIELD, None if node.value is None else self.expression(node.value, line))

    def _yield_from(self, node: ast.YieldFrom, line: int) -> IR:
        return (op.YIELD_FROM, self.expression(node.value, line))

    def _starred(self, node: ast.Starred, line: int) -> IR:
        return (op.STAR, self.expression(node.value, line))

    def _template(self, node: Any, line: int) -> IR:
        operands = [each.value for each in node.values if each.__class__.__name__ == "Interpolation"]
        return (op.OPAQUE, self._many(operands, line))

    def _parameters(self, node: ast.arguments, line: int) -> IR:
        defaults = [None if each is None else self.expression(each, line) for each in node.defaults]
        positional = [each.arg for each in (*node.posonlyargs, *node.args)]
        with_defaults = list(zip(positional, [None] * (len(positional) - len(defaults)) + defaults))
        split = len(node.posonlyargs)
        keyword_only = tuple(
            (each.arg, None if default is None else self.expression(default, line))
            for each, default in zip(node.kwonlyargs, node.kw_defaults)
        )
        return (
            tuple(with_defaults[:split]),
            tuple(with_defaults[split:]),
            node.vararg.arg if node.vararg else None,
            keyword_only,
            node.kwarg.arg if node.kwarg else None,
        )


def constant(value: object) -> IR:
    """CONST where MessagePack can carry `value`, else SPECIAL with a text that `ast.literal_eval` reads back."""
    if value is Ellipsis:
        return (op.SPECIAL, "ellipsis", "...")
    if isinstance(value, complex):
        return (op.SPECIAL, "complex", repr(value))
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        # Decimal text of more than 4,300 digits is refused by newer interpreters (CVE-2020-10735), hexadecimal is not.
        return (op.SPECIAL, "bigint", repr(value) if value.bit_length() < 10_000 else hex(value))
    if isinstance(value, str) and not value.isascii() and _has_surrogates(value):
        return (op.SPECIAL, "str", ascii(value))
    return (op.CONST, value)


def docstring(body: list[ast.stmt]) -> str | None:
    """The docstring that `body` starts with, as written (not cleaned); lone surrogates are shown escaped."""
    first = body[0] if body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return first.value.value.encode("utf-8", "backslashreplace").decode("utf-8")
    return None


def has_future_annotations(tree: ast.Module) -> bool:
    """Whether `from __future__ import annotations` stands at the head of the file."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__" and not node.level:
            if any(alias.name == "annotations" for alias in node.names):
                return True
        elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            return False
    return False


def first_line(node: ast.stmt) -> int:
    """The line where `node` starts, decorators included."""
    decorators = getattr(node, "decorator_list", None)
    return min([node.lineno, *[each.lineno for each in decorators]]) if decorators else node.lineno


def is_trivial(body: list[ast.stmt]) -> bool:
    """Whether `body` is only a docstring, `...` or `pass`."""
    return all(
        isinstance(node, ast.Pass)
        or (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and (node.value.value is Ellipsis or isinstance(node.value.value, str))
        )
        for node in body
    )


def extract_module(tree: ast.Module, source: bytes, target: tuple[int, int]) -> dict[str, Any]:
    """The fields of `ModuleFacts` that a tree alone decides."""
    extractor = Extractor(tree, source, target)
    return {
        "body": extractor.module(),
        "future_annotations": extractor.future_annotations,
        "doc": docstring(tree.body),
        "imports": absolute_imports(tree.body),
        "all_names": module_names(tree.body, extractor.has_walrus),
    }


def extract_bodies(tree: ast.Module, source: bytes, target: tuple[int, int]) -> dict[int, dict[str, Any]]:
    """The fields of a `FunctionBody` for every function of the file, by the line of its def."""
    return Extractor(tree, source, target).function_bodies()


def _is_harmless(annotation: ast.expr) -> bool:
    if isinstance(annotation, ast.Name):
        return annotation.id in _HARMLESS_NAMES
    return isinstance(annotation, ast.Constant)


def _type_parameters(node: Any) -> tuple[str, ...]:
    return tuple(each.name for each in getattr(node, "type_params", ()))


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _lines_with(source: bytes, word: bytes) -> list[int]:
    """The 1-based lines of `source` that hold `word`, ascending."""
    if word not in source:
        return []
    # The tokenizer ends lines at \n, \r\n and \r, and at nothing else; so does bytes.splitlines.
    return [number for number, line in enumerate(source.splitlines(), 1) if word in line]


_STATEMENTS = by_class(
    {
        "Expr": Extractor._expression_statement,
        "Assign": Extractor._assign,
        "AugAssign": Extractor._augmented,
        "AnnAssign": Extractor._annotated,
        "Delete": Extractor._delete,
        "Import": Extractor._import,
        "ImportFrom": Extractor._import_from,
        "If": Extractor._if,
        "For": Extractor._for,
        "AsyncFor": Extractor._for,
        "While": Extractor._while,
        "Try": Extractor._try,
        "TryStar": Extractor._try,
        "With": Extractor._with,
        "AsyncWith": Extractor._with,
        "FunctionDef": Extractor._def,
        "AsyncFunctionDef": Extractor._def,
        "ClassDef": Extractor._class,
        "Return": Extractor._return,
        "Raise": Extractor._raise,
        "Assert": Extractor._assert,
        "Global": Extractor._global,
        "Nonlocal": Extractor._nonlocal,
        "Pass": Extractor._pass,
        "Break": Extractor._break,
        "Continue": Extractor._continue,
        "Match": Extractor._match,
        "TypeAlias": Extractor._type_alias,
    }
)

_EXPRESSIONS = by_class(
    {
        "Constant": Extractor._constant,
        "Name": Extractor._name,
        "Attribute": Extractor._attribute,
        "Call": Extractor._call,
        "Subscript": Extractor._index,
        "Slice": Extractor._slice,
        "BinOp": Extractor._binary,
        "UnaryOp": Extractor._unary,
        "BoolOp": Extractor._bool,
        "Compare": Extractor._compare,
        "IfExp": Extractor._if_expression,
        "Lambda": Extractor._lambda,
        "List": Extractor._list,
        "Tuple": Extractor._tuple,
        "Set": Extractor._set,
        "Dict": Extractor._dict,
        "ListComp": Extractor._list_comprehension,
        "SetComp": Extractor._set_comprehension,
        "GeneratorExp": Extractor._generator,
        "DictComp": Extractor._dict_comprehension,
        "JoinedStr": Extractor._fstring,
        "FormattedValue": Extractor._formatted_alone,
        "NamedExpr": Extractor._walrus,
        "Await": Extractor._await,
        "Yield": Extractor._yield,
        "YieldFrom": Extractor._yield_from,
        "Starred": Extractor._starred,
        "TemplateStr": Extractor._template,
        "Interpolation": Extractor._template,
    }
)
