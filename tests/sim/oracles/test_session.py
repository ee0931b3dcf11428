"""F10 and F18: what a session does once its tokens were ended, or its connection was lost."""

from types import SimpleNamespace

import pytest

from dryfill.sim.oracles.liveness import Quiet
from dryfill.sim.oracles.port import Delivered
from dryfill.sim.oracles.session import OneLogin, SubscribedAgain
from dryfill.trading.broker import StreamState
from dryfill.trading.orders.incident import Incident

UP, DOWN = (StreamState(up=up, gap=up) for up in (True, False))


@pytest.fixture
def scene():
    found = []
    violate = lambda name, text: found.append(f"{name}: {text}")  # noqa: E731
    return SimpleNamespace(managers=[], violate=violate, found=found)


@pytest.mark.parametrize(
    ("said", "asked", "premise", "broken"),
    [
        ((UP,), (4,), 0, 0),  # the first of a session
        ((UP, DOWN, UP), (4, 4, 8), 1, 0),
        ((UP, DOWN, UP), (4, 4, 4), 1, 1),
        ((UP, DOWN, DOWN, UP), (4, 4, 8, 8), 1, 0),  # told twice that it is down
        ((UP, UP), (4, 4), 0, 0),  # a message that nobody could read; the connection stands
        ((UP, DOWN, UP, DOWN, UP), (4, 4, 8, 8, 8), 2, 1),
    ],
)
def test_a_stream_that_came_back_was_subscribed_to_again(scene, said, asked, premise, broken):
    seen = SimpleNamespace(subscribed=0)
    oracle = SubscribedAgain(scene, seen)
    for state, seen.subscribed in zip(said, asked, strict=True):
        oracle.on_manager(Delivered(state, 0))
    assert (oracle.premise, len(scene.found)) == (premise, broken)


@pytest.mark.parametrize(
    ("lives", "endings", "logins", "broken"),
    [(1, 0, 1, 0), (1, 1, 2, 0), (1, 1, 5, 1), (2, 1, 4, 0), (1, 3, 3, 0)],
)
def test_one_login_is_enough_for_all_who_find_the_token_gone(scene, lives, endings, logins, broken):
    scene.managers = [None] * lives
    oracle = OneLogin(scene, SimpleNamespace(logins=logins, endings=endings))
    for _ in range(3):  # and is said once
        oracle.on_manager(Delivered(UP, 0))
    assert (oracle.premise, len(scene.found)) == (endings, broken)


@pytest.mark.parametrize(("back", "broken"), [(True, 0), (False, 1)])
def test_a_stream_that_was_back_meanwhile_may_be_down_again_in_the_same_words(scene, back, broken):
    """Whatever a broker calls it (token-ended, wire, swarm 10)."""
    told = []
    scene.manager = SimpleNamespace(view=SimpleNamespace(incidents=told, incident_count=0))
    oracle = Quiet(scene)
    for time_ns in (0, 10**8):
        told.append(Incident(time_ns, "stream_down", "the user hub is down: it was cut"))
        scene.manager.view.incident_count += 1
        oracle.on_step(time_ns)
        if back:
            oracle.on_stream(Delivered(UP, time_ns))
    assert (oracle.premise, len(scene.found)) == (2, broken)
