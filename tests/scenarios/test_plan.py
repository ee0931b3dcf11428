"""Fault plans as data: what they may say, how they are stored, and how they refuse."""

import json
from pathlib import Path

import pytest

from dryfill.scenarios.plan import Fault, Plan
from dryfill.scenarios.plan_kinds import KINDS
from dryfill.scenarios.plan_text import (
    make_plan,
    plan_from_json,
    plan_from_toml,
    plan_to_json,
    plan_to_toml,
    read_plan,
)
from dryfill.trading.errors import ScenarioError, UsageError

WRITTEN = """\
name = "the stop's second try is lost"

[[fault]]
kind = "ack-lost"
call = "place"
role = "stop"
intent = "1"
nth = 2
form = "timeout"

[[fault]]
kind = "late"
event = "fill"
times = "all"
delay = "1500 ms"
blocks = true

[[fault]]
kind = "halt"
at = "15 min"
duration = "30 s"
"""

# One of each kind, with all that it may have.
EVERY_KIND = [
    {"kind": "latency", "call": "place", "request": "1 s", "response": "2 s"},
    {"kind": "latency", "at": "1 s", "request": "1 s", "duration": "2 s", "on": "write"},
    {"kind": "ack-lost", "call": "write", "form": "504", "after": "1 ms"},
    {"kind": "request-lost", "call": "any", "form": "reset", "after": "1 ms"},
    {"kind": "refused", "call": "write", "reason": "too-late", "text": "no", "record": False},
    {"kind": "rejected-later", "call": "place", "after": "1 s", "reason": "none", "text": "no"},
    {"kind": "rate-limited", "call": "any", "duration": "1 s", "on": "any", "retry_after": "2 s"},
    {"kind": "server-error", "call": "read", "status": 500, "applied": True},
    {"kind": "unreachable", "at": "0 ns", "duration": "1 s", "form": "dns", "after": "1 s"},
    {"kind": "ack-lost", "call": "login", "form": "cut", "cut": 3},
    {"kind": "token-ended", "at": "1 s", "form": "logout", "after": "1 s"},
    {"kind": "garbled", "event": "fill", "form": "nan"},
    {"kind": "reshaped", "event": "any", "form": "after-id", "times": "all"},
    {"kind": "not-subscribed", "call": "subscribe", "form": "inert", "times": 2},
    {"kind": "duplicate", "event": "any", "copies": 3, "gap": "1 s"},
    {"kind": "drop", "event": "order", "role": "", "since": "2 s", "every": 3, "times": 4},
    {"kind": "reorder", "event": "position", "form": "reverse", "window": "1 s"},
    {"kind": "late", "event": "fill", "delay": "1 s", "blocks": True},
    {"kind": "late-fill", "event": "canceled", "role": "stop", "qty": 2, "after": "1 s"},
    {"kind": "void", "event": "fill", "role": "entry", "after": "1 s"},
    {"kind": "liquidation", "at": "1 s"},
    {"kind": "clock", "at": "0 ns", "behind": "90 s"},
    {"kind": "clock", "at": "1 s", "ahead": "60 min"},
    {"kind": "clock", "at": "1 s", "slow": 200},
    {"kind": "clock", "at": "1 s", "behind": "1 s", "fast": 50_000},
    {"kind": "summed", "event": "fill", "window": "2 ms"},
    {"kind": "stream-down", "event": "fill", "duration": "1 s", "lost": False, "told": False},
    {"kind": "halt", "at": "1 s", "duration": "1 s", "state": "pre-open", "after": "1 s"},
    {"kind": "venue-cancel", "at": "1 s", "target": "*.stop", "which": 2, "text": "x"},
    {"kind": "frozen", "event": "new", "role": "stop", "after": "1 s", "thaw": "2 s"},
    {"kind": "crash", "step": 7},
    {"kind": "crash", "step": 7, "journal": "last-torn"},
    {"kind": "crash", "call": "place", "point": "acted"},
    {"kind": "stall", "call": "place", "duration": "1 s", "after": "1 s"},
    {"kind": "disk-full", "event": "fill", "duration": "1 s", "after": "1 s"},
    {"kind": "stale-read", "call": "read", "lag": "1 s", "response": "1 s"},
    {"kind": "trader", "at": "1 s", "act": "sell", "qty": 2, "after": "1 s"},
    {"kind": "trader", "event": "new", "act": "move", "ticks": -3, "role": "stop"},
    {"kind": "venue-replace", "at": "1 s", "target": "*.stop", "ticks": 4, "after": "1 s"},
]


def test_a_plan_is_written_as_it_was_read() -> None:
    assert plan_to_toml(plan_from_toml(WRITTEN)) == WRITTEN


def test_every_kind_survives_both_formats() -> None:
    plan = make_plan(*EVERY_KIND, name='odd "name"\x7f\n\t☂', strict=False)
    assert {fault.kind for fault in plan.faults} == set(KINDS)
    assert plan_from_toml(plan_to_toml(plan)) == plan
    assert plan_from_json(plan_to_json(plan)) == plan
    assert plan_from_toml(plan_to_toml(Plan())) == plan_from_json(plan_to_json(Plan())) == Plan()


def test_nothing_that_was_given_is_lost_in_writing() -> None:
    for keys in EVERY_KIND:
        told = json.loads(plan_to_json(make_plan(keys)))["fault"][0]
        unsaid = {key: value for key, value in keys.items() if key not in told}
        # What is not written is the default and needs no word.
        assert {**told, **unsaid} == keys
        assert make_plan(told) == make_plan(keys)


def test_a_plan_is_read_from_a_file_of_either_kind(tmp_path: Path) -> None:
    plan = plan_from_toml(WRITTEN)
    (tmp_path / "a.toml").write_text(WRITTEN, encoding="utf-8")
    (tmp_path / "a.json").write_text(plan_to_json(plan), encoding="utf-8")
    assert read_plan(tmp_path / "a.toml") == read_plan(str(tmp_path / "a.json")) == plan


def test_a_fault_is_frozen_and_says_what_it_is() -> None:
    fault = plan_from_toml(WRITTEN).faults[0]
    assert str(fault) == "ack-lost (F02), call=place role=stop intent=1 nth=2 form=timeout"
    with pytest.raises(ValueError, match="frozen"):
        fault.nth = 3
    assert hash(fault) == hash(plan_from_toml(WRITTEN).faults[0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("250 us", 250_000),
        ("500ms", 500_000_000),
        ("0.5 s", 500_000_000),
        (" 2 min ", 120_000_000_000),
        ("7 ns", 7),
    ],
)
def test_times_are_written_as_people_write_them(text: str, message: int) -> None:
    assert make_plan({"kind": "crash", "at": text}).faults[0].at == message


@pytest.mark.parametrize("time", ["500", 500, 0.5, "-1 s", "1 h", "0.5 ns", "", "1e3 s", True])
def test_other_times_are_refused(time: object) -> None:
    with pytest.raises(ScenarioError, match=r"at is .*: write a number and ns, us, ms, s or min"):
        make_plan({"kind": "crash", "at": time})


def test_only_some_faults_touch_the_stream() -> None:
    touching = {
        fault.kind for fault in make_plan(*EVERY_KIND).faults if Plan((fault,)).touches_stream
    }
    assert touching == {
        *("drop", "reorder", "late", "summed", "stream-down", "not-subscribed"),
    }


def test_narrowing_keeps_what_fired_as_often_as_it_did() -> None:
    plan = make_plan(
        {"kind": "drop", "event": "fill"},
        {"kind": "drop", "event": "new", "times": 5},
        {"kind": "drop", "event": "account", "times": "all"},
        strict=False,
    )
    narrowed = plan.narrowed((0, 3, 9))
    assert narrowed.strict
    assert [(fault.event, fault.times) for fault in narrowed.faults] == [
        ("new", 3),
        ("account", "all"),
    ]


# --- refusals -----------------------------------------------------------------------------------

REFUSED = [
    ('kind = "ack-lots"\ncall = "place"', ":2: .* kind is 'ack-lots': give one of 'latency', "),
    ('call = "place"', ":1: fault 1 has no kind; give one of latency, "),
    ('kind = "drop"\nevnt = "fill"', ":3: .*evnt is not a key; known are kind, call, event"),
    ('kind = "drop"\n\n# so\nevent = "fil"', ":5: .*event is 'fil': give one of 'new', 'fill'"),
    ('kind = "drop"', ":2: .*drop needs one moment of event"),
    ('kind = "drop"\ncall = "place"', ":3: .*call is 'place': drop has no .* moments are event"),
    ('kind = "halt"\nat = "1 s"\nevent = "new"\nduration = "1 s"', "halt needs one moment of"),
    ('kind = "drop"\nevent = "new"\ncopies = 2', ":4: .*copies is 2: .*it has none of its own"),
    ('kind = "late"\nevent = "new"', ":1: .*delay is missing: late needs one that is not zero"),
    ('kind = "late"\nevent = "new"\ndelay = "0 s"', "delay is '0 s': late needs one that is not"),
    ('kind = "refused"\ncall = "order"', "call is 'order': give one of 'place', 'modify'"),
    ('kind = "stale-read"\ncall = "place"\nlag = "1 s"', "call is 'place': give one of 'open-"),
    ('kind = "stale-read"\ncall = "order"', "lag is missing: give lag, response or both"),
    ('kind = "latency"\ncall = "place"', "request is missing: give request, response or both"),
    ('kind = "ack-lost"\ncall = "place"\nform = "rst"', ":4: .*form is 'rst': give one of 'timeou"),
    ('kind = "drop"\nevent = "new"\nnth = "2"', ":4: .*nth is '2': Input should be a valid int"),
    ('kind = "drop"\nevent = "new"\nnth = 0', "nth is 0: Input should be greater than or equal"),
    ('kind = "drop"\nevent = "new"\ntimes = 0', "times is 0: give a whole number from 1, or 'all'"),
    ('kind = "drop"\nevent = "new"\nrole = "stp"', "role is 'stp': give one of 'entry', 'stop'"),
    ('kind = "drop"\nevent = "new"\nrole = "7"', "role is '7': give one of 'entry', 'stop'"),
    ('kind = "drop"\nevent = "position"\nrole = "stop"', "role is 'stop': 'position' is not about"),
    ('kind = "ack-lost"\ncall = "positions"\nintent = "1"', "'positions' is not about one order"),
    ('kind = "crash"\nat = "1 s"\nnth = 2', "nth is 2: it chooses among calls or events, not "),
    ('kind = "crash"\nat = "1 s"\npoint = "sent"', "point is 'sent': it has no place at this"),
    ('kind = "crash"\nevent = "new"\npoint = "sent"', "point is 'sent': give one of 'told', 'hea"),
    ('kind = "rate-limited"\nat = "1 s"', "duration is missing: an outage that begins at a time"),
    ('kind = "rate-limited"\ncall = "any"\non = "any"', "on is 'any': .* give a duration, too"),
    (
        'kind = "rate-limited"\ncall = "any"\ntimes = 2\nduration = "1 s"',
        "duration is '1 s': give times and every, or a duration",
    ),
    (
        'kind = "rate-limited"\ncall = "any"\non = "al"\nduration = "1 s"',
        "on is 'al': give one of 'place'",
    ),
    ('kind = "refused"\ncall = "place"\nreason = "x"', "reason is 'x': give one of 'none', "),
    ('kind = "trader"\nat = "1 s"', "act is missing: trader needs one"),
    ('kind = "trader"\nat = "1 s"\nact = "cancel"', r"target is missing: say which order, .*stop"),
    ('kind = "trader"\nevent = "new"\nact = "move"', "ticks is missing: say how far"),
    ('kind = "trader"\nat = "1 s"\nact = "move"\nticks = 1', "target is missing: say which"),
    ('kind = "venue-replace"\nevent = "new"', "ticks is missing: venue-replace needs one"),
    ('kind = "venue-cancel"\nevent = "account"', "target is missing: say which order"),
    ('kind = "frozen"\nat = "1 s"', "target is missing: say which order"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_a_fault_that_makes_no_sense_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=f"^p.toml.*{message}"):
        plan_from_toml(f"[[fault]]\n{text}\n", "p.toml")


def test_the_line_is_that_of_the_fault_meant() -> None:
    text = WRITTEN.replace('duration = "30 s"', 'duration = "30"')
    with pytest.raises(ScenarioError, match=r"^p:21: fault 3 \(halt\): duration is '30': write"):
        plan_from_toml(text, "p")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x =\ny = 1", "p is no TOML: .*line 1"),
        ("faults = 1", "p: faults is not a key of a plan; known are name, strict, run, fault"),
        ("fault = 1", "p: fault is 1; give a list"),
        ("fault = [1]", "p: fault 1 is 1; give a table"),
        ("fault = [{kind = 'drop'}]", "p: fault 1 .*: kind is 'drop': drop needs one moment"),
        ("name = 1", "p: name is 1; give a str"),
        ("strict = 1", "p: strict is 1; give a bool"),
    ],
)
def test_a_text_that_is_no_plan_is_refused(text: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        plan_from_toml(text, "p")


def test_json_is_refused_with_the_same_words() -> None:
    for text, message in [
        ("[", "p is no JSON: "),
        ("[]", r"p holds \[\]; a plan is an object"),
        ('{"fault": [{"kind": "drop"}]}', "p: fault 1 .*drop needs one moment of event"),
    ]:
        with pytest.raises(ScenarioError, match=message):
            plan_from_json(text, "p")


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"a\.toml cannot be read: No such file"):
        read_plan(tmp_path / "a.toml")
    with pytest.raises(UsageError, match=r"ends in '\.yaml'; a plan ends in \.toml or \.json"):
        read_plan(tmp_path / "a.yaml")
    (tmp_path / "b.toml").write_bytes(b"\xff")
    with pytest.raises(ScenarioError, match=r"b\.toml is no text in UTF-8"):
        read_plan(tmp_path / "b.toml")


def test_every_key_of_the_table_is_a_key_of_a_fault() -> None:
    for kind in KINDS.values():
        assert set(kind.keys) <= set(Fault.model_fields)
        assert {*kind.needs, *kind.choices} <= set(kind.keys)


@pytest.mark.parametrize("ns", [1, 10**12 + 1, 2_585_995_206_730, 10**18 + 1])
def test_a_time_however_long_and_fine_survives_the_file(ns: int) -> None:
    plan = make_plan(
        {"kind": "drop", "event": "fill"}, {"kind": "halt", "at": "0 s", "duration": f"{ns} ns"}
    )
    assert plan_from_toml(plan_to_toml(plan)) == plan
    assert plan.faults[1].duration == ns
