"""The value of an arithmetic expression, without `eval` and without a way to make the server work for minutes."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable

LONGEST_EXPRESSION = 200
# Bits of the largest whole number: about 1,200 digits, which a product or a power reaches at once.
MOST_BITS = 4096

Number = int | float


class CalculationError(Exception):
    """An expression that has no value here; the message says why."""


def calculate(expression: str) -> str:
    """The value of `expression` as text: numbers, `+ - * / // % **`, brackets, and a few functions."""
    if len(expression) > LONGEST_EXPRESSION:
        raise CalculationError(f"the expression is longer than {LONGEST_EXPRESSION} characters")
    try:
        tree = ast.parse(expression.strip(), mode="eval")
        value = _value(tree.body)
    # The parser refuses what nests too deep with one of the last two.
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise CalculationError("this is not an arithmetic expression") from None
    except ZeroDivisionError:
        raise CalculationError("division by zero") from None
    except OverflowError:
        raise CalculationError("the result is too large") from None
    return str(value)


def _value(node: ast.expr) -> Number:
    match node:
        case ast.Constant(value=number) if type(number) in (int, float):
            return _bounded(number)  # type: ignore[arg-type]  # the guard above is not followed
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _value(operand)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(_value(left), _value(right))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return _bounded(OPERATORS[type(op)](_value(left), _value(right)))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            return _call(name, [_value(argument) for argument in arguments])
    raise CalculationError("only numbers, + - * / // % **, brackets and " + ", ".join(FUNCTIONS) + " are understood")


def _power(base: Number, exponent: Number) -> Number:
    if isinstance(base, int) and isinstance(exponent, int) and base.bit_length() * abs(exponent) > MOST_BITS:
        raise CalculationError("the result is too large")
    result = base**exponent
    if isinstance(result, complex):
        raise CalculationError("the result is not a real number")
    return _bounded(result)


def _call(name: str, arguments: list[Number]) -> Number:
    try:
        return _bounded(FUNCTIONS[name](*arguments))
    except (TypeError, ValueError):
        raise CalculationError(f"{name} cannot be applied to that") from None


def _bounded(number: Number) -> Number:
    # Neighbours of a bounded number are at most twice as long, so that a check after each step is early enough.
    if isinstance(number, int) and number.bit_length() > MOST_BITS:
        raise CalculationError("the result is too large")
    if isinstance(number, float) and not math.isfinite(number):
        raise CalculationError("the result is too large")
    return number


OPERATORS: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
FUNCTIONS: dict[str, Callable[..., Number]] = {"abs": abs, "max": max, "min": min, "round": round, "sqrt": math.sqrt}
