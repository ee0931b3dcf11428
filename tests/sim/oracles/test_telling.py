"""Who listens to incidents hears each once, however few the manager keeps, and over its lives."""

from collections import deque
from types import SimpleNamespace

from dryfill.sim.oracles.telling import Telling


class Manager:
    """What a listener needs of one that keeps its three newest incidents."""

    def __init__(self):
        self.incident_count, self._kept = 0, deque(maxlen=3)
        self.view = self

    @property
    def incidents(self):
        return list(self._kept)

    def says(self, *told):
        self._kept.extend(told)
        self.incident_count += len(told)


def test_each_is_heard_once_though_the_table_has_long_been_full():
    manager = Manager()
    telling = Telling(SimpleNamespace(manager=manager))
    heard = []
    for number in range(5):
        manager.says(2 * number, 2 * number + 1)
        heard += telling.new()
        heard += telling.new()
    assert heard == list(range(10))


def test_a_new_life_is_heard_from_its_start_and_the_last_one_to_its_end():
    first, second = Manager(), Manager()
    scene = SimpleNamespace(manager=None)
    telling = Telling(scene)
    assert (telling.new(), telling.lives) == ([], 0)
    scene.manager = first
    first.says("a", "b")
    assert (telling.new(), telling.lives) == (["a", "b"], 1)
    first.says("c")
    second.says("d")
    scene.manager = second
    assert (telling.new(), telling.lives) == (["c", "d"], 2)
    second.says("e")
    scene.manager = None
    assert (telling.new(), telling.lives) == (["e"], 2)
