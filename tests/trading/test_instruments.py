"""The table of instruments: its money, contract months, and a user's table over it."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from dryfill.trading import instruments
from dryfill.trading.calendar import calendar
from dryfill.trading.errors import ScenarioError, UsageError
from dryfill.trading.instruments import contract_month, find

TICK_VALUES = {
    "ES": "12.50",
    "MES": "1.25",
    "NQ": "5.00",
    "MNQ": "0.50",
    "CL": "10",
    "MCL": "1",
    "GC": "10",
    "MGC": "1",
    "ZN": "15.625",
    "ZB": "31.25",
    "6E": "6.25",
    "M6E": "1.25",
    "6J": "6.25",
}


@pytest.mark.parametrize(("root", "value"), TICK_VALUES.items())
def test_a_tick_of_each_root_is_worth_what_the_exchange_says(root: str, value: str) -> None:
    instrument = find(root)
    assert instrument.money(instrument.units(instrument.tick)) == Decimal(value)
    assert (instrument.symbol, instrument.root, instrument.month) == (root, root, None)


def test_the_built_in_roots_are_those_of_the_facts() -> None:
    assert instruments.load(instruments.__file__.replace(".py", ".toml")).roots == (*TICK_VALUES,)


@pytest.mark.parametrize("root", TICK_VALUES)
def test_each_root_has_a_calendar_and_a_protection_on_its_grid(root: str) -> None:
    instrument = find(root)
    assert calendar(instrument.calendar).name == instrument.calendar != "always"
    assert instrument.protection is not None
    assert instrument.units(instrument.protection) > 0


@pytest.mark.parametrize("name", ["ESH4", "ESH24", "ESH2024", "esh4", " ESH4 "])
def test_a_contract_is_found_however_its_year_is_written(name: str) -> None:
    contract = find(name, on=date(2023, 12, 25))
    assert (contract.symbol, contract.root, contract.month) == ("ESH4", "ES", date(2024, 3, 1))
    assert contract.tick == Decimal("0.25")


@pytest.mark.parametrize(
    ("on", "year"),
    [
        (date(2013, 12, 18), 2014),
        (date(2018, 12, 31), 2014),
        (date(2019, 1, 1), 2024),
        (date(2024, 12, 31), 2024),
        (date(2028, 6, 1), 2024),
        (date(2029, 6, 1), 2034),
    ],
)
def test_a_one_digit_year_is_the_one_nearest_to_the_day_asked_about(on: date, year: int) -> None:
    assert find("ESH4", on=on).month == date(year, 3, 1) == contract_month("ESH4", on=on)


def test_contracts_of_two_decades_with_one_symbol_are_two_instruments() -> None:
    assert find("ESH14").symbol == find("ESH24").symbol
    assert find("ESH14") != find("ESH24")


def test_without_a_day_a_one_digit_year_stays_open() -> None:
    assert find("ESH4").month is None
    with pytest.raises(UsageError, match="one digit; give on="):
        contract_month("ESH4")


@pytest.mark.parametrize(
    ("symbol", "root", "month"),
    [
        ("6EZ3", "6E", 12),
        ("M6EF4", "M6E", 1),
        ("GCZ3", "GC", 12),
        ("MGCG4", "MGC", 2),
        ("6JM4", "6J", 6),
    ],
)
def test_roots_with_digits_and_micros_split_from_their_month(
    symbol: str, root: str, month: int
) -> None:
    contract = find(symbol, on=date(2013, 10, 7))
    assert contract.root == root
    assert contract.month is not None
    assert contract.month.month == month


@pytest.mark.parametrize("name", ["XX", "ESA4", "ESH", "ESH123", "XXH4", ""])
def test_an_unknown_name_lists_the_roots_and_says_how_to_add_one(name: str) -> None:
    with pytest.raises(UsageError, match=r"roots are ES, MES, .*6J, .*TOML file.*Instrument\("):
        find(name)


def test_a_users_table_overrides_key_by_key_and_adds_roots(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(
        "[ES]\nprotection = 6.0\n"
        "[SPREAD]\ntick = 0.05\npoint_value = 50\n"
        "bands = [{ tick = 0.1, since = 2016-01-11, at_or_above = 3 }]\n"
    )
    table = instruments.load(mine)
    assert table.find("ES").protection == Decimal("6.0")
    assert table.find("ES").tick == Decimal("0.25")
    assert table.find("NQ") == find("NQ")
    assert table.find("SPREAD").bands[0].since == date(2016, 1, 11)
    assert table.find("SPREADZ5", on=date(2025, 1, 1)).month == date(2025, 12, 1)
    assert find("ES").protection == Decimal("3.00")


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ('[ES]\ntick = "abc"\n', ScenarioError, r"mine\.toml: ES\.tick is 'abc'"),
        (
            "[ES]\nticks = 1\n",
            ScenarioError,
            r"mine\.toml: ES\.ticks is not a key; known are tick, ",
        ),
        ("[XX]\ntick = 1\n", ScenarioError, r"mine\.toml: XX\.point_value: Field required"),
        ("[ES]\ntick = nan\n", ScenarioError, r"ES\.tick is Decimal\('NaN'\): .*finite"),
        ("[ES]\ntick = true\n", ScenarioError, r"mine\.toml: ES\.tick is True: Expected"),
        (
            "[ES]\nbands = [{ tick = 1 }, { tick = 'x' }]\n",
            ScenarioError,
            r"mine\.toml: ES\.bands\.1\.tick is 'x'",
        ),
        ("[ES]\nbands = [{ tick = 1, q = 1 }]\n", ScenarioError, r"ES\.bands\.0\.q is not a key"),
        ("[ES]\nbands = [{ }]\n", ScenarioError, r"ES\.bands\.0\.tick: Field required"),
        ("[ES]\nbands = [{ tick = inf }]\n", ScenarioError, r"ES\.bands\.0\.tick is .*finite"),
        ("ES = 5\n", ScenarioError, r"mine\.toml: ES is 5"),
        ("[ES]\ntick = 0\n", UsageError, r"mine\.toml: ES: tick is Decimal\('0'\)"),
        ("[ES\n", ScenarioError, r"mine\.toml is no TOML: .*line 1"),
    ],
)
def test_a_bad_row_is_refused_with_file_key_and_value(
    tmp_path: Path, text: str, error: type[Exception], message: str
) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(text)
    with pytest.raises(error, match=message):
        instruments.load(mine)


def test_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.toml cannot be read"):
        instruments.load(tmp_path / "none.toml")


def test_an_instrument_prints_as_its_name():
    assert repr(find("ES")) == "Instrument('ES')"
