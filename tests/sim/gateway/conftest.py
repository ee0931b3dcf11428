"""What every test of the twin expects: nothing goes wrong unseen."""

import logging

import pytest


@pytest.fixture(autouse=True)
def _nothing_unforeseen(caplog):
    """The twin logs as an error what nobody foresaw."""
    caplog.set_level(logging.WARNING)
    yield
    bad = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert not bad, bad
