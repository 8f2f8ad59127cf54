"""A small evaluator for ``ComfyMathExpression``: numbers, names, operators and a few functions."""

from __future__ import annotations

import ast
import math
import operator
from typing import Any, Callable, Dict

OPERATORS: Dict[type, Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
}
FUNCTIONS: Dict[str, Callable[..., Any]] = {
    "sum": lambda *all_of: sum(all_of[0] if len(all_of) == 1 and isinstance(all_of[0], list) else all_of),
    "min": min,
    "max": max,
    "abs": abs,
    "round": lambda value, digits=0: limited_round(value, digits),
    "sqrt": math.sqrt,
    "ceil": math.ceil,
    "floor": math.floor,
    "log": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "int": int,
    "float": float,
    "pow": lambda base, power: limited_power(base, power),
}


def limited_power(base: Any, power: Any) -> Any:
    if abs(power) > 64 or abs(base) > 1e6:
        raise ValueError("too large")
    return base**power


def limited_round(value: Any, digits: Any) -> Any:
    if not -20 <= digits <= 20:
        raise ValueError("too many digits")
    return round(value, digits) if digits else round(value)


def number(value: Any) -> Any:
    if not isinstance(value, (int, float)) or not abs(value) < 1e300:
        raise ValueError("no number, or too large")
    return value


def calculate(expression: str, names: Dict[str, Any]) -> Any:
    """Numbers, names, operators and a few functions: nothing else is carried out."""
    if len(expression) > 1000:
        raise ValueError("too long")

    def of(node: ast.AST) -> Any:
        if isinstance(node, ast.Expression):
            return of(node.body)
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float, bool)):
            return node.value
        if isinstance(node, ast.Name):
            return names[node.id]
        if isinstance(node, ast.BinOp):
            left, right = number(of(node.left)), number(of(node.right))
            return limited_power(left, right) if isinstance(node.op, ast.Pow) else OPERATORS[type(node.op)](left, right)
        if isinstance(node, ast.UnaryOp):
            return OPERATORS[type(node.op)](of(node.operand))
        if isinstance(node, ast.BoolOp):
            values = [of(one) for one in node.values]
            return all(values) if isinstance(node.op, ast.And) else any(values)
        if isinstance(node, ast.IfExp):
            return of(node.body) if of(node.test) else of(node.orelse)
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            return OPERATORS[type(node.ops[0])](of(node.left), of(node.comparators[0]))
        if isinstance(node, ast.Subscript):
            return of(node.value)[of(node.slice)]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            return FUNCTIONS[node.func.id](*(of(one) for one in node.args))
        raise ValueError("not understood")

    return of(ast.parse(expression.strip(), mode="eval"))
