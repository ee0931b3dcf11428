"""The order's lifecycle: its table, and the page made from it."""

from itertools import product
from pathlib import Path

import pytest

from dryfill.trading.errors import ProtocolError
from dryfill.trading.lifecycle import NEXT, page, step
from dryfill.trading.words import ExecType, OrdStatus

PAGE = Path(__file__).resolve().parents[2] / "docs" / "order-lifecycle.md"


def test_the_page_in_the_docs_is_the_one_made_from_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "print it anew: python -m dryfill.trading.lifecycle > docs/order-lifecycle.md"
    )


def test_exactly_the_steps_of_the_table_are_allowed() -> None:
    for status, happened, to in product(OrdStatus, ExecType, OrdStatus):
        if to in NEXT.get((status, happened), ()):
            assert step(status, happened, to) is to
        else:
            with pytest.raises(ProtocolError, match=f"from {status.name} to {to.name} by"):
                step(status, happened, to)


def test_nothing_leads_out_of_a_terminal_state() -> None:
    ends = {OrdStatus.FILLED, OrdStatus.CANCELED, OrdStatus.REJECTED, OrdStatus.EXPIRED}
    assert {status for status in OrdStatus if status.terminal} == ends
    over = {(status, told): after for (status, told), after in NEXT.items() if status.terminal}
    assert {told for _, told in over} == {ExecType.TRADE_CANCEL}, "a fill is taken back of it"
    assert all(after == {status} for (status, _), after in over.items())


def test_every_state_that_is_not_terminal_can_still_be_filled_and_canceled() -> None:
    for status in OrdStatus:
        if not status.terminal:
            assert OrdStatus.FILLED in NEXT[status, ExecType.TRADE]
            assert NEXT[status, ExecType.CANCELED] == {OrdStatus.CANCELED}


def test_the_venues_word_never_leads_to_a_state_of_the_clients_own() -> None:
    own = {OrdStatus.PENDING_NEW, OrdStatus.PENDING_CANCEL, OrdStatus.PENDING_REPLACE}
    assert not any(own & after for after in NEXT.values())
