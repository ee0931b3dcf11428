"""What is not drawn proves nothing, and what stands beside it is drawn."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from mutation_rules import proves_nothing

MODULE = '''
class Book(Protocol):
    """What is looked at."""

    depth: int

    @property
    def held(self) -> int: ...
    def orders(self, most: int = 10) -> list[int]: ...

class Kept(Protocol):
    depth: int = 1

class Said(Protocol):
    def orders(self) -> int:
        return 2 * 3

class Real(Base):
    @property
    def held(self) -> int: ...

def send(qty: int | None, *, side: int, more=(2 * (3) * 4)) -> None:
    pairs = zip(qty, side, strict=True)
    if side is BUY or qty == 1:
        send(*[qty], frozen=True)
'''


@dataclass
class Drawn:
    operator_name: str
    start_pos: tuple[int, int]
    module_path: Path = Path("module.py")


def at(operator, here, nth=0):
    """A mutant of what stands there, by the text up to it and what it begins with."""
    line = [n for n, text in enumerate(MODULE.splitlines(), 1) if here in text][nth]
    return Drawn(f"core/{operator}", (line, MODULE.splitlines()[line - 1].index(here)))


@pytest.mark.parametrize(
    "mutant",
    [
        at("ReplaceBinaryOperator_BitOr_Add", "| None"),
        at("ReplaceComparisonOperator_Is_Gt", "is BUY"),
        at("ReplaceComparisonOperator_Is_Eq", "is BUY"),
        at("ReplaceComparisonOperator_Eq_Is", "== 1"),
        at("ReplaceTrueWithFalse", "True)"),
        at("ReplaceBinaryOperator_Mul_Div", "*, side"),
        at("RemoveDecorator", "@property"),
        at("NumberReplacer", "10) -> list"),
    ],
    ids=lambda mutant: f"{mutant.operator_name}:{mutant.start_pos}",
)
def test_a_mutant_that_nobody_can_see_is_not_drawn(mutant, tmp_path):
    (tmp_path / "module.py").write_text(MODULE)
    assert proves_nothing(mutant, tmp_path)


@pytest.mark.parametrize(
    "mutant",
    [
        at("ReplaceComparisonOperator_Is_IsNot", "is BUY"),
        at("ReplaceComparisonOperator_Eq_NotEq", "== 1"),
        at("ReplaceTrueWithFalse", "True)", 1),
        at("ReplaceBinaryOperator_Mul_Div", "* (3)"),
        at("ReplaceBinaryOperator_Mul_Div", "* 3"),
        at("RemoveDecorator", "@property", 1),
        at("NumberReplacer", "1", 1),
        at("AddNot", "qty == 1"),
    ],
    ids=lambda mutant: f"{mutant.operator_name}:{mutant.start_pos}",
)
def test_every_other_mutant_is_drawn(mutant, tmp_path):
    (tmp_path / "module.py").write_text(MODULE)
    assert not proves_nothing(mutant, tmp_path)
