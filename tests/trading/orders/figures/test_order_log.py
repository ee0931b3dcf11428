"""The log: one policy of levels, ids that can be left out, no secrets, no clock."""

import io
import json

import pytest

from dryfill.trading.orders.figures.order_log import hidden
from dryfill.trading.orders.figures.order_logger import order_logger
from dryfill.trading.orders.settings import OrderSettings

RESTS = """
    do place buy 3 limit 20000
    > place 1#1 buy 3 limit 20000
    < new 1#1
    < ack 1#1
"""
ENDS = {
    "< fill 1#1 3 @ 20000.25": ["fill", "over filled"],
    "< fill 1#1 1 @ 20000\ndo cancel 1#1\n> cancel 1#1\n< canceled 1#1\n< ack 1#1": [
        "fill",
        "over cancelled",
    ],
    "< canceled 1#1": ["over cancelled_by_venue"],
    "< expired 1#1": ["over expired"],
    "< rejected 1#1 NO_LAST_PRICE": ["over rejected"],
}


@pytest.fixture
def logged(on_stage):
    """Play a script and give what was logged, a dict a line, and the raw text."""

    def run(script, settings=None, *, level="info", json_lines=True, **options):
        async def go(stage):
            file = io.StringIO()
            stage.manager.figures.log(order_logger(file, json=json_lines, level=level))
            await stage.play(script)
            return file.getvalue()

        text = on_stage(go, settings, **options)
        return [json.loads(line) for line in text.splitlines()] if json_lines else text

    return run


@pytest.mark.parametrize("end", ENDS)
def test_one_line_on_accept_one_for_each_fill_one_at_the_end(end, logged):
    lines = logged(RESTS + end)
    said = [f"{line['event']} {line.get('how', '')}".strip() for line in lines]
    assert said == ["accepted", *ENDS[end]]
    assert {line["level"] for line in lines} == {"info"}
    assert {line["order"] for line in lines} == {"1#1"}
    assert {line["order_id"] for line in lines} == {"100"}


def test_a_line_says_what_was_meant_and_what_was_filled_exactly(logged):
    accepted, fill, over = logged(RESTS + "< fill 1#1 3 @ 20000.25")
    assert accepted["price"] == "20000"
    assert (accepted["side"], accepted["order_qty"], accepted["ord_type"]) == ("buy", 3, "limit")
    assert (fill["qty"], fill["px"], fill["cum_qty"]) == (3, "20000.25", 3)
    assert over["cum_qty"] == 3


def test_an_order_that_is_never_taken_has_its_end_alone(logged):
    lines = logged(
        "do place buy 1\n> place 1#1 buy 1 market\n< refuse 1#1 NO_LAST_PRICE\n"
        "= got place 1#1 -> Refused"
    )
    assert [(line["event"], line["reason"]) for line in lines] == [("over", "NO_LAST_PRICE")]


def test_a_warning_is_an_incident_once(logged):
    lines = logged(RESTS + "< stream down\n< stream down")
    assert [line["level"] for line in lines] == ["info", "warning"]
    assert lines[1]["event"] == "stream_down"


def test_changes_are_for_those_who_ask_for_debug(logged):
    script = RESTS + "do modify 1#1 qty 2\n> modify 1#1 order_qty 2\n< ack 1#1"
    assert [line["event"] for line in logged(script)] == ["accepted"]
    assert [line["event"] for line in logged(script, level="debug")] == ["accepted", "modified"]
    assert logged(script, level="warning") == []


def test_a_late_fill_says_that_it_is_late(logged):
    lines = logged(RESTS + "< canceled 1#1\n< fill 1#1 1 @ 20000")
    assert [line.get("late") for line in lines] == [None, None, True]


def test_without_ids_orders_are_numbers_and_nothing_names_them(logged):
    script = RESTS + (
        "do bracket buy 1 loss 40t\n> place 2.entry#1 buy 1 market\n< fill 2.entry#1 1 @ 20000\n"
        "> place 2.stop#1 sell 1 stop 19990\n< ack 2.entry#1\n< refuse 2.stop#1 NO_LAST_PRICE\n"
        "wait 0.25\n> place 2.stop#2 sell 1 stop 19990\n< ack 2.stop#2"
    )
    for json_lines in (True, False):
        text = str(logged(script, OrderSettings(log_ids=False), json_lines=json_lines))
        assert "#" not in text
        assert "100" not in text.replace("20000", "")
        assert "order_id" not in text
    lines = logged(script, OrderSettings(log_ids=False))
    assert [line.get("order") for line in lines] == [1, 2, 2, 2, 3, None, 4]
    assert "#" in str(logged(script))


@pytest.mark.parametrize(("log_ids", "text"), [(True, "NO_LAST_PRICE"), (False, None)])
def test_the_brokers_words_on_an_order_are_left_out_with_the_ids(log_ids, text, logged):
    *_, over = logged(RESTS + "< rejected 1#1 NO_LAST_PRICE", OrderSettings(log_ids=log_ids))
    assert (over["reason"], over.get("text")) == ("NO_LAST_PRICE", text)


def test_times_are_the_managers_to_the_nanosecond(logged, on_stage):
    lines = logged(RESTS)
    assert lines[0]["time"] == "1970-01-01T00:00:00.000000000Z"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("401 for token=abc123", "401 for token=***"),
        ('{"apiKey": "k-9", "userName": "joe"}', '{"apiKey": "***", "userName": "joe"}'),
        ("Authorization: Bearer abc.def/ghi, retry", "Authorization: Bearer ***, retry"),
        ("wss://hub?access_token=eyJhbGciOi.J9xyz.sig&x=1", "wss://hub?access_token=***&x=1"),
        ("got eyJhbGciOi.J9xyz.sig back", "got *** back"),
        ("password: hunter2; then", "password: ***; then"),
        ("a stop of 2 tokens away", "a stop of 2 tokens away"),
    ],
)
def test_what_looks_like_a_secret_is_not_written(text, shown, on_stage):
    assert hidden(text) == shown

    async def go(stage):
        file = io.StringIO()
        stage.manager.figures.log(order_logger(file))
        stage.manager.incident("broker_error", text)
        return file.getvalue()

    line = on_stage(go)
    assert "abc" not in line
    assert "eyJ" not in line
    assert "hunter2" not in line
    assert "k-9" not in line
