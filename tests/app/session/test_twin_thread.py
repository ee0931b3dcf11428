"""A twin that cannot start says so where it was asked for."""

import socket
import threading

import pytest
from twin_world import setup_of

from dryfill.app.session.twin_thread import twin_in_a_thread
from dryfill.trading.errors import UsageError


def test_a_port_that_is_taken_is_the_callers_error_and_leaves_no_thread():
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(OSError, match="in use"),
        twin_in_a_thread(setup_of(), port=taken.getsockname()[1]),
    ):
        pytest.fail("it started")
    assert "the twin" not in [each.name for each in threading.enumerate()]


def test_a_speed_that_cannot_be_is_refused_in_the_same_words():
    with pytest.raises(UsageError, match="speed is -3"), twin_in_a_thread(setup_of(), speed=-3):
        pytest.fail("it started")
