"""The changes that are made to a module, each a replacement of some octets of its source.

A change keeps every line where it is, so that what covers a line of the module covers the same line of the
mutant. Docstrings, annotations, decorators, `__all__`, clauses of standards and the prose of errors are left
alone: no behaviour hangs on them, or the house tests read them.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_CLAUSE: Final = re.compile(r"(?:RFC \d|EN 319|TS 119|ITU)")
_COMPARISONS: Final[dict[type[ast.cmpop], tuple[str, tuple[str, ...]]]] = {
    ast.Lt: ("<", ("<=", ">=")),
    ast.LtE: ("<=", ("<", ">")),
    ast.Gt: (">", (">=", "<=")),
    ast.GtE: (">=", (">", "<")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.In: ("in", ("not in",)),
    ast.NotIn: (r"not\s+in", ("in",)),
    ast.Is: ("is", ("is not",)),
    ast.IsNot: (r"is\s+not", ("is",)),
}
_ARITHMETIC: Final[dict[type[ast.operator], tuple[str, str]]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "//"),
    ast.FloorDiv: ("//", "*"),
    ast.BitOr: ("|", "&"),
    ast.BitAnd: ("&", "|"),
    ast.BitXor: ("^", "|"),
    ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"),
    ast.Mod: ("%", "//"),
}
_CALLS: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}
_METHODS: Final = {"startswith": "endswith", "endswith": "startswith", "setdefault": "get"}
_PLAIN: Final = frozenset(("lower", "upper", "casefold", "strip"))
_OPTIONAL: Final = frozenset(("key", "default", "reverse"))
_PROSE: Final = frozenset(("clause", "found"))
_UNTOUCHED: Final = frozenset(("annotation", "returns", "decorator_list", "bases", "type_params"))


_Change = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: octets `start` to `end` of the source of `module` become `text`.

    `function` is the dotted name of what it stands in, empty at the level of the module.
    """

    module: str
    function: str
    line: int
    start: int
    end: int
    old: str
    text: str

    @property
    def key(self) -> str:
        """What names the mutant in the session."""
        return f"{self.module}:{self.start}-{self.end}:{self.text}"

    @property
    def shown(self) -> str:
        """The change in one line."""
        old, new = (" ".join(part.split()) for part in (self.old, self.text))
        return f"{old} -> {new or '(nothing)'}"

    def applied(self, source: str) -> str:
        """`source` with the change made."""
        octets = source.encode()
        return (octets[: self.start] + self.text.encode() + octets[self.end :]).decode()

    def is_program(self, source: str) -> bool:
        """Whether `source` with the change made is still Python."""
        try:
            ast.parse(self.applied(source))
        except SyntaxError:
            return False
        return True


def mutants(module: str, source: str) -> tuple[Mutant, ...]:
    """Every mutant of `source`, in its order; a few are no programs any more."""
    found = {mutant.key: mutant for mutant in _Maker(module, source).made()}
    return tuple(sorted(found.values(), key=lambda m: (m.start, m.end, m.text)))


class _Maker:
    """The changes of one module."""

    def __init__(self, module: str, source: str) -> None:
        self._module = module
        self._octets = source.encode()
        self._tree = ast.parse(source)
        self._starts = [0]
        for line in self._octets.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def made(self) -> Iterator[Mutant]:
        yield from self._below(self._tree, "")

    def _below(self, node: ast.AST, function: str) -> Iterator[Mutant]:
        if _is_left_alone(node):
            return
        for start, end, text in self._changes(node):
            line = self._octets.count(b"\n", 0, start) + 1
            old = self._octets[start:end].decode()
            yield Mutant(self._module, function, line, start, end, old, text)
        inner = function
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            inner = f"{function}.{node.name}".lstrip(".")
        for name, value in ast.iter_fields(node):
            if name not in _UNTOUCHED and not (isinstance(node, ast.keyword) and node.arg in _PROSE):
                for child in value if isinstance(value, list) else (value,):
                    if isinstance(child, ast.AST):
                        yield from self._below(child, inner)

    def _changes(self, node: ast.AST) -> Iterator[_Change]:
        match node:
            case ast.Compare():
                yield from self._comparison(node)
            case ast.BoolOp():
                yield from self._connective(node)
            case ast.Constant():
                yield from self._constant(node)
            case ast.BinOp():
                yield from self._between(node.left, node.right, node.op)
            case ast.Call():
                yield from self._call(node)
            case ast.stmt() | ast.expr() | ast.comprehension():
                yield from self._condition(node)
                yield from self._part(node)

    def _condition(self, node: ast.AST) -> Iterator[_Change]:
        match node:
            case ast.UnaryOp(op=ast.Not()):
                yield (*self._place(node), f"({self._text(node.operand)})")
            case ast.If() | ast.While() | ast.IfExp():
                yield (*self._place(node.test), f"(not ({self._text(node.test)}))")
            case ast.comprehension():
                for test in node.ifs:
                    yield (*self._place(test), "True")

    def _part(self, node: ast.AST) -> Iterator[_Change]:
        """A statement, or one of at least three elements, left out."""
        match node:
            case ast.Tuple(ctx=ast.Load(), elts=elements) | ast.Set(elts=elements) if len(elements) > 2:
                for element, after in zip(elements, elements[1:], strict=False):
                    yield self._place(element)[0], self._place(after)[0], ""
            case ast.AugAssign():
                yield from self._between(node.target, node.value, node.op)
                yield (*self._place(node), "pass")
            case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()):
                yield (*self._place(node), "pass" if isinstance(node.value, ast.Call) else "yield from ()")
            case ast.Raise() | ast.Continue() | ast.Break() | ast.Return(value=None):
                yield (*self._place(node), "pass")

    def _comparison(self, node: ast.Compare) -> Iterator[_Change]:
        sides = [node.left, *node.comparators]
        for left, right, operator in zip(sides, node.comparators, node.ops, strict=False):
            pattern, others = _COMPARISONS[type(operator)]
            for other in others:
                yield from self._operator(left, right, pattern, other)

    def _connective(self, node: ast.BoolOp) -> Iterator[_Change]:
        word, other, neutral = (
            ("and", "or", "True") if isinstance(node.op, ast.And) else ("or", "and", "False")
        )
        for left, right in zip(node.values, node.values[1:], strict=False):
            yield from self._operator(left, right, word, other)
        for value in node.values:
            yield (*self._place(value), neutral)

    def _between(self, left: ast.expr, right: ast.expr, operator: ast.operator) -> Iterator[_Change]:
        if type(operator) in _ARITHMETIC:
            sign, other = _ARITHMETIC[type(operator)]
            yield from self._operator(left, right, re.escape(sign), other)

    def _operator(self, left: ast.expr, right: ast.expr, pattern: str, other: str) -> Iterator[_Change]:
        first, last = self._place(left)[1], self._place(right)[0]
        words = rf"\b{pattern}\b" if pattern[0].isalpha() else pattern
        found = re.search(words.encode(), self._octets[first:last])
        if found:
            yield first + found.start(), first + found.end(), other

    def _constant(self, node: ast.Constant) -> Iterator[_Change]:
        value = node.value
        if isinstance(value, bool):
            yield (*self._place(node), str(not value))
        elif isinstance(value, int):
            yield (*self._place(node), str(value + 1))
        elif isinstance(value, str) and not _CLAUSE.match(value):
            yield (*self._place(node), '""' if value else '"x"')
        elif isinstance(value, bytes):
            yield (*self._place(node), 'b""' if value else 'b"x"')

    def _call(self, node: ast.Call) -> Iterator[_Change]:
        match node.func:
            case ast.Name(id=name) if name in _CALLS:
                yield (*self._place(node.func), _CALLS[name])
            case ast.Name(id="sorted") if len(node.args) == 1:
                yield (*self._place(node), f"({self._text(node.args[0])})")
            case ast.Attribute(value=value, attr=name) if name in _METHODS:
                end = self._place(node.func)[1]
                yield end - len(name), end, _METHODS[name]
            case ast.Attribute(value=value, attr=name) if name in _PLAIN and not node.args:
                yield (*self._place(node), self._text(value))
        for keyword in node.keywords:
            if keyword.arg in _OPTIONAL:
                start, end = self._place(keyword)
                before = self._octets[:start].rstrip()
                start = len(before) - 1 if before.endswith(b",") else start
                yield start, end, ""

    def _place(self, node: ast.expr | ast.stmt | ast.keyword) -> tuple[int, int]:
        last, column = node.end_lineno, node.end_col_offset
        if last is None or column is None:
            raise ValueError("a node without a place")
        return self._starts[node.lineno - 1] + node.col_offset, self._starts[last - 1] + column

    def _text(self, node: ast.expr) -> str:
        start, end = self._place(node)
        return self._octets[start:end].decode()


def _is_left_alone(node: ast.AST) -> bool:
    match node:
        case ast.Expr(value=ast.Constant()) | ast.JoinedStr() | ast.Import() | ast.ImportFrom():
            return True
        case ast.Assign(targets=[ast.Name(id="__all__" | "__slots__")]):
            return True
    return False
