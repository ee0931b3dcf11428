"""Incidents carried to a function or a program: at once, bounded, at nobody else's cost."""

import asyncio
import json
import re
import sys

import pytest

from dryfill.trading.errors import UsageError
from dryfill.trading.orders.figures.alarm import CLOSING_S, WAITING_MOST, Command
from dryfill.trading.orders.incident import Incident
from dryfill.trading.orders.settings import OrderSettings


def kinds(stage):
    return [incident.kind for incident in stage.manager.view.incidents]


@pytest.mark.parametrize("kind", ["a_test", "rehearsed"])
def test_a_plain_function_is_called_at_once(kind, on_stage):
    async def go(stage):
        heard = []
        stage.manager.figures.alarm(heard.append)
        stage.manager.incident(kind, "a test", "7.stop#1")
        assert [(i.kind, i.intent, i.tag) for i in heard] == [(kind, "7", "7.stop#1")]
        assert stage.manager.figures.statistics().tasks == 0

    on_stage(go)


def broken(incident):
    raise ValueError("no line to the pager")


async def broken_later(incident):
    raise ValueError("no line to the pager")


@pytest.mark.parametrize("hook", [broken, broken_later])
def test_a_hook_that_fails_is_an_incident_that_is_not_carried(hook, on_stage):
    async def go(stage):
        stage.manager.figures.alarm(hook)
        stage.manager.incident("rehearsed", "a test")
        await asyncio.sleep(1)
        assert kinds(stage) == ["rehearsed", "hook_failed"]
        assert f"{hook.__name__} raised ValueError('no line" in stage.manager.view.incidents[1].text

    on_stage(go)


def test_one_at_a_time_in_one_named_task_that_ends_when_all_is_carried(on_stage):
    async def go(stage):
        heard = []

        async def carry(incident):
            assert asyncio.current_task().get_name() == "incidents to a hook"
            await asyncio.sleep(1)
            heard.append(incident.text)

        stage.manager.figures.alarm(carry)
        for n in range(3):
            stage.manager.incident("rehearsed", str(n))
        assert stage.manager.figures.statistics().tasks == 1
        await asyncio.sleep(2.5)
        assert heard == ["0", "1"]
        await asyncio.sleep(1)
        assert heard == ["0", "1", "2"]
        assert stage.manager.figures.statistics().tasks == 0

    on_stage(go)


def test_a_hook_that_takes_too_long_is_given_up_and_the_next_has_its_turn(on_stage):
    async def go(stage):
        begun = []

        async def carry(incident):
            begun.append(incident.text)
            await asyncio.sleep(60)

        stage.manager.figures.alarm(carry, timeout_s=2)
        stage.manager.incident("rehearsed", "0")
        stage.manager.incident("rehearsed", "1")
        await asyncio.sleep(5)
        assert begun == ["0", "1"]
        assert kinds(stage) == ["rehearsed"] * 2 + ["hook_failed"] * 2
        with pytest.raises(UsageError, match="timeout_s is 0; give seconds above zero"):
            stage.manager.figures.alarm(carry, timeout_s=0)

    on_stage(go)


@pytest.mark.parametrize(("took_s", "given_up"), [(9.75, False), (10.25, True)])
def test_where_nobody_says_how_long_a_hook_may_take_it_has_ten_seconds(took_s, given_up, on_stage):
    async def go(stage):
        async def carry(incident):
            await asyncio.sleep(took_s)

        stage.manager.figures.alarm(carry)
        stage.manager.incident("rehearsed", "")
        await asyncio.sleep(11)
        assert ("hook_failed" in kinds(stage)) is given_up

    on_stage(go)


def test_a_flood_is_bounded_and_keeps_the_newest(on_stage):
    async def go(stage):
        heard = []

        async def carry(incident):
            heard.append(int(incident.text))

        stage.manager.figures.alarm(carry)
        for n in range(WAITING_MOST + 5):
            stage.manager.incident("rehearsed", str(n))
        await asyncio.sleep(1)
        assert heard == list(range(5, WAITING_MOST + 5))
        assert stage.manager.figures._alarms[0].dropped == 5

    on_stage(go)


def test_closing_lets_what_is_left_be_carried_but_not_for_long(on_stage):
    async def go(stage):
        heard = []

        async def carry(incident):
            heard.append(incident.kind)
            await asyncio.sleep(60 if incident.kind == "slow" else 0.1)

        stage.manager.figures.alarm(carry, timeout_s=100)
        await stage.play(
            "do bracket buy 1 loss 40t\n> place 1.entry#1 buy 1 market\n"
            "< fill 1.entry#1 1 @ 20000\n> place 1.stop#1 sell 1 stop 19990\n"
            "< ack 1.entry#1"
        )
        stage.manager.close()
        await asyncio.sleep(1)
        assert heard == ["left_undone", "left_bare"]

    on_stage(go)

    async def slow(stage):
        async def carry(incident):
            await asyncio.sleep(60)

        stage.manager.figures.alarm(carry, timeout_s=100)
        stage.manager.incident("rehearsed", "")
        await asyncio.sleep(1)
        stage.manager.close()
        await asyncio.sleep(CLOSING_S + 0.001)
        assert stage.manager.figures.statistics().tasks == 0

    on_stage(slow)


def run_command(program, *, timeout_s=20.0):
    async def main():
        async with asyncio.timeout(timeout_s):
            await Command([sys.executable, "-c", program])(Incident(5, "stuck", "it's", "7", ""))

    asyncio.run(main())


def test_a_program_gets_the_incident_as_json_and_no_shell_reads_its_arguments(tmp_path):
    path = tmp_path / "it; touch other"
    run_command(f"import sys; open({str(path)!r}, 'w').write(sys.stdin.read())")
    assert json.loads(path.read_text()) == {
        "time_ns": 5,
        "kind": "stuck",
        "text": "it's",
        "intent": "7",
        "tag": "",
    }
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_program_that_fails_or_hangs_is_said_and_does_not_stay():
    with pytest.raises(UsageError, match=f"^{re.escape(sys.executable)} ended with 3"):
        run_command("raise SystemExit(3)")
    with pytest.raises(TimeoutError):
        run_command("import time; time.sleep(600)", timeout_s=0.5)


@pytest.mark.parametrize("argv", ["notify-send x", [], ["a", 7]])
def test_a_command_is_a_list_of_words(argv):
    with pytest.raises(UsageError, match="give a list, the program first"):
        Command(argv)


def test_in_a_simulation_there_are_no_programs_and_the_attempt_is_an_incident(on_stage):
    async def go(stage):
        stage.manager.figures.alarm(Command([sys.executable]))
        stage.manager.incident("rehearsed", "a test")
        await asyncio.sleep(1)
        assert kinds(stage) == ["rehearsed", "hook_failed"]

    on_stage(go, OrderSettings())
