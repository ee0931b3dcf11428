"""Client tags: what one of ours says, and what is nobody's of ours."""

import pytest

from dryfill.trading.orders.tags import Tag, parse


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("7#1", Tag("7", "", 1)),
        ("7.stop#12", Tag("7", "stop", 12)),
        ("s7-7.exit#1", Tag("s7-7", "exit", 1)),
        ("7", None),
        ("#1", None),
        (".stop#1", None),
        ("7#", None),
        ("7#x", None),
        ("7#-1", None),
        ("7#٣", None),
        ("", None),
    ],
)
def test_a_tag_reads_as_it_was_written(text, tag):
    assert parse(text) == tag
    assert tag is None or str(tag) == text
