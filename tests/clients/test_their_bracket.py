"""The same bracket, with the same thing going wrong, by project-x-py as it is published and by our
order manager; docs/exploring.md shows the table. Every row is a run, judged by the twin's books."""

import re
import sys
from pathlib import Path

import pytest
from client_environments import how_to_make, python_of
from their_bracket import bracket_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "exploring.md"
OLDER, THEIRS, OURS = "project-x-py-3.5.9", "project-x-py-4.4.1", "dryfill"
BARE_S = 8.0  # a bare span of theirs longer than that is named
OURS_S = 2.0  # fault-model, T_prot

WRONG = {
    "nothing": [],
    "every event comes twice": [{"kind": "duplicate", "event": "order", "times": "all"}],
    "the fill's events come 5 s late": [
        {"kind": "late", "event": "fill", "delay": "5s", "times": "all"}
    ],
    "the fill's event never comes (RS-02)": [{"kind": "drop", "event": "fill"}],
    "the fill's event cannot be read (RS-42)": [
        {"kind": "garbled", "event": "fill", "form": "truncated"}
    ],
    "the hub is down for 5 s at the fill (RS-36)": [
        {"kind": "stream-down", "event": "fill", "duration": "5s"}
    ],
    "the answer to the entry is lost (RS-04)": [
        {"kind": "ack-lost", "call": "place", "nth": "entry", "form": "reset"}
    ],
    "the answer to the stop is lost (RS-08)": [
        {"kind": "ack-lost", "call": "place", "nth": "stop", "form": "reset"}
    ],
    "the stop is refused once": [{"kind": "refused", "call": "place", "nth": "stop", "text": "no"}],
    "429 at the stop (RS-49)": [{"kind": "rate-limited", "call": "place", "nth": "stop"}],
    "the token ends at the fill": [{"kind": "token-ended", "event": "fill", "form": "silent"}],
}
SAYS = {
    "failed to fill": "failed to fill after recheck",
    "did not fill": "did not fill within timeout",
    "success": "success=True",
    "unprotected": "CRITICAL: Bracket order failed with unprotected position",
    "in doubt": "Reconcile before retrying",
    "protected": "protected",
}
FOUND = {  # what each says, and what is held, what stops work for, how many orders work, bare long
    THEIRS: {
        "nothing": ("success", 2, 2, 2, False),
        "every event comes twice": ("success", 2, 2, 2, False),
        "the fill's events come 5 s late": ("success", 2, 2, 2, False),
        "the fill's event never comes (RS-02)": ("did not fill", 2, 0, 0, True),
        "the fill's event cannot be read (RS-42)": ("success", 2, 2, 2, True),
        "the hub is down for 5 s at the fill (RS-36)": ("success", 2, 2, 2, True),
        "the answer to the entry is lost (RS-04)": ("in doubt", 2, 0, 0, False),
        "the answer to the stop is lost (RS-08)": ("unprotected", 0, 2, 1, False),
        "the stop is refused once": ("unprotected", 0, 0, 0, False),
        "429 at the stop (RS-49)": ("unprotected", 0, 0, 0, False),
        "the token ends at the fill": ("unprotected", 2, 0, 0, False),
    },
    OLDER: {"nothing": ("failed to fill", 2, 0, 0, False)},  # the event came; it asks open orders
    OURS: dict.fromkeys(WRONG, ("protected", 2, 2, 2, False)),
}


def plan_of(who, wrong):
    """Theirs tries the gateway's own bracket first, which is refused for its sign."""
    entry = 2 if who == THEIRS else 1
    places = {"entry": entry, "stop": entry + 1}
    return [
        {**fault, **({"nth": places[fault["nth"]]} if "nth" in fault else {})}
        for fault in WRONG[wrong]
    ]


def played(who, wrong):
    python = sys.executable if who == OURS else python_of(who)
    if python is None:
        pytest.skip(how_to_make(who))
    script = "bracket_with_dryfill.py" if who == OURS else "bracket_with_project_x_py.py"
    told = bracket_of(python, script, plan_of(who, wrong))
    says = next((word for word, text in SAYS.items() if text in told.said), told.said)
    long = told.bare_s > (OURS_S if who == OURS else BARE_S)
    return says, told.held, told.stops, told.working, long


@pytest.mark.nightly
@pytest.mark.timeout(150)
@pytest.mark.parametrize(("who", "wrong"), [(who, each) for who in FOUND for each in FOUND[who]])
def test_what_is_left_of_a_bracket(who, wrong):
    assert played(who, wrong) == FOUND[who][wrong]


def test_the_page_shows_this_table():
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", PAGE.read_text("utf-8"), re.M)
    shown = {row[0]: row[1:] for row in rows if row[0] in WRONG}
    assert shown == {wrong: line_of(wrong) for wrong in WRONG}


def line_of(wrong):
    says, held, stops, working, bare = FOUND[THEIRS][wrong]
    left = f"{held} held, stops for {stops}, {working} at work"
    if bare:
        left += f"; bare for more than {BARE_S:g} s"
    ours, *_ = FOUND[OURS][wrong]
    return f"*{says}*", left, ours


if __name__ == "__main__":
    for each in WRONG:
        print("|", each, "|", " | ".join(line_of(each)), "|")
