"""Long lives of a state machine, drawn by seeds: denser than what a search draws."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from books_judged import SEEN
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

Act = tuple[int, Callable[[], object]]  # how often one is drawn beside the others, and what it does


def live(life: Any, acts: Sequence[Act], steps: int, rng: Random) -> None:
    """So many acts, and the judgement that the machine's teardown is."""
    chosen = rng.choices([act for _, act in acts], [weight for weight, _ in acts], k=steps)
    try:
        for act in chosen:
            act()
    finally:
        life.teardown()


def all_end_well(
    stroll: Callable[[int, int], None], seeds: int, steps: int, premises: Sequence[str]
) -> None:
    """Every seed's life ends as it should, and each premise of what is judged came true."""
    SEEN.clear()
    for seed in range(seeds):
        try:
            stroll(seed, steps)
        except AssertionError as error:
            raise AssertionError(f"stroll({seed}, {steps}): {error}") from error
    never = [premise for premise in premises if SEEN[premise] < 5]
    assert not never, f"next to nothing was proved about: {never} (seen: {dict(SEEN)})"


def search(machine: type[RuleBasedStateMachine], examples: int, steps: int) -> None:
    """Hypothesis looks for a life that does not."""
    asked = settings(max_examples=examples, stateful_step_count=steps, derandomize=True)
    run_state_machine_as_test(machine, settings=asked)
