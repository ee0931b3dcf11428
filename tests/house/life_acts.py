"""What a script does with the manager's process: see `tests/trading/orders/conftest.py`."""

from dryfill.trading.orders.journal.memory import MemoryJournal

LIVES = ("recover", "die", "live", "disk", "blank")


def act_on_life(stage, what, words):
    """The process ends or begins; its journal is there, full or lost."""
    if what == "die":
        stage.manager._outbox.close()  # nothing more comes of it, and nobody is told
        for each in (stage.broker.in_flight, stage.broker.on_its_way, stage.broker.sent):
            each.clear()
    elif what == "disk":  # of a journal that can be full
        stage.journal.full = words[0] == "full"
    elif what == "blank":  # the journal is lost
        stage.journal = MemoryJournal()
    else:
        if what == "live":
            stage.manager = stage.begin()
        stage.run("recover", stage.manager.recover())
