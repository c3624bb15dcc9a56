"""The intermediate representation (IR) of a file: nested sequences whose first element is an opcode.

It holds module level and class bodies in full; a function body is left out (`FunctionFacts.body` is then None) and
fetched by `(path, line of the def)` when the interpreter enters it. It is what msgspec's MessagePack can carry: None,
bool, int (64 bit), float, str, bytes and sequences (tuples when built, lists when decoded: treat both alike).

Grammar (`x*` is a sequence of x, `x?` is x or None, `line` is 1-based):

    expr  := CONST value                         None, bool, int, float, str, bytes
           | SPECIAL kind text                   kind: "ellipsis", "complex", "bigint"; text its repr
           | NAME id
           | ATTR expr name
           | CALL expr arg* keyword*             arg: expr or STAR expr; keyword: (name?, expr), name None for **
           | INDEX expr expr                     subscription; a slice is SLICE lower? upper? step?
           | BINARY op expr expr                 op: "+", "-", "*", "@", "/", "%", "**", "<<", ">>", "|", "^", "&", "//"
           | UNARY op expr                       op: "not", "-", "+", "~"
           | BOOL op expr*                       op: "and", "or"
           | COMPARE expr op* expr*              op: "==", "!=", "<", "<=", ">", ">=", "is", "is not", "in", "not in"
           | IFEXP test body orelse
           | LAMBDA params body
           | LIST expr* | TUPLE expr* | SET expr*      elements may be STAR expr
           | DICT pair*                          pair: (key?, value), key None for **
           | LISTCOMP elt clause* | SETCOMP elt clause* | GENEXP elt clause* | DICTCOMP key value clause*
                                                 clause: (target, iterable, condition*, is_async)
           | FSTRING part*                       part: str, or (expr, conversion, part*?) with conversion "", "s", "r", "a"
           | WALRUS id expr
           | AWAIT expr | YIELD expr? | YIELD_FROM expr
           | STAR expr
           | LINE line expr                      where the expression starts on another line than what encloses it
           | OPAQUE expr*                        a value that is never known (template strings); operands are evaluated

    target := NAME | ATTR | INDEX | LIST | TUPLE | STAR

    stmt  := EXPR line expr
           | ASSIGN line target* expr
           | AUG line target op expr
           | ANN line target annotation? value? simple      annotation None where it is not evaluated (future import, 3.14)
           | DELETE line target*
           | IMPORT line (name, asname?)*
           | FROM line module? (name, asname?)* level
           | IF line test stmt* stmt*
           | FOR line target expr stmt* stmt* is_async
           | WHILE line test stmt* stmt*
           | TRY line stmt* handler* stmt* stmt* is_star    handler: (line, type?, name?, stmt*); then orelse, finally
           | WITH line (expr, target?)* stmt* is_async
           | DEF line function decorator*                   decorator: expr (LINE-wrapped)
           | CLASS line name expr* keyword* stmt* decorator* type_params end_line doc?
           | RETURN line expr?
           | RAISE line expr? expr?
           | ASSERT line test message?
           | GLOBAL line name* | NONLOCAL line name*
           | PASS line | BREAK line | CONTINUE line
           | MATCH line expr (pattern, guard?, stmt*)*
           | TYPE line name type_params                     a `type X = ...` statement; its value is lazy

    pattern := M_VALUE expr | M_SINGLETON value | M_SEQUENCE pattern* | M_MAPPING expr* pattern* rest?
             | M_CLASS expr pattern* (name, pattern)* | M_STAR name? | M_AS pattern? name? | M_OR pattern*

    function := (name, params, annotation*, flags, type_params, end_line, body_start_line)
                annotation*: expressions that are evaluated when the def runs (parameters in order, then the return)
                flags: bit 1 async, bit 2 generator (its own body has a yield), bit 4 body is only a docstring, `...` or `pass`
    params   := (posonly, args, vararg?, kwonly, kwarg?)
                posonly, args, kwonly: (name, default?)* with default None where there is none
    type_params := name*

`line` of DEF and CLASS is the line of `def`/`class` itself (not of the first decorator).
"""

from __future__ import annotations

(
    CONST, SPECIAL, NAME, ATTR, CALL, INDEX, SLICE, BINARY, UNARY, BOOL, COMPARE, IFEXP, LAMBDA, LIST, TUPLE, SET, DICT,
    LISTCOMP, SETCOMP, GENEXP, DICTCOMP, FSTRING, WALRUS, AWAIT, YIELD, YIELD_FROM, STAR, LINE, OPAQUE,
) = range(29)  # fmt: skip

(
    EXPR, ASSIGN, AUG, ANN, DELETE, IMPORT, FROM, IF, FOR, WHILE, TRY, WITH, DEF, CLASS, RETURN, RAISE, ASSERT, GLOBAL,
    NONLOCAL, PASS, BREAK, CONTINUE, MATCH, TYPE,
) = range(24)  # fmt: skip

M_VALUE, M_SINGLETON, M_SEQUENCE, M_MAPPING, M_CLASS, M_STAR, M_AS, M_OR = range(8)

ASYNC, GENERATOR, TRIVIAL = 1, 2, 4
