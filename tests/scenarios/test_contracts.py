"""Which expiry is read: the named one, else the one with the most volume, and the notes say so."""

import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from dryfill.scenarios import read_market
from dryfill.scenarios.readers.contracts import Contract, parse_contract
from dryfill.trading.errors import ScenarioError
from dryfill.trading.instrument import Instrument

Csv = Callable[..., Path]
Z = "2013-12-18T14:30:0"

THREE = f"""
    time,symbol,price,size
    {Z}0Z,ESZ3,1780,5
    {Z}1Z,ESH4,1773,9
    {Z}2Z,ESZ3,1781,1
    {Z}3Z,NQH4,3500.3,99
    {Z}4Z,ESH4-ESZ3,7.05,500
"""


@pytest.mark.parametrize(
    ("text", "near", "year", "month", "root"),
    [
        ("ESH4", 2013, 2014, 3, "ES"),
        ("ESH4", 2015, 2024, 3, "ES"),
        ("ESZ3", 2013, 2013, 12, "ES"),
        ("esz25", 2025, 2025, 12, "ES"),
        ("6EM9", 2019, 2019, 6, "6E"),
        ("ESH2024", 1999, 2024, 3, "ES"),
        ("201403", 2013, 2014, 3, "DEFAULT"),
        ("2014-03-21", 2013, 2014, 3, "DEFAULT"),
        ("CON.F.US.EP.Z25", 2025, 2025, 12, "DEFAULT"),
        ("ESH4-ESZ3", 2013, 0, 0, "ESH4-ESZ3"),
    ],
)
def test_names_of_contracts(text: str, near: int, year: int, month: int, root: str) -> None:
    assert parse_contract(text, "DEFAULT", near) == Contract(year, month, root)


def test_of_a_root_the_contract_with_the_most_volume_is_read(csv: Csv, es: Instrument) -> None:
    market = read_market(csv(THREE), es)
    assert market.contract == "ESH4"
    assert market.tape.trades.size.tolist() == [9]
    assert market.notes == (
        "contract ESH4 of 4 (9 contracts traded); left out: ESH4-ESZ3, NQH4, ESZ3",
    )


def test_an_instrument_that_is_an_expiry_is_read_by_name(csv: Csv, es: Instrument) -> None:
    market = read_market(csv(THREE), replace(es, symbol="ESZ3"))
    assert (market.contract, market.tape.trades.size.tolist()) == ("ESZ3", [5, 1])


def test_an_argument_names_the_contract_too(csv: Csv, es: Instrument) -> None:
    assert read_market(csv(THREE), es, contract="201312").contract == "ESZ3"


def test_a_missing_contract_is_refused_with_what_is_there(csv: Csv, es: Instrument) -> None:
    with pytest.raises(ScenarioError, match=r"es\.csv: there is no ESM4 .*it holds ESZ3, ESH4"):
        read_market(csv(THREE), replace(es, symbol="ESM4"))


def test_the_month_of_an_instrument_says_which_decade(csv: Csv, es: Instrument) -> None:
    later = replace(es, symbol="ESH4", month=date(2024, 3, 1))
    with pytest.raises(ScenarioError, match=r"there is no ESH4 \(expiry 2024-03\)"):
        read_market(csv(THREE), later)
    now = replace(es, symbol="ESH4", month=date(2014, 3, 1))
    assert read_market(csv(THREE), now).contract == "ESH4"


def test_another_root_is_not_read_as_ours_unless_named(csv: Csv, es: Instrument) -> None:
    path = csv(f"time,symbol,price,size\n{Z}0Z,NQH4,3500,1")
    with pytest.raises(ScenarioError, match=r"nothing in it is ES; it holds NQH4.*contract='NQH4'"):
        read_market(path, es)
    assert read_market(path, es, contract="NQH4").contract == "NQH4"


def test_of_quotes_alone_the_contract_with_the_most_rows_is_read(csv: Csv, es: Instrument) -> None:
    path = csv(f"""
        time,symbol,bid,ask
        {Z}0Z,ESH4,1773,1773.25
        {Z}1Z,ESZ3,1780,1780.25
        {Z}2Z,ESH4,1773,1773.25
    """)
    market = read_market(path, es)
    assert market.contract == "ESH4"
    assert "contract ESH4 of 2 (2 rows); left out: ESZ3" in market.notes


def test_volume_counts_over_all_files_and_decides_for_the_quotes(csv: Csv, es: Instrument) -> None:
    quotes = csv(
        f"time,symbol,bid,ask\n{Z}0Z,ESZ3,1780,1781\n{Z}1Z,ESZ3,1780,1781\n{Z}1Z,ESH4,1773,1774",
        "quotes.csv",
    )
    market = read_market([quotes, csv(THREE)], es)
    assert (market.contract, len(market.tape.quotes.seq)) == ("ESH4", 1)


def test_a_file_without_contracts_takes_the_instruments_name(csv: Csv, es: Instrument) -> None:
    path = csv(f"time,price,size\n{Z}0Z,1780,1")
    assert read_market(path, es).contract == ""
    assert read_market(path, replace(es, symbol="ESZ3")).contract == "ESZ3"


def _lean(folder: Path, name: str, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(folder / name, "w") as archive:
        for member, text in members.items():
            archive.writestr(member, text)
    return folder / name


def test_a_lean_zip_of_ticks_drops_what_is_marked_and_speaks_of_size_0(
    tmp_path: Path, es: Instrument
) -> None:
    rows = "276,1313.75,1,usa,,0\n276.5,1313.5,9,usa,,1\n277,1313.50,0,usa,,0\n"
    path = _lean(tmp_path, "20131007_trade.zip", {"20131007_es_tick_trade_201312.csv": rows})
    market = read_market(path, es)
    trades = market.tape.trades
    midnight = 1_381_104_000 * 10**9
    assert (trades.time_ns - midnight).tolist() == [276_000_000, 277_000_000]
    assert trades.size.tolist() == [1, 0]
    place = "20131007_trade.zip/20131007_es_tick_trade_201312.csv"
    assert market.notes == (
        f"{place}: dropped 1 trades marked as suspicious",
        f"{place}: 1 trades of size 0 kept: a last price, nothing to fill",
    )


@pytest.mark.parametrize(
    ("member", "text", "said"),
    [
        ("20131007_es_tick_quote_201312.csv", "1,2\n", "LEAN's tick quote files are not read"),
        ("20131007_es_minute_trade_201312.csv", "0,1,1,1,1\n", "has 5 columns where LEAN has 6"),
        ("20131007_es_minute_trade_201312.csv", "x,1,1,1,1,1\n", r"201312\.csv, row 1: time 'x'"),
        ("notes.txt", "hello", "holds no LEAN futures data"),
        ("20131007_nq_minute_trade_201312.csv", "0,1,1,1,1,1\n", "nothing in it is ES"),
    ],
)
def test_lean_zips_of_another_kind_are_refused(
    tmp_path: Path, es: Instrument, member: str, text: str, said: str
) -> None:
    with pytest.raises(ScenarioError, match=said):
        read_market(_lean(tmp_path, "20131007_trade.zip", {member: text}), es)


def test_open_interest_in_a_lean_zip_is_passed_over(tmp_path: Path, es: Instrument) -> None:
    members = {
        "20131007_es_minute_openinterest_201312.csv": "0,5\n",
        "20131007_es_minute_trade_201312.csv": "0,1313,1313,1313,1313,7\n",
        "20131007_es_minute_trade_201403.csv": "",
    }
    market = read_market(_lean(tmp_path, "day.zip", members), es)
    assert market.tape.bars.volume.tolist() == [7]


def test_a_lean_minute_that_closes_crossed_is_turned_against_the_trader(
    tmp_path: Path, es: Instrument
) -> None:
    rows = "0,1668,1668.25,1668,1668.25,3,1668,1668.25,1667.75,1668,9\n"
    members = {"20131007_es_minute_quote_201312.csv": rows}
    path = _lean(tmp_path, "20131007_quote.zip", members)
    bars = read_market(path, es).tape.bars
    assert [bars.bid_close[0] / 4, bars.ask_close[0] / 4] == [1668, 1668.25]
    assert (bars.bid_size[0], bars.ask_size[0]) == (9, 3)
    assert [bars.bid_low[0] / 4, bars.ask_low[0] / 4] == [1667.75, 1668]
    kept = read_market(path, es, clean="keep-crossed").tape.bars
    assert kept.bid_close[0] > kept.ask_close[0]
