"""Which mutants prove nothing, whatever the tests are: none of them changes what anybody sees.

A mutant is not one of these because it is hard to notice.
"""

import ast
from functools import cache
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).resolve().parent.parent.parent
_COMPARE = "core/ReplaceComparisonOperator_"
_OPPOSITES = {f"{_COMPARE}{pair}" for pair in ("Is_IsNot", "IsNot_Is")}


class Mutant(Protocol):
    """What a rule looks at: a module by its path from the root, a line from 1 and a column from
    0."""

    @property
    def module_path(self) -> Path: ...
    @property
    def operator_name(self) -> str: ...
    @property
    def start_pos(self) -> tuple[int, int]: ...


def proves_nothing(mutant: Mutant, root: Path = ROOT) -> bool:
    """Whether one of the rules is for it."""
    text = (root / mutant.module_path).read_text()
    return (
        _of_names(mutant)
        or _of_types(mutant)
        or _of_zip(mutant, text)
        or _of_arguments(mutant, text)
        or _of_protocols(mutant, text)
    )


def _of_names(mutant: Mutant) -> bool:
    """`is` compares enumerations and None: only its opposite says something else."""
    name = str(mutant.operator_name)
    return name.startswith((f"{_COMPARE}Is", f"{_COMPARE}Eq_Is")) and name not in _OPPOSITES


def _of_types(mutant: Mutant) -> bool:
    """`|` stands between types."""
    return str(mutant.operator_name).startswith("core/ReplaceBinaryOperator_BitOr_")


def _of_zip(mutant: Mutant, text: str) -> bool:
    """`strict=True` is an assertion."""
    if mutant.operator_name != "core/ReplaceTrueWithFalse":
        return False
    line, column = mutant.start_pos
    return text.splitlines()[line - 1][:column].endswith("strict=")


def _of_arguments(mutant: Mutant, text: str) -> bool:
    """The `*` after which arguments are named is no operator; of what may stand in its place only
    `/` compiles, and takes each call that `mypy` lets pass."""
    line, column = mutant.start_pos
    return text.splitlines()[line - 1][column:].startswith("*,")


def _of_protocols(mutant: Mutant, text: str) -> bool:
    """A `Protocol` is a type: none of it is run."""
    return any(mutant.start_pos[0] in lines for lines in _protocols(text))


@cache
def _protocols(text: str) -> list[range]:
    """The lines of each class that is a `Protocol` and says nothing but what its members are."""
    return [
        range(node.lineno, (node.end_lineno or 0) + 1)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef)
        and any(ast.unparse(base).partition("[")[0] == "Protocol" for base in node.bases)
        and all(_says_only(statement) for statement in node.body)
    ]


def _says_only(statement: ast.stmt) -> bool:
    """A docstring or `...`, an annotation, or a function that has no other body."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return all(_says_only(inner) for inner in statement.body)
    if isinstance(statement, ast.AnnAssign):
        return statement.value is None
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
