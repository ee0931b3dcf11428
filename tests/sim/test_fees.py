"""Fee schedules: exact per contract and side, and clear about what they do not know."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dryfill.sim.desk.fees import fee_schedule
from dryfill.trading.errors import UsageError
from dryfill.trading.instruments import find


@pytest.mark.parametrize(
    ("name", "root", "fee"),
    [
        ("topstepx", "ES", "1.40"),
        ("topstepx", "NQ", "1.40"),
        ("topstepx", "MES", "0.37"),
        ("topstepx", "MNQ", "0.37"),
        ("topstepx", "CL", "1.52"),
        ("topstepx", "MCL", "0.52"),
        ("topstepx", "GC", "1.62"),
        ("topstepx", "MGC", "0.62"),
        ("topstepx", "6E", "1.62"),
        ("topstepx", "M6E", "0.26"),
        ("ib", "ES", "2.15"),
        ("ib", "MES", "0.57"),
        ("zero", "ZN", "0"),
        (None, "6J", "0"),
    ],
)
def test_a_named_schedule_charges_what_the_facts_say(name: str | None, root: str, fee: str) -> None:
    assert fee_schedule(name).fee(find(root), 1) == Decimal(fee)


def test_a_fee_is_by_the_contract_and_exact() -> None:
    fees = fee_schedule("topstepx")
    assert fees.fee(find("ESH4"), 3) == Decimal("4.20")
    assert fees.fee(find("MES"), 1_000_003) == Decimal("370001.11")
    assert fees.fee(find("ES"), 0) == 0


@pytest.mark.parametrize("root", ["ZN", "ZB", "6J"])
def test_an_instrument_without_a_fee_is_named_with_the_way_out(root: str) -> None:
    with pytest.raises(UsageError, match=rf"'topstepx' have none for {root} .*fees=.*\"{root}\""):
        fee_schedule("topstepx").fee(find(root), 1)


def test_a_users_mapping_takes_text_decimals_and_whole_numbers() -> None:
    fees = fee_schedule({"ES": "1.40", "NQ": Decimal("1.5"), "CL": 2, "MES": "-0.05"})
    assert [fees.fee(find(root), 2) for root in ("ES", "NQ", "CL", "MES")] == [
        Decimal("2.80"),
        3,
        4,
        Decimal("-0.10"),
    ]


def test_a_contracts_own_fee_goes_before_its_roots_and_a_star_comes_last() -> None:
    fees = fee_schedule({"*": 9, "ES": 2, "ESH4": 1})
    assert [fees.fee(find(name), 1) for name in ("ESH4", "ESM4", "NQ")] == [1, 2, 9]


def test_a_toml_file_gives_a_schedule(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('ES = 1.1\n"6E" = 2\n')
    for spec in (mine, str(mine)):
        assert fee_schedule(spec).fee(find("ES"), 3) == Decimal("3.3")
        assert fee_schedule(spec).name == str(mine)


@pytest.mark.parametrize("fee", [1.4, "abc", "NaN", "Infinity", True, None, {"ES": 1}])
def test_a_fee_that_is_no_exact_number_is_refused(fee: Any) -> None:
    with pytest.raises(UsageError, match=r"for ES in 'given' is not exact; write it as text"):
        fee_schedule({"ES": fee})


def test_an_unknown_schedule_lists_those_that_are_known() -> None:
    with pytest.raises(
        UsageError, match="no fees are named 'etrade'; known are topstepx, ib, zero"
    ):
        fee_schedule("etrade")


def test_a_signed_quantity_is_refused() -> None:
    with pytest.raises(UsageError, match="a fill of -1 contracts"):
        fee_schedule("ib").fee(find("ES"), -1)


def test_a_schedule_is_taken_as_it_is() -> None:
    fees = fee_schedule("ib")
    assert fee_schedule(fees) is fees
