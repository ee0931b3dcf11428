"""The sockets that the twin serves on."""

import socket

from dryfill.sim.gateway import serve


def test_a_connection_says_that_it_is_tcp_so_that_small_answers_are_not_held_back():
    listening = serve._listening("127.0.0.1", 0)
    with listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            # asyncio sets TCP_NODELAY where it is said (`_set_nodelay`), and nowhere else
            assert accepted.proto == socket.IPPROTO_TCP
