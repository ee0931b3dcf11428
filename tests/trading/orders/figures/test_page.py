"""docs/watching-orders.md is printed from the code and names everything that can be seen."""

from pathlib import Path

from dryfill.trading.orders.events import OrderEvent
from dryfill.trading.orders.figures.health import Health
from dryfill.trading.orders.figures.page import page
from dryfill.trading.orders.figures.statistics import Statistics

PAGE = Path(__file__).resolve().parents[4] / "docs" / "watching-orders.md"


def test_the_page_is_what_the_code_says():
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "print it anew: python -m dryfill.trading.orders.figures.page > docs/watching-orders.md"
    )


def test_every_field_and_event_has_its_row():
    text = page()
    for name in (*Statistics.__struct_fields__, *Health.__struct_fields__):
        assert f"\n| `{name}` | " in text, name
    for event in OrderEvent.__args__:
        assert f"\n| `{event.__name__}` | " in text
