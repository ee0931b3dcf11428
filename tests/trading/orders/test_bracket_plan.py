"""What a bracket may ask for: how targets share an entry, and what is refused before it is sent."""

from decimal import Decimal

import pytest

from dryfill.trading import instruments
from dryfill.trading.errors import UsageError
from dryfill.trading.orders.brackets.plan import Plan, Rules, check_levels, roles, share_out
from dryfill.trading.price import Ticks
from dryfill.trading.words import Side

MNQ = instruments.find("MNQ")
NEAR, FAR = Ticks(8), Ticks(16)


@pytest.mark.parametrize(
    ("target", "qty", "shares", "names"),
    [
        (None, 3, [], []),
        (NEAR, 3, [3], ["target"]),
        ("20010", 3, [3], ["target"]),
        ([NEAR], 3, [3], ["target"]),
        ([NEAR, FAR], 2, [1, 1], ["target1", "target2"]),
        ([NEAR, FAR], 3, [2, 1], ["target1", "target2"]),
        ((NEAR, "20010", Ticks(80)), 8, [3, 3, 2], ["target1", "target2", "target3"]),
        ([(1, NEAR), (4, FAR)], 5, [1, 4], ["target1", "target2"]),
    ],
)
def test_targets_share_an_entry(target, qty, shares, names):
    targets = share_out(target, qty)
    assert [each.qty for each in targets] == shares
    assert roles(Plan(MNQ, Side.BUY, qty, Ticks(40), targets)) == names


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ([], "target is an empty list; give levels, or None"),
        ([NEAR, FAR, Ticks(24), Ticks(32)], "4 targets share 3 contracts; give each at least one"),
        ([(1, NEAR), (1, FAR)], r"targets are for 1 \+ 1 = 2 contracts, the entry for 3"),
        ([(2, NEAR), (2, FAR)], r"targets are for 2 \+ 2 = 4 contracts, the entry for 3"),
        ([(3, NEAR), (0, FAR)], "is for 0 contracts; give 1 or more"),
        ([(4, NEAR), (-1, FAR)], "is for -1 contracts; give 1 or more"),
        ([(1.5, NEAR), (1.5, FAR)], "is for 1.5 contracts; give 1 or more"),
        ([(True, NEAR), (2, FAR)], "is for True contracts; give 1 or more"),
        ([(1, NEAR, 2), (2, FAR)], r"is no \(contracts, level\)"),
        ([NEAR, (2, FAR)], "target mixes"),
    ],
)
def test_targets_that_cannot_share_an_entry_are_refused(target, message):
    with pytest.raises(UsageError, match=message):
        share_out(target, 3)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"break_even": Ticks(0)}, "break_even is 0 ticks; give at least"),
        ({"trail": Ticks(-1)}, "trail is -1 ticks; give at least"),
        ({"break_even_plus": Ticks(1)}, r"break_even_plus is 1 ticks; .* \(none was given\)"),
        ({"break_even": NEAR, "break_even_plus": NEAR}, r"is 8 ticks; .* \(it is 8 ticks\)"),
        ({"break_even": NEAR, "break_even_plus": FAR}, r"is 16 ticks; .* \(it is 8 ticks\)"),
        ({"break_even": NEAR, "break_even_plus": Ticks(-1)}, "break_even_plus is -1 ticks"),
        ({"entry_timeout": 0}, "entry_timeout is 0; give seconds above zero"),
        ({"entry_timeout": float("inf")}, "entry_timeout is inf"),
        ({"entry_timeout": float("nan")}, "entry_timeout is nan"),
    ],
)
def test_rules_that_cannot_be_are_refused(rules, message):
    with pytest.raises(UsageError, match=message):
        Rules(**rules)


def test_rules_at_their_limits_are_taken():
    rules = Rules(break_even=NEAR, break_even_plus=Ticks(7), trail=Ticks(1), entry_timeout=0.001)
    assert rules.follows
    assert not Rules(entry_timeout=5).follows


@pytest.mark.parametrize(
    ("side", "stop", "target", "entries", "message"),
    [
        (Side.BUY, NEAR, [FAR, NEAR], ["20000"], "target1 20004, target2 20002; it must be stop <"),
        (Side.BUY, NEAR, [NEAR, NEAR], ["20000"], "stop < entry < target1 < target2, each at"),
        (Side.SELL, NEAR, [FAR, NEAR], ["20000"], "must be target2 < target1 < entry < stop"),
        (Side.BUY, NEAR, [NEAR, "20002"], ["20000"], "target1 20002, target2 20002"),
        (Side.BUY, NEAR, [FAR, NEAR], [], r"targets are \[16, 8\] ticks away; the nearest comes"),
        (Side.BUY, NEAR, [NEAR, NEAR], [], r"targets are \[8, 8\] ticks away"),
        (
            Side.BUY,
            NEAR,
            ["20010", "20005"],
            [],
            "stop by distance, entry at market, target1 20010",
        ),
        (Side.BUY, "20006", ["20005", "20010"], [], "stop 20006, entry at market, target1 20005"),
        (Side.BUY, NEAR, [NEAR, Ticks(0)], [], "target2 is 0 ticks away"),
    ],
)
def test_targets_out_of_order_are_refused(side, stop, target, entries, message):
    plan = Plan(MNQ, side, 2, stop, share_out(target, 2))
    with pytest.raises(UsageError, match=message):
        check_levels(plan, [Decimal(px) for px in entries])


@pytest.mark.parametrize("entries", [[], [Decimal(20_000)]])
def test_targets_one_tick_apart_are_taken(entries):
    targets = share_out([Ticks(1), Ticks(2), "20000.75"], 3)
    check_levels(Plan(MNQ, Side.BUY, 3, Ticks(1), targets), entries)
