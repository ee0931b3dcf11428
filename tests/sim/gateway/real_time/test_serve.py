"""The sockets that the twin serves on, and what it does where its market fails."""

import asyncio
import socket

import httpx
import pytest
from twin_world import played, setup_of

from dryfill.sim.gateway.real_time import serve
from dryfill.sim.gateway.real_time.serve import running_gateway


def test_a_connection_says_that_it_is_tcp_so_that_small_answers_are_not_held_back():
    listening = serve._listening("127.0.0.1", 0)
    with listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            # asyncio sets TCP_NODELAY where it is said (`_set_nodelay`), and nowhere else
            assert accepted.proto == socket.IPPROTO_TCP


@played
async def test_a_market_that_fails_is_said_at_once_and_raised_at_the_end(caplog):
    stopped = asyncio.Event()

    async def life():
        async with running_gateway(setup_of(), speed=1, stopped=stopped.set) as running:
            running.gateway.venue.advance = lambda to_ns: 1 // 0
            async with asyncio.timeout(5):
                await stopped.wait()

    with pytest.raises(ZeroDivisionError):
        await life()
    assert stopped.is_set()
    assert "the market stands still" in caplog.text
    caplog.clear()  # `conftest` wants no errors that nobody foresaw; this one was


@played
async def test_a_market_that_is_ended_with_its_gateway_has_not_failed(caplog):
    stopped = asyncio.Event()
    async with running_gateway(setup_of(), speed=1, stopped=stopped.set):
        await asyncio.sleep(0.01)
    assert not stopped.is_set()
    assert not caplog.records


@played
async def test_an_answer_that_never_ends_is_cut_when_the_grace_is_over(monkeypatch, caplog):
    monkeypatch.setattr(serve, "_GRACE_S", 0.05)
    ended = asyncio.Event()

    async def hangs(scope, receive, send):
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with serve.serving(hangs, "127.0.0.1", 0) as url, httpx.AsyncClient() as http:
        asking = asyncio.ensure_future(http.get(url))
        await asyncio.sleep(0.05)
    await asyncio.gather(asking, return_exceptions=True)
    assert ended.is_set()
    assert "1 requests did not end in time" in caplog.text
