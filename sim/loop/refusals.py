"""The doors of an event loop to the real world, all shut: one table of names and ways out."""

import sys
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from ..determinism.callers import caller_line
from .errors import RealWorldError

LoopClass = TypeVar("LoopClass", bound=type)

_NETWORK = "the simulated wire carries bytes here"
_THREADS = "await a task of this loop instead of a thread"
_PROCESSES = "a second program is a Process of this loop"

_WAYS_OUT = {
    **dict.fromkeys(
        (
            *("add_reader", "remove_reader", "add_writer", "remove_writer"),
            *("sock_recv", "sock_recv_into", "sock_recvfrom", "sock_recvfrom_into"),
            *("sock_sendall", "sock_sendto", "sock_connect", "sock_accept", "sock_sendfile"),
            *("create_connection", "create_server", "create_datagram_endpoint"),
            *("create_unix_connection", "create_unix_server", "connect_accepted_socket"),
            *("sendfile", "start_tls", "getaddrinfo", "getnameinfo"),
            *("connect_read_pipe", "connect_write_pipe"),
        ),
        _NETWORK,
    ),
    **dict.fromkeys(("run_in_executor", "set_default_executor"), _THREADS),
    **dict.fromkeys(("subprocess_shell", "subprocess_exec"), _PROCESSES),
    **dict.fromkeys(
        ("add_signal_handler", "remove_signal_handler"),
        "signals come at real times; call what they would call from a timer",
    ),
    "set_task_factory": "this loop numbers its tasks itself, so that runs repeat",
}


def without_the_real_world(loop_class: LoopClass) -> LoopClass:
    """Class decorator: every method of the table raises RealWorldError at the call."""
    for name, way_out in _WAYS_OUT.items():
        setattr(loop_class, name, _refusal(name, way_out))
    return loop_class


def _refusal(name: str, way_out: str) -> Callable[..., NoReturn]:
    def refused(self: Any, *args: Any, **kwargs: Any) -> NoReturn:
        raise RealWorldError(
            f"loop.{name}() at {caller_line(sys._getframe(1))} leaves virtual time; {way_out}"
        )

    refused.__name__ = name
    return refused
