"""RiskLimits and the named rule sets: validated, exact, and a user's file goes before ours."""

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, time
from decimal import Decimal

import pytest

from dryfill.trading import instruments
from dryfill.trading.errors import ScenarioError, UsageError
from dryfill.trading.orders.risk.limits import RiskLimits, rule_set
from dryfill.trading.price import Ticks


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"order_qty": 0}, "RiskLimits.order_qty is 0; give a whole number from 1"),
        ({"order_qty": 2.0}, "order_qty is 2.0"),
        ({"order_qty": True}, "order_qty is True"),
        ({"orders_per_minute": 0}, "orders_per_minute is 0"),
        ({"net_position": 0}, "net_position is 0; give a Decimal"),
        ({"gross_position": -1}, "gross_position is -1"),
        ({"gross_position": 5.0}, "gross_position is 5.0"),
        ({"daily_loss": Decimal(0)}, r"daily_loss is Decimal\('0'\)"),
        ({"daily_loss": Decimal("NaN")}, "daily_loss is"),
        ({"trailing_loss": "2000"}, "trailing_loss is '2000'"),
        ({"starting_balance": -1}, "starting_balance is -1"),
        ({"weights": {"MES": 0.1}}, r"weights\['MES'\] is 0.1"),
        ({"weights": {"MES": Decimal(0)}}, r"weights\['MES'\] is"),
        ({"collar": 8}, r"collar is 8; give Ticks\(n\)"),
        ({"collar": Ticks(-1)}, "collar is"),
        ({"collar_without_market": "maybe"}, "collar_without_market is 'maybe'"),
        ({"trailing_loss": 1, "trailing_stops_at_start": True}, "starting_balance is None"),
        ({"hours": (time(8), time(8))}, "hours is"),
        ({"hours": (time(8),)}, "hours is"),
        ({"hours": (time(8), time(12), time(15))}, "hours is"),
        ({"hours": ("8:30", time(15))}, "a time is '8:30'"),
        ({"flat_by": time(17)}, "flat_by is"),
        ({"flat_by": time(15, tzinfo=UTC)}, "a time is"),
        ({"zone": "America/Chicagoo"}, "zone is 'America/Chicagoo'"),
        ({"zone": "../etc"}, "zone is"),
        ({"instruments": "ES"}, "instruments is 'ES'; give a tuple"),
        ({"instruments": ()}, "instruments is"),
    ],
)
def test_a_limit_that_limits_nothing_is_refused_by_name(given, message):
    with pytest.raises(UsageError, match=message):
        RiskLimits(**given)


def test_limits_at_their_smallest_are_taken():
    limits = RiskLimits(
        order_qty=1,
        orders_per_minute=1,
        net_position=Decimal("0.1"),
        collar=Ticks(0),
        daily_loss=Decimal("0.01"),
    )
    assert limits.net_position == Decimal("0.1")


def test_limits_do_not_change_once_they_are_made():
    weights = {"MES": Decimal("0.1")}
    limits = RiskLimits(weights=weights)
    weights["MES"] = Decimal(9)
    assert limits.weight(instruments.find("MESH24")) == Decimal("0.1")
    with pytest.raises(TypeError):
        limits.weights["MES"] = Decimal(9)
    with pytest.raises(FrozenInstanceError):
        limits.order_qty = 5


@pytest.mark.parametrize(
    ("size", "start", "gross", "trailing", "daily"),
    [
        ("50k", 50_000, 5, 2000, 1000),
        ("100k", 100_000, 10, 3000, 2000),
        ("150k", 150_000, 15, 4500, 3000),
    ],
)
def test_the_topstep_sets_say_what_the_firm_says(size, start, gross, trailing, daily):
    limits = rule_set(f"topstep-{size}")
    assert limits.name == f"topstep-{size} as of 2026-11-22"
    assert limits.starting_balance == start
    assert limits.gross_position == gross
    assert limits.trailing_loss == trailing
    assert limits.trailing_stops_at_start
    assert limits.daily_loss is None
    assert (limits.flat_by, limits.reopens, limits.zone) == (
        time(15, 10),
        time(17),
        "America/Chicago",
    )
    assert limits.weight(instruments.find("MNQ")) == Decimal("0.1")
    assert limits.weight(instruments.find("NQ")) == 1
    with_daily = rule_set(f"topstep-{size}-daily")
    assert with_daily == replace(limits, name=with_daily.name, daily_loss=Decimal(daily))


def test_a_users_file_goes_before_the_table_key_by_key(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(
        "[topstep-50k]\nas_of = 2027-01-05\ntrailing_loss = 1999.50\n\n"
        '[careful]\nbase = "topstep-100k"\nas_of = 2027-01-06\ncollar = 12\n'
        'orders_per_minute = 30\ninstruments = ["ES", "MES"]\nhours = [08:30:00, 15:00:00]\n'
        'weights = { MES = 1 }\ncollar_without_market = "allow"\nnet_position = 2\n'
        "order_qty = 1\n"
    )
    mine = rule_set("topstep-50k", path=file)
    assert mine.name == "topstep-50k as of 2027-01-05"
    assert mine.trailing_loss == Decimal("1999.50")
    assert mine.gross_position == 5
    careful = rule_set("careful", path=file)
    built_in = rule_set("topstep-100k")
    assert careful == replace(
        built_in,
        name="careful as of 2027-01-06",
        collar=Ticks(12),
        orders_per_minute=30,
        instruments=("ES", "MES"),
        hours=(time(8, 30), time(15)),
        weights={"MES": Decimal(1)},
        collar_without_market="allow",
        net_position=Decimal(2),
        order_qty=1,
    )
    assert rule_set("topstep-50k").trailing_loss == 2000
    assert {mine, rule_set("topstep-50k")} == {mine, rule_set("topstep-50k")}  # they can be hashed


def test_an_unknown_set_is_refused_with_the_known_ones():
    with pytest.raises(UsageError, match="no rule set is named 'topstep'; known are topstep-50k, "):
        rule_set("topstep")


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("[mine]\norder_qty = 1", ScenarioError, "mine.toml: mine.as_of"),
        (
            '[mine]\nbase = "topstep-50k"\norder_quantity = 1',
            ScenarioError,
            "mine.order_quantity is not a key; known are as_of",
        ),
        ("mine = 3", ScenarioError, "mine.toml: mine is 3"),
        ('[mine]\nbase = "nowhere"', UsageError, "mine.base is 'nowhere'; name another set"),
        ('[mine]\nbase = "mine"', UsageError, "mine.base is 'mine'"),
        ('[mine]\nbase = "b"\n[b]\nbase = "mine"', UsageError, "b.base is 'mine'"),
        ('[mine]\nbase = "topstep-50k"\norder_qty = 0', UsageError, "order_qty is 0"),
    ],
)
def test_a_set_that_is_none_is_refused_with_file_key_and_value(text, error, message, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(error, match=message):
        rule_set("mine", path=file)
