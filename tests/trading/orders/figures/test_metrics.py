"""`metrics()` is OpenMetrics text by its grammar (openmetrics.io, 1.0), and says what is."""

import re
from itertools import count

import pytest
from msgspec import Struct, structs

from dryfill.trading.orders.figures.metrics import metrics_text

SCRIPT = """
    do bracket buy 2 loss 40t
    > place 1.entry#1 buy 2 market
    wait 0.25
    < fill 1.entry#1 2 @ 20000
    > place 1.stop#1 sell 2 stop 19990
    < ack 1.entry#1
    < refuse 1.stop#1 NO_LAST_PRICE
    wait 0.25
    > place 1.stop#2 sell 2 stop 19990
    < ack 1.stop#2
    < fill 1.stop#2 1 @ 19989.75
"""
NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
SAMPLE = re.compile(rf"({NAME})(?:\{{((?:{LABEL})(?:,{LABEL})*)?\}})? ({NUMBER})")
META = re.compile(rf"# (TYPE|UNIT|HELP) ({NAME}) (.+)")
SUFFIXES = {
    "counter": ("_total",),
    "gauge": ("",),
    "summary": ("", "_count", "_sum"),
    "stateset": ("",),
}


def parsed(text):
    """Families and samples of an exposition; asserts the rules of the grammar."""
    lines = text.split("\n")
    assert lines[-2:] == ["# EOF", ""]
    families, samples, now = {}, {}, None
    for line in lines[:-2]:
        meta = META.fullmatch(line)
        if meta:
            what, name, said = meta.groups()
            if what == "TYPE":
                assert name not in families, f"{name} is not in one piece"
                assert said in SUFFIXES
                now = families[name] = {"type": said}
            assert now is families[name], f"{line} is outside its family"
            if what == "UNIT":
                assert name.endswith(f"_{said}")
            now[what] = said
            continue
        sample = SAMPLE.fullmatch(line)
        assert sample, f"no line of the grammar: {line!r}"
        name, labels, value = sample.groups()
        family = list(families)[-1]
        assert name in [family + suffix for suffix in SUFFIXES[now["type"]]], line
        pairs = dict(re.findall(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"', labels or ""))
        assert len(pairs) == (labels or "").count('="')
        if now["type"] == "summary" and name == family:
            assert 0 <= float(pairs["quantile"]) <= 1
        if now["type"] == "stateset":
            assert family in pairs
        if now["type"] == "counter":
            assert float(value) >= 0
        key = (name, tuple(sorted(pairs.items())))
        assert key not in samples, f"twice: {line}"
        samples[key] = value
    return families, samples


@pytest.fixture
def exposed(on_stage):
    async def go(stage):
        await stage.play(SCRIPT)
        figures = stage.manager.figures
        return figures.metrics(), figures.statistics()

    return on_stage(go)


def sample(samples, name, **labels):
    return samples[name, tuple(sorted({"account": "SCRIPT", **labels}.items()))]


def test_the_text_is_of_the_grammar_and_every_family_explains_itself(exposed):
    families, samples = parsed(exposed[0])
    assert len(families) >= 30
    assert all(family["HELP"].endswith(".") for family in families.values())
    assert all(dict(labels)["account"] == "SCRIPT" for _, labels in samples)


@pytest.mark.exact_times("a figure is compared to the nanosecond")
def test_commands_are_counted_by_outcome_with_their_quantiles(exposed):
    _, samples = parsed(exposed[0])
    total = "dryfill_commands_total"
    assert sample(samples, total, command="place", outcome="done") == "2"
    assert sample(samples, total, command="place", outcome="refused") == "1"
    seconds = "dryfill_command_seconds"
    assert sample(samples, f"{seconds}_count", command="place") == "3"
    assert sample(samples, f"{seconds}_sum", command="place") == "0.250000000"
    assert sample(samples, seconds, command="place", quantile="0.5") == "0.000000000"
    assert sample(samples, seconds, command="place", quantile="0.99") == "0.250000000"


@pytest.mark.exact_times("a figure is compared to the nanosecond")
def test_every_number_is_the_statistics_own(exposed):
    text, numbers = exposed
    _, samples = parsed(text)
    assert sample(samples, "dryfill_fills_total") == str(numbers.fills)
    assert sample(samples, "dryfill_partial_fills_total") == "1"
    tables = {
        table: sample(samples, "dryfill_table_entries", table=table) for table in numbers.tables
    }
    assert tables == {table: str(size) for table, size in numbers.tables.items()}
    assert tables["working"] == "1"
    value = sample(samples, "dryfill_traded_value", instrument="MNQ", side="sell")
    assert value == str(numbers.traded["MNQ"].sold_value) == "19989.75"
    assert sample(samples, "dryfill_rejects_total", reason="NO_LAST_PRICE") == "1"
    assert sample(samples, "dryfill_incidents_total", kind="stop_rejected") == "1"
    breaker = {"path": "ordinary", "dryfill_breaker": "closed"}
    assert sample(samples, "dryfill_breaker", **breaker) == "1"
    assert sample(samples, "dryfill_unprotected_longest_seconds") == "0.25"


def told_apart(value, next_number):
    """The same with another number in each place: what is told twice is told by both."""
    if isinstance(value, dict):
        return {key: told_apart(each, next_number) for key, each in value.items()}
    if isinstance(value, Struct):
        pairs = structs.asdict(value).items()
        return type(value)(**{name: told_apart(each, next_number) for name, each in pairs})
    if isinstance(value, str):
        return value
    return type(value)(next_number()) if value is not None else None


# `most_ns` and what is a quotient of two others are no families of their own.
UNTOLD = {"most_ns", "slippage_mean_ticks", "hit_rate"}


def numbers_in(value, name=""):
    """Each number of the statistics that is to be told, as it is written."""
    if isinstance(value, dict | Struct):
        pairs = value if isinstance(value, dict) else structs.asdict(value)
        return [n for key, each in pairs.items() for n in numbers_in(each, key)]
    if value is None or isinstance(value, str) or name in UNTOLD:
        return []
    return [f"{value / 1e9:.9f}" if name.endswith("_ns") else str(value)]


def test_each_number_of_the_statistics_is_told_once(exposed):
    counted = count(1_001)
    numbers = told_apart(exposed[1], lambda: next(counted))
    _, samples = parsed(metrics_text(numbers, "SCRIPT"))
    told = [value for (name, _), value in samples.items() if name != "dryfill_breaker"]
    assert sorted(told) == sorted(numbers_in(numbers))


@pytest.mark.parametrize("now", ["closed", "open", "half-open"])
def test_a_breaker_is_in_one_state_of_three(now, exposed):
    numbers = structs.replace(exposed[1], breakers={"ordinary": now})
    _, samples = parsed(metrics_text(numbers, "SCRIPT"))
    told = {
        state: sample(samples, "dryfill_breaker", path="ordinary", dryfill_breaker=state)
        for state in ("closed", "open", "half-open")
    }
    assert told == {"closed": "0", "open": "0", "half-open": "0"} | {now: "1"}


def test_labels_are_escaped(exposed):
    text = metrics_text(exposed[1], 'a "quoted" \\ name\nof two lines')
    _, samples = parsed(text)
    accounts = {dict(labels)["account"] for _, labels in samples}
    assert accounts == {'a \\"quoted\\" \\\\ name\\nof two lines'}


@pytest.mark.parametrize(
    "spoilt",
    [
        "dryfill_x 1\n# EOF\n",
        "# TYPE a counter\na 1\n# EOF\n",
        '# TYPE a gauge\na{b="x"y"} 1\n# EOF\n',
        "# TYPE a gauge\na 1\n",
        "# TYPE a gauge\na 1\na 1\n# EOF\n",
        "# TYPE a gauge\n# UNIT a seconds\na 1\n# EOF\n",
    ],
)
def test_this_parser_finds_what_is_not_of_the_grammar(spoilt):
    with pytest.raises((AssertionError, IndexError)):
        parsed(spoilt)
