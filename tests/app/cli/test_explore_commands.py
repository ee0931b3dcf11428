"""`dryfill explore`, `replay` and `shrink`, from the planted race to the smallest plan."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from dryfill.app.cli import explore as explore_command
from dryfill.app.cli.errors import Terminated
from dryfill.app.cli.explored import _search
from dryfill.app.cli.interrupts import Interrupts, interrupts
from dryfill.app.search.explored import Brief
from dryfill.app.search.search import Tally
from dryfill.scenarios.plan_run import WALK, RunHead
from dryfill.scenarios.plan_text import read_plan
from dryfill.scenarios.weather import KINDS

ROOT = Path(__file__).resolve().parents[3]
DIP_BUYER = ROOT / "examples" / "dip_buyer.py"
PLANTED = (DIP_BUYER, "--warmup", "0 s", "--length", "3 min", "--bare", "30 s")

PLAN = """
[run]
what = "{what}"
market = "mixed"
market_seed = 6
length = "3 min"
seed = 6
bare = "30 s"
fails = "BARE"

[[fault]]
kind = "drop"
event = "position"

[[fault]]
kind = "drop"
event = "fill"
"""


@pytest.fixture
def plan_file(tmp_path):
    path = tmp_path / "found.toml"
    path.write_text(PLAN.format(what=DIP_BUYER), encoding="utf-8")
    return path


def test_the_planted_race_is_found_shrunk_and_replayed(dryfill, tmp_path):
    out = tmp_path / "plans"
    found = dryfill("explore", *PLANTED, "--seeds", "8:20", "--jobs", 1, "--out", out)
    assert found.code == 1, found
    plans = sorted(out.glob("dip_buyer-hostile-*.toml"))
    assert f"  shrink with  dryfill shrink {plans[0]}" in found.out.splitlines()
    assert "violation BARE: " in found.out
    replayed = dryfill("replay", plans[0])
    assert replayed.code == 1
    assert "the digest is the plan's" in replayed.out
    small = tmp_path / "small.toml"
    assert dryfill("shrink", plans[0], "-o", small).code == 0
    plan = read_plan(small)
    assert len(plan.faults) <= 3
    assert plan.run.fails == "BARE"
    again = dryfill("replay", small)
    assert again.code == 1
    assert "the digest is the plan's" in again.out


def test_a_calm_manager_is_clean_and_says_so(dryfill, tmp_path):
    ended = dryfill(
        "explore",
        "--manager",
        "--seeds",
        "0:2",
        "--profile",
        "calm",
        "--out",
        tmp_path,
        "--jobs",
        1,
    )
    assert ended.code == 0, ended
    assert "clean     no rule was broken; some seeds again, under another hash seed" in ended.out
    assert not list(tmp_path.iterdir())


def test_a_generated_market_is_as_long_as_the_manager_needs(dryfill, tmp_path):
    words = ("--seeds", "0:2", "--profile", "calm", "--out", tmp_path, "--jobs", 1)
    ended = dryfill("explore", "--manager", "--market", "thin", *words)
    assert ended.code == 0, ended
    assert "clean     no rule was broken" in ended.out


def test_a_replay_tells_the_story_of_what_it_breaks(dryfill, plan_file):
    told = dryfill("replay", plan_file, "--lines", 200)
    assert told.code == 1
    assert "FAULT     drop: fill of" in told.out
    assert "violation BARE: " in told.out
    assert "open-orders" not in told.out
    assert "the plan has none" in told.out


def test_a_plan_whose_faults_do_not_happen_any_more_is_stale(dryfill, plan_file):
    plan_file.write_text(plan_file.read_text() + "nth = 99\n", encoding="utf-8")
    told = dryfill("replay", plan_file)
    assert told.code == 1
    assert "stale: it names moments that did not come in this run" in told.out
    assert "fired 0 of 1" in told.out


def test_a_plan_that_fails_no_more_is_clean(dryfill, plan_file):
    text = plan_file.read_text().replace('bare = "30 s"\n', 'digest = "of another run"\n')
    plan_file.write_text(text, encoding="utf-8")
    told = dryfill("replay", plan_file)
    assert told.code == 0, told
    assert "clean: no invariant was broken, and every fault of the plan happened" in told.out
    assert "the plan's is of another run: something has changed" in told.out
    assert "the plan broke BARE when it was kept" in told.out
    assert dryfill("shrink", plan_file).out.startswith("it does not fail any more")


def test_a_shrink_that_runs_out_says_so_and_keeps_the_smallest(dryfill, plan_file):
    told = dryfill("shrink", plan_file, "--runs", 1)
    assert told.code == 0
    assert "1 runs were made; --runs 2 may find less" in told.out
    assert read_plan(plan_file.with_name("found-shrunk.toml")).run.fails == "BARE"


@pytest.mark.parametrize(
    ("words", "story"),
    [
        (["explore"], "say what is explored: FILE.py[:Class], or --manager"),
        (["explore", DIP_BUYER, "--manager"], "say what is explored"),
        (["explore", "--manager", "--seeds", "9:"], "seeds '9:' are none"),
        (["explore", "--manager", "--profile", "wild"], "no profile of faults is named 'wild'"),
        (["explore", "--manager", "--schedule", "lifo"], "schedule 'lifo' is not known"),
        (["explore", "--manager", "--bare", "5"], "bare is '5': write a number and ns"),
        (["explore", "--manager", "--param", "a=1"], "the manager's workload has none"),
        (["explore", "--manager", "--ends", "well"], "ends is ['well']"),
        (["explore", "--manager", "--work", "hard"], "work is 'hard'"),
        (["explore", DIP_BUYER, "--work", "all"], "a strategy has none"),
        (["explore", "nothing.py"], "nothing.py: there is no such file"),
        (["replay", "nothing.toml"], "nothing.toml cannot be read"),
        (["shrink", "nothing.toml"], "nothing.toml cannot be read"),
    ],
)
def test_what_makes_no_sense_is_refused(words, story, dryfill, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ended = dryfill(*words)
    assert ended.code == 2, ended
    assert story in ended.err


def test_a_plan_without_a_head_cannot_be_replayed(dryfill, tmp_path):
    path = tmp_path / "bare.toml"
    path.write_text('[[fault]]\nkind = "drop"\nevent = "fill"\n', encoding="utf-8")
    ended = dryfill("replay", path)
    assert ended.code == 2
    assert "the plan has no table [run]" in ended.err


def begun(words):
    """A command that runs as a program of its own, in a process group of its own."""
    called = f"from dryfill.app.cli.main import main; main({[str(word) for word in words]!r})"
    return subprocess.Popen(
        [sys.executable, "-c", called],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for(running, there):
    """Something is to be there while the command runs, within half a minute."""
    for _ in range(300):
        if there():
            break
        time.sleep(0.1)
    assert there()
    assert running.poll() is None


@pytest.mark.skipif(sys.platform == "win32", reason="signals to a process group")
def test_an_interrupted_search_stops_says_what_it_found_and_goes_on(tmp_path):
    kept = tmp_path / "search.json"
    words = ["explore", "--manager", "--profile", "calm", "--seeds", "0:100000", "--jobs", "1"]
    running = begun([*words, "--resume", kept, "--out", tmp_path / "plans"])
    wait_for(running, kept.exists)
    os.killpg(running.pid, signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Traceback" not in err
    assert "interrupted after" in out
    assert "the same command goes on" in out
    seeds = int(out.split("interrupted after ")[1].split()[0])
    assert seeds >= 1
    going_on = Tally.resumed(kept, Brief(head=RunHead(), profile="calm"), range(100_000))
    assert len(going_on.waiting) == 100_000 - seeds


@pytest.mark.skipif(sys.platform == "win32", reason="signals to a process group")
@pytest.mark.parametrize("end", [os.kill, os.killpg])
def test_a_search_that_a_job_s_end_ends_has_kept_its_plans_and_says_so(end, tmp_path):
    """Whether the signal goes to the command alone or to its processes, too."""
    out = tmp_path / "plans"
    words = ["explore", *PLANTED, "--seeds", "0:100000", "--all", "--jobs", "1", "--out", out]
    running = begun(words)
    wait_for(running, lambda: list(out.glob("dip_buyer-hostile-*.toml")))
    end(running.pid, signal.SIGTERM)
    told, err = running.communicate(timeout=60)
    assert (running.returncode, err) == (143, "")
    assert "interrupted after" in told
    assert "LOST" not in told
    plans = sorted(out.iterdir())
    assert sorted(Path(line.split()[-1]) for line in told.splitlines() if "replay" in line) == plans
    assert {read_plan(plan).run.fails for plan in plans} == {"BARE"}


@pytest.mark.skipif(sys.platform == "win32", reason="a signal")
def test_a_shrink_that_a_job_s_end_ends_keeps_the_smallest(plan_file):
    more = [
        f'\n[[fault]]\nkind = "late"\nevent = "any"\nnth = {n}\ndelay = "1 s"\n'
        for n in range(4, 12)
    ]
    plan_file.write_text(plan_file.read_text() + "".join(more), encoding="utf-8")
    running = begun(["shrink", plan_file, "--runs", "100000"])
    assert running.stdout.readline().startswith("violation BARE, ")
    assert running.stdout.readline().startswith("  ")  # a smaller one
    running.terminate()
    told, err = running.communicate(timeout=60)
    assert (running.returncode, err) == (143, "")
    assert "runs: interrupted" in told
    assert read_plan(plan_file.with_name("found-shrunk.toml")).run.fails == "BARE"


def test_a_search_into_a_log_says_every_minute_how_far_it_is(monkeypatch, capsys):
    tally = Tally.begin(Brief(head=RunHead(), profile="calm"), range(100))

    class Slow:
        def run(self, tally):
            for n in range(5):
                tally.real_s, tally.seeds = 25.0 * n, 10 * n
                yield None

    monkeypatch.setattr("sys.stderr.isatty", lambda: False, raising=False)
    assert _search(Slow(), tally, None, Interrupts()) == 0
    assert capsys.readouterr().err.splitlines() == [
        "30 of 100 seeds, 0 failed, 0.4 a second, 0 faults, 0 order states"
    ]


def test_a_replay_is_drawn_where_a_page_is_asked_for(dryfill, plan_file, tmp_path):
    plain = dryfill("replay", plan_file)
    page = tmp_path / "run.html"
    drawn = dryfill("replay", plan_file, "--page", page)
    assert drawn.code == plain.code == 1
    assert drawn.out == f"wrote {page}\n{plain.out}"
    text = page.read_text(encoding="utf-8")
    assert ">BARE</button>" in text
    assert "drop: fill of " in text
    assert f"dryfill replay {plan_file}</code>" in text
    nowhere = dryfill("replay", plan_file, "--page", tmp_path / "nowhere" / "run.html")
    assert nowhere.code == 2
    assert "is not there; make it, or name another" in nowhere.err


@pytest.mark.parametrize(
    ("number", "raised"), [(signal.SIGTERM, Terminated), (signal.SIGINT, KeyboardInterrupt)]
)
def test_an_interruption_waits_until_the_work_asks_and_a_second_does_not(number, raised, request):
    # Who runs the tests in a shell's background has Ctrl-C made nothing of.
    as_usual = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
    request.addfinalizer(partial(signal.signal, number, signal.signal(number, as_usual)))
    before = signal.getsignal(number)
    with interrupts() as came, came.held():
        came.check()
        signal.raise_signal(number)
        with pytest.raises(raised):
            came.check()
        with pytest.raises(raised):
            signal.raise_signal(number)
    with interrupts() as came, pytest.raises(raised):
        signal.raise_signal(number)
    assert signal.getsignal(number) is before


def test_a_fault_that_cannot_strike_often_is_wrong_usage(dryfill):
    done = dryfill("explore", "--manager", "--often", "late-fill,lates", "--seeds", "0:1")
    assert done.code == 2
    assert "no fault 'lates' can strike often; known are ack-lost, " in done.err


def test_the_help_names_every_market_that_there_is():
    named = explore_command._KINDS.rstrip(".").replace(" or ", ", ").split(", ")
    assert named == [*KINDS, WALK]
