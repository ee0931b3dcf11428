"""The timeline as a browser draws it: what is there, what keys do, what hovering shows."""

from pathlib import Path
from typing import Any

import pytest
from browser import Tab
from msgspec import structs

from dryfill.app.timeline.page import timeline_page, write_timeline
from dryfill.sim.tracing.rows import Kind


def clock(tab: Tab) -> str:
    return str(tab.ask("document.getElementById('clock').textContent"))


def record(tab: Tab) -> str:
    return str(tab.ask("document.getElementById('record').textContent"))


def moment(tab: Tab) -> str:
    return str(tab.ask("document.getElementById('moment').textContent"))


def count(tab: Tab, selector: str) -> int:
    return int(tab.ask(f"document.querySelectorAll({selector!r}).length"))


def test_it_is_drawn_without_an_error_and_without_a_network(shown: Tab) -> None:
    assert shown.errors == []
    assert [url for url in shown.asked if not url.startswith("file:")] == []
    assert int(shown.ask("document.body.dataset.drawn")) > 40


def test_all_lanes_and_all_orders_are_there(shown: Tab, told: Any) -> None:
    names = shown.ask("[...document.querySelectorAll('svg .name')].map(each => each.textContent)")
    assert names == [
        "strategy",
        "manager",
        "wire up",
        "wire down",
        "exchange",
        "market",
        "position",
        "orders",
    ]
    tags = {row.tag for row in told.trace.rows if row.kind is Kind.REPORT}
    drawn = shown.ask(
        "[...document.querySelectorAll('[data-order]')].map(each => each.dataset.order)"
    )
    assert set(drawn) == tags


def test_the_red_stands_exactly_where_the_meter_says(shown: Tab, told: Any) -> None:
    spans = [
        [s.from_ns - told.trace.start_ns, s.to_ns - told.trace.start_ns] for s in told.trace.bare
    ]
    drawn = shown.ask(
        "[...document.querySelectorAll('rect.bare')].map(each => "
        "[Number(each.dataset.from), Number(each.dataset.to)])"
    )
    assert drawn == spans
    # In pixels: it begins under the fill that began it, and ends where the next fill ended it.
    for n, ends in ((0, "1.stop#1"), (1, "1.exit#1")):
        row = next(
            i
            for i, row in enumerate(told.trace.rows)
            if row.kind is Kind.REPORT and row.tag == ends and row.at_ns == told.trace.bare[n].to_ns
        )
        box = f"document.querySelectorAll('rect.bare')[{n}].getBoundingClientRect()"
        mark = f"document.querySelector('[data-row=\"{row}\"] path').getBoundingClientRect()"
        assert abs(shown.ask(f"{box}.right - ({mark}.left + {mark}.width / 2)")) < 1


def test_it_begins_at_what_was_broken(shown: Tab, told: Any) -> None:
    rules = shown.ask("[...document.querySelectorAll('rect.flag')].map(e => e.dataset.rule)")
    assert rules
    assert set(rules) <= {each.rule for each in told.complaints}
    first = (told.complaints[0].at_ns - told.trace.start_ns) / 1e9
    assert clock(shown) in (f"{first:.6f} s", f"{first * 1000:.3f} ms")


def test_keys_and_the_slider_step_from_row_to_row(shown: Tab, told: Any) -> None:
    rows = told.trace.rows
    shown.press("Home")
    assert rows[0].text in record(shown)
    for row in rows[1:6]:
        shown.press("ArrowRight")
        assert row.text in record(shown)
    assert f"row{rows[5].n}" in record(shown)
    shown.press("ArrowLeft")
    assert f"row{rows[4].n}" in record(shown)
    shown.press("End")
    assert rows[-1].text in record(shown)
    at = next(i for i, row in enumerate(rows) if row.kind is Kind.INCIDENT)
    shown.ask(
        f"slider = document.getElementById('slider'), slider.value = {at}, "
        "slider.dispatchEvent(new Event('input'))"
    )
    assert rows[at].detail["says"] in record(shown)


def test_shift_goes_to_what_went_wrong(shown: Tab, told: Any) -> None:
    shown.press("Home")
    seen = []
    for _ in range(30):
        shown.press("ArrowRight", shift=True)
        seen.append(record(shown))
    assert any("ack-lost: place of 1.stop#1" in each for each in seen)
    assert any("stop rejected" in each for each in seen)


def test_brackets_stay_with_one_order(shown: Tab, told: Any) -> None:
    mine = [row for row in told.trace.rows if row.tag == "1.exit#1"]
    shown.ask("document.querySelector('[data-order=\"1.exit#1\"]') !== null")
    at = told.trace.rows.index(mine[0])
    shown.ask(
        f"slider = document.getElementById('slider'), slider.value = {at}, "
        "slider.dispatchEvent(new Event('input'))"
    )
    for row in mine[1:4]:
        shown.press("]")
        assert f"row{row.n}" in record(shown)


def test_hovering_shows_the_record(shown: Tab, told: Any) -> None:
    at, row = next((i, row) for i, row in enumerate(told.trace.rows) if row.kind is Kind.INCIDENT)
    shown.point(f'[data-row="{at}"] path')
    tip = str(shown.ask("document.getElementById('tip').textContent"))
    assert not shown.ask("document.getElementById('tip').hidden")
    assert row.detail["says"] in tip
    shown.point("rect.bare-mark")
    tip = str(shown.ask("document.getElementById('tip').textContent"))
    assert "2 long without a stop for 61.3 ms" in tip
    shown.point("h1")
    assert shown.ask("document.getElementById('tip').hidden")


def test_the_moment_tells_the_exchanges_truth_from_what_was_told(shown: Tab, told: Any) -> None:
    at = next(
        i
        for i, row in enumerate(told.trace.rows)
        if row.kind is Kind.REPORT and row.text == "canceled 1.stop#1"
    )
    shown.ask(
        f"slider = document.getElementById('slider'), slider.value = {at}, "
        "slider.dispatchEvent(new Event('input'))"
    )
    said = moment(shown)
    assert "position+2 at the exchange" in said
    assert "bare2 for 0 ns so far" in said
    assert "1.stop#1cancelednew" in said  # at the exchange canceled, as told new


def test_zoom_and_short_silence_change_what_is_in_sight(shown: Tab) -> None:
    whole = count(shown, "[data-row]")
    silences = count(shown, "rect.silence")
    assert silences
    shown.press("c")
    assert count(shown, "rect.silence") == 0
    shown.press("c")
    assert count(shown, "rect.silence") == silences
    for _ in range(8):
        shown.press("+")
    assert 0 < count(shown, "[data-row]") < whole
    shown.press("0")
    assert count(shown, "[data-row]") == whole


def test_questions_can_be_left_out(shown: Tab, told: Any) -> None:
    def texts() -> list[str]:
        found = shown.ask(
            "[...document.querySelectorAll('g[data-row] text')].map(e => e.textContent)"
        )
        return list(found)

    assert any("open-orders" in text for text in texts())
    shown.press("q")
    assert not any("open-orders" in text for text in texts())
    assert any("place 1.exit#1" in text for text in texts())
    assert shown.ask("document.getElementById('ask').checked") is False


def test_questions_that_are_most_of_all_are_left_out_until_they_are_asked_for(
    tab: Tab, told: Any, tmp_path: Path
) -> None:
    rows = told.trace.rows
    asked = next(row for row in rows if row.kind is Kind.SENT and row.text == "open-orders")
    spread = [(i + 1) * 10**7 for i in range(3 * len(rows))]
    more = [
        structs.replace(asked, n=10_000 + i, at_ns=asked.at_ns + ns) for i, ns in enumerate(spread)
    ]
    trace = structs.replace(told.trace, rows=tuple(sorted([*rows, *more], key=lambda r: r.at_ns)))
    tab.errors.clear()
    tab.open(write_timeline(tmp_path / "crowd.html", trace, "crowd"))
    assert tab.ask("document.getElementById('ask').checked") is False
    tab.press("Home")
    seen = []
    for _ in range(30):
        tab.press("ArrowRight")
        seen.append(record(tab))
    assert not any("open-orders" in each for each in seen)
    few = count(tab, "[data-row]")
    tab.press("q")
    assert count(tab, "[data-row]") > few
    assert tab.errors == []


def test_one_order_can_be_looked_at_alone(shown: Tab) -> None:
    shown.ask(
        "only = document.getElementById('only'), only.value = '1.target#1', "
        "only.dispatchEvent(new Event('change'))"
    )
    dim = shown.ask("[...document.querySelectorAll('.dim[data-order]')].map(e => e.dataset.order)")
    assert "1.stop#1" in dim
    assert "1.target#1" not in dim


def test_a_page_for_a_narrow_dark_screen_is_drawn_as_well(
    tab: Tab, told: Any, tmp_path: Path
) -> None:
    tab.errors.clear()
    path = write_timeline(tmp_path / "dark.html", told.trace, "dark", told.complaints)
    tab.open(path, wide=700, high=900, dark=True)
    assert tab.errors == []
    assert tab.ask("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 28)"
    assert tab.ask("document.documentElement.scrollWidth") <= 700


def test_a_run_without_rows_is_drawn(tab: Tab, told: Any, tmp_path: Path) -> None:
    tab.errors.clear()
    nothing = structs.replace(told.trace, rows=(), bare=())
    tab.open(write_timeline(tmp_path / "nothing.html", nothing, "nothing"))
    tab.press("ArrowRight")
    tab.press("z")
    assert tab.errors == []


def test_a_length_of_time_is_rounded_before_it_is_taken_apart(
    tab: Tab, told: Any, tmp_path: Path
) -> None:
    start_ns = told.trace.start_ns
    one, two = told.trace.rows[:2]
    later = structs.replace(two, at_ns=start_ns + 299_970_000_000)
    waits = structs.replace(told.trace, rows=(one, later), end_ns=later.at_ns, bare=())
    tab.open(write_timeline(tmp_path / "waits.html", waits, "waits"))
    texts = tab.ask("[...document.querySelectorAll('svg text.halo')].map(e => e.textContent)")
    assert "⋯ 5:00.0 ⋯" in texts
    tab.press("End")
    assert clock(tab) == "4:59.970000"


BREAKS = {
    "an arrow key that does nothing": ("seek(1, e.shiftKey ? wrong : showsNow)", "go(now.row)"),
    "red at the wrong time": ("const x0 = Math.max(xOf(from), LEFT), x1 = Math.min(xOf(to)",
                              "const x0 = Math.max(xOf(from), LEFT), x1 = Math.min(xOf(from + 1)"),
    "a hover that says nothing": ("tip.hidden = false;", ""),
    "a script that stops": ("layAxis();\nshort", "layAxis(;\nshort"),
}  # fmt: skip


@pytest.mark.parametrize("name", BREAKS)
def test_a_page_that_is_broken_is_noticed(name: str, tab: Tab, told: Any, tmp_path: Path) -> None:
    """These tests can fail: each of these breaks the page, and one of the checks above sees it."""
    good, bad = BREAKS[name]
    page = timeline_page(told.trace, "broken", told.complaints)
    assert page.count(good) >= 1
    path = tmp_path / "broken.html"
    path.write_text(page.replace(good, bad), encoding="utf-8")
    tab.errors.clear()
    checks = [
        test_keys_and_the_slider_step_from_row_to_row,
        test_the_red_stands_exactly_where_the_meter_says,
        test_hovering_shows_the_record,
    ]
    failed = []
    try:
        tab.open(path, patience_s=2)
    except AssertionError:
        failed.append("it is not drawn")
    else:
        for check in checks:
            try:
                check(tab, told)
            except AssertionError:
                failed.append(check.__name__)
    assert len(failed) == 1
