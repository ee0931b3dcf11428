"""Faults of our own, put into a manager in the middle of a script."""

from dryfill.sim.loop.run import run_virtual


class Fault(Exception):
    """What no code of ours raises by itself."""


def raises(*args, **kwargs):
    raise Fault("broken")


def broken(stage_kind, monkeypatch, before, spoil, after, **options):
    """Play a script, break what `spoil` names, play on; the stage."""

    async def main():
        stage = stage_kind(**options)
        await stage.play(before)
        for owner, name in spoil:
            monkeypatch.setattr(owner, name, raises)
        await stage.play(after)
        return stage

    return run_virtual(main(), origin_ns=0)


def kinds(stage):
    """The kinds of a manager's incidents, oldest first."""
    return [incident.kind for incident in stage.manager.view.incidents]
