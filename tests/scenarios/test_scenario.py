"""Scenario files: what they say, that writing and reading are one, and how they refuse."""

import re
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from dryfill.scenarios.acts import BracketAct, Flatten, MoveStop, Oco, Place, read_act
from dryfill.scenarios.check_words import SUBJECTS, Compared, Said, Term, read_check
from dryfill.scenarios.happenings import Heard, Reached, Standing, Told, read_when
from dryfill.scenarios.market_rows import market_rows
from dryfill.scenarios.plan_kinds import KINDS
from dryfill.scenarios.scenario_text import read_scenario, scenario_from_toml, scenario_to_toml
from dryfill.scenarios.shelf import chosen_files, shelf
from dryfill.trading.errors import ScenarioError, UsageError
from dryfill.trading.price import Ticks
from dryfill.trading.words import Side

PAGE = Path(__file__).resolve().parents[2] / "docs" / "scenarios.md"
WRITTEN = '''\
title = "A bracket"
why = "to see one"

[run]
market = """
0  quote 20000x9 20000.25x9
10 trade 20000.25x1
"""

[[do]]
act = "bracket buy 2 stop 19990"
name = "one"

[[do]]
who = "trader"
at = "2 s"
act = "sell 1"

[[do]]
at = "1 s"
act = "flatten"

[[fault]]
kind = "drop"
event = "fill"

[checks]
ends = ["flat"]
always = ["filled entry = 2"]
'''


def test_a_scenario_says_what_it_is():
    scenario = scenario_from_toml(WRITTEN, "my/first.toml")
    assert (scenario.name, scenario.run.played) == ("first", ("direct", "wire"))
    assert [type(step.does) for step in scenario.steps] == [BracketAct, Flatten]
    assert [fault.kind for fault in scenario.plan.faults] == ["trader", "drop"]
    assert scenario.plan.faults[0].at == 2 * 10**9


def test_what_is_written_is_read_back_the_same():
    scenario = scenario_from_toml(WRITTEN, "first")
    assert scenario_from_toml(scenario_to_toml(scenario), "first") == scenario


@pytest.mark.parametrize("path", shelf().values(), ids=shelf())
def test_every_file_of_the_library_is_read_back_the_same_and_says_its_reason(path):
    scenario = read_scenario(path)
    assert scenario_from_toml(scenario_to_toml(scenario), scenario.name) == scenario
    assert scenario.title
    assert len(scenario.why.split()) > 12, "a sentence of what goes wrong in the market"
    assert scenario.checks.ends or scenario.checks.always


# --- any scenario ---------------------------------------------------------------------------------

PRICES = some.decimals(min_value=-99, max_value=99_999, places=2).map(lambda d: format(d, "f"))
TIMES = some.integers(0, 10**6).map(lambda n: f"{n} ms")
ACTS = some.one_of(
    some.builds("buy {} limit {}".format, some.integers(1, 9), PRICES),
    some.builds(
        "bracket sell {} stop {} target {} ticks".format,
        some.integers(1, 9),
        PRICES,
        some.integers(1, 99),
    ),
    some.builds("close {}".format, some.integers(1, 9)),
    some.sampled_from(
        ("flatten", "cancel all", "cancel all but protection", "unprotect", "wind-down 2 s")
    ),
)
STEPS = some.fixed_dictionaries(
    {"act": ACTS},
    optional={"at": TIMES, "patience": TIMES, "fails": some.sampled_from(("may", "must"))},
)
TEXTS = some.text(some.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=30)
CHECKS = some.fixed_dictionaries(
    {},
    optional={
        "ends": some.lists(some.sampled_from(("flat", "protected", "bare", "working")), max_size=2),
        "written": some.lists(some.builds("held = {}".format, some.integers(-9, 9)), max_size=2),
        "premises": some.lists(some.sampled_from(("INV-01", "INV-07")), max_size=2),
        "rests": some.booleans(),
        "unprotected": TIMES,
    },
)


def toml(value):
    """A value as TOML, written otherwise than the product writes it."""
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(sign):08X}" for sign in value) + '"'
    if isinstance(value, list):
        return "[" + ",".join(map(toml, value)) + "]"
    return str(value).lower()


@settings(max_examples=60)
@given(title=TEXTS, why=TEXTS, steps=some.lists(STEPS, min_size=1, max_size=4), checks=CHECKS)
def test_any_scenario_is_read_back_the_same(title, why, steps, checks):
    tables = [("[run]", {"market": "0 quote 1x1 2x1\n5 trade 2"}), ("[checks]", checks)]
    tables += [("[[do]]", step) for step in steps]
    text = f"title = {toml(title)}\nwhy = {toml(why)}\n"
    for header, table in tables:
        text += header + "\n" + "".join(f"{key} = {toml(v)}\n" for key, v in table.items())
    scenario = scenario_from_toml(text, "any")
    assert scenario_from_toml(scenario_to_toml(scenario), "any") == scenario


# --- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("buy 3", Place(side=Side.BUY, qty=3)),
        (
            "sell 1 limit 19990.25 gtc",
            Place(side=Side.SELL, qty=1, limit=Decimal("19990.25"), tif="gtc"),
        ),
        (
            "bracket buy 3 trigger 20005 stop 40 ticks target 20010 target 20020 timeout 60 s",
            BracketAct(
                entry=Place(side=Side.BUY, qty=3, stop=Decimal(20005)),
                stop=Ticks(40),
                targets=(Decimal(20010), Decimal(20020)),
                timeout_ns=60 * 10**9,
            ),
        ),
        (
            "oco sell 1 stop 19990, sell 1 limit 20010",
            Oco(
                (
                    Place(side=Side.SELL, qty=1, stop=Decimal(19990)),
                    Place(side=Side.SELL, qty=1, limit=Decimal(20010)),
                )
            ),
        ),
        ("move stop -0.03 of one", MoveStop(Decimal("-0.03"), "one")),
    ],
)
def test_an_act_is_read_as_it_is_said(text, act):
    assert read_act(text) == act


@pytest.mark.parametrize(
    ("text", "awaited"),
    [
        ("protected", Reached("protected")),
        ("closed one", Reached("closed", "one")),
        ("entry filled 2", Heard("entry", "filled", 2)),
        ("target2 working", Heard("target2", "working")),
    ],
)
def test_what_is_waited_for_is_read_as_it_is_said(text, awaited):
    assert read_when(text) == awaited


def test_a_check_is_read_as_it_is_said():
    check = read_check("if out lacks too much and held != 0: filled stop - 1 <= 2")
    assert check.given[0] == Said("out", "lacks", "too much")
    assert check.claim == Compared(
        (Term(1, "filled", "stop"), Term(-1, value=Decimal(1))), "<=", (Term(1, value=Decimal(2)),)
    )


# --- refusals -------------------------------------------------------------------------------------

VERBS = (
    "buy, sell, bracket, oco, protect, unprotect, modify, move, cancel, close, flatten, wind-down"
)
BAD = [
    ('title = "A bracket"\n', "", "s.toml: title is missing: it must be given"),
    (
        'title = "A',
        'titel = "A bracket"\ntitle = "A',
        "s.toml:1: titel is not a key; known are title, why, id, reason, run, instrument, "
        "settings, family, do, checks, fault",
    ),
    (
        "[run]",
        "[run]\ninstrumnet = 'MNQ'",
        "s.toml:5: run: instrumnet is not a key; known are market, market_seed, length, data, "
        "kind, stamp, span, timezone, contract, unknown_size, stop_trigger, what, params, "
        "instrument, start, latency, brackets, in_place, tags, worlds, restart, rest",
    ),
    (
        "10 trade 20000.25x1",
        "10 trade twenty",
        "s.toml:7: run: market is '10 trade twenty': 'twenty' is no number",
    ),
    (
        "10 trade 20000.25x1",
        "10 traed 20000.25x1",
        "s.toml:7: run: market is '10 traed 20000.25x1': write '0 quote 20000x9 20000.25x9' "
        "or '10 trade 20000.25x2'",
    ),
    (
        "0  quote 20000x9 20000.25x9\n",
        "",
        "s.toml:5: run: market: the market has no quote; give one, '0 quote 20000x9 20000.25x9'",
    ),
    (
        '"flatten"',
        '"flaten"',
        f"s.toml:21: do 3: act is 'flaten': nobody knows how to 'flaten'; known are {VERBS}; "
        "write it like 'flatten'",
    ),
    (
        "bracket buy 2 stop 19990",
        "bracket buy two stop 19990",
        "s.toml:11: do 1: act is 'bracket buy two stop 19990': 'two' is no number of contracts; "
        "write it like 'bracket buy 3 limit 20000 stop 19990 target 20010 timeout 60 s'",
    ),
    (
        "bracket buy 2 stop 19990",
        "bracket buy 2",
        "s.toml:11: do 1: act is 'bracket buy 2': a bracket needs a stop; write it like "
        "'bracket buy 3 limit 20000 stop 19990 target 20010 timeout 60 s'",
    ),
    (
        'at = "1 s"\n',
        'at = "1"\n',
        "s.toml:20: do 3: at is '1': write a number and ns, us, ms, s or min, like '500 ms'",
    ),
    (
        'at = "1 s"\n',
        'at = "1 s"\nafter = "1 s"\n',
        "s.toml:21: do 3: after is '1 s': it has 'at' already; give one moment",
    ),
    (
        'at = "1 s"\n',
        'when = "closed two"\n',
        "s.toml:20: do 3: when is 'closed two': no bracket named 'two' was sent by a step before "
        "it",
    ),
    (
        'act = "flatten"',
        'act = "modify limit 20001 of"',
        "s.toml:21: do 3: act is 'modify limit 20001 of': 'of' has no place there; write it like "
        "'modify limit 20000.25'",
    ),
    (
        'act = "sell 1"',
        'act = "flatten"',
        "s.toml:17: do 2: act is 'flatten': the trader does not 'flatten'; known are buy, sell, "
        "close, cancel, flip, move, resize; write it like 'buy 1'",
    ),
    (
        'who = "trader"\nat = "2 s"',
        'who = "trader"',
        "s.toml:14: do 2: at is missing: say when; what follows on an event is a [[fault]]",
    ),
    (
        'kind = "drop"',
        'kind = "dorp"',
        "s.toml:24: fault 1 (dorp): kind is 'dorp': give one of",
    ),
    (
        '"filled entry = 2"',
        '"filled entry = 2", "filed entry = 2"',
        "s.toml:29: checks: always is 'filed entry = 2': nobody knows 'filed'; known are held, "
        "working, filled, sent, cancels, changes, incidents, price, first sent, last sent, first "
        "cancel, last cancel, end, timers; write it like 'filled stop + filled exit = 2'",
    ),
    (
        '"filled entry = 2"',
        '"out gives ok"',
        "s.toml:29: checks: always is 'out gives ok': no step has the name 'out'",
    ),
    (
        'ends = ["flat"]',
        'ends = ["rich"]',
        "s.toml:28: checks: ends 1 is 'rich': Input should be 'flat', 'protected', 'bare' or "
        "'working'",
    ),
    (
        "[[fault]]",
        "[settings]\nhegde_s = 2\n\n[[fault]]",
        "s.toml:23: settings is {'hegde_s': 2}: the order manager has no setting 'hegde_s'",
    ),
    (
        '"filled entry = 2"',
        '"entry stands full"',
        "s.toml:29: checks: always is 'entry stands full': 'full' is none of",
    ),
    ("[run]", "[run", "s.toml is no TOML: "),
]


@pytest.mark.parametrize(("good", "bad", "message"), BAD, ids=[message for *_, message in BAD])
def test_what_is_wrong_is_said_with_line_key_and_the_way_out(good, bad, message):
    assert WRITTEN.count(good) == 1
    with pytest.raises(ScenarioError) as raised:
        scenario_from_toml(WRITTEN.replace(good, bad), "s.toml")
    said = str(raised.value)
    open_end = message.endswith((": ", "of"))
    assert said.startswith(message) if open_end else said == message


def test_the_page_has_every_kind_of_fault_with_its_keys_and_moments():
    page = PAGE.read_text(encoding="utf-8").split("## What goes wrong")[1]
    for name, kind in KINDS.items():
        (row,) = re.findall(rf"^\| `{name}` \| (.*) \|$", page, re.MULTILINE)
        says, moments, keys = row.split(" | ") if kind.keys else (*row.split(" | ")[:2], "")
        assert says.removesuffix("; on the wire alone") == kind.says
        assert moments.split(", ") == list(kind.moments)
        assert re.findall(r"`([a-z_]+)`", keys) == list(kind.keys)


def test_the_page_has_every_word_of_acts_waits_and_checks():
    page = PAGE.read_text(encoding="utf-8")
    words = (*SUBJECTS, *get_args(Standing), *get_args(Told), *VERBS.split(", "))
    assert [word for word in words if word not in page] == []


def test_rows_may_stand_in_any_order_and_prices_without_a_size_are_for_one():
    rows = market_rows("10 trade 5\n0.5 quote 4x2 5")
    assert [str(row) for row in rows] == ["0.5 quote 4x2 5x1", "10 trade 5x1"]


def test_a_file_that_is_not_there_is_the_users_to_mend(tmp_path):
    with pytest.raises(UsageError, match=r"there\.toml cannot be read"):
        read_scenario(tmp_path / "there.toml")


def test_scenarios_are_named_by_file_by_name_or_by_how_names_begin():
    one = shelf()["rs_03_fill_before_the_ack"]
    assert chosen_files(["rs_03_fill_before_the_ack", "mine.toml"])[0] == one
    assert len(chosen_files(["RS-03"])) == 3
    assert chosen_files(["all"]) == list(shelf().values())
    with pytest.raises(UsageError, match="dryfill rehearse --list"):
        chosen_files(["RS-0"])
