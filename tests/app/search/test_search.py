"""A search over seeds: processes that die or hang, stopping and going on, what it says."""

import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from broken_worker import DIES, EXITS, HANGS

from dryfill.app.search.explored import Brief
from dryfill.app.search.plans import KEPT_MOST, Plans, plan_text
from dryfill.app.search.report import summary_lines
from dryfill.app.search.search import DIGEST, Search, Tally, seeds_of
from dryfill.app.search.seed_end import SeedEnd
from dryfill.app.search.worker_pool import WorkerPool
from dryfill.scenarios.plan_run import RunHead
from dryfill.sim.explorer.order_cells import POSSIBLE
from dryfill.trading.errors import UsageError

BRIEF = Brief(head=RunHead(), profile="live")


@pytest.fixture(autouse=True)
def house_on_the_path(monkeypatch):
    house = str(Path(__file__).resolve().parents[2] / "house")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([house, os.environ.get("PYTHONPATH", "")]))


def search(jobs=2, **given):
    pool = partial(WorkerPool, program="broken_worker")
    return Search(**{"brief": BRIEF, "jobs": jobs, "pool": pool, "hang_s": 1.0} | given)


class Scripted:
    """A pool that answers from a table, in this process; seed n fails where it says so."""

    def __init__(self, brief, jobs, *, hang_s, hash_seed=1, fails=(), differs=()):
        self.fails, self.differs, self.again = fails, differs, hash_seed != 1

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def play(self, seeds):
        for seed in seeds:
            failed = seed in self.fails
            other = self.again and seed in self.differs
            yield SeedEnd(
                seed,
                "violation" if failed else "clean",
                "INV-02" if failed else "",
                digest=f"{seed} {other}",
                schedule="ties",
                faults={"drop": 2},
                premises={"INV-02": 1, "INV-04": 0, "STATES": 9},
                states={"NEW TRADE -": 1},
                virtual_s=3600.0,
                cpu_s=0.5,
            )


def scripted(seeds, **given):
    pool = partial(Scripted, fails=given.pop("fails", ()), differs=given.pop("differs", ()))
    looking = search(pool=pool, again=pool, **given)
    tally = Tally.begin(BRIEF, seeds)
    for _ in looking.run(tally):
        pass
    return looking, tally


def test_a_process_that_dies_or_hangs_is_said_and_the_others_go_on():
    tally = Tally.begin(BRIEF, range(12))
    for _ in search(all_seeds=True).run(tally):
        pass
    assert tally.seeds == 12
    assert not tally.waiting
    lost = {end.seed: end.text for end in tally.failures}
    assert list(lost) == [DIES, EXITS, HANGS]
    assert lost[DIES] == "its process was killed by signal 9"
    assert lost[EXITS] == "its process ended with code 9; it said: there is no more memory"
    assert lost[HANGS] == "no end after 1 s of real time; its process was ended"
    assert {end.kind for end in tally.failures} == {"lost"}


def test_the_plan_of_a_seed_whose_process_was_lost_is_all_that_was_drawn():
    text = plan_text(BRIEF, SeedEnd(3, "lost", "LOST"))
    assert 'fails = "LOST"' in text
    assert "strict = false" in text
    assert "[[fault]]" in text


def test_each_plan_is_kept_when_its_seed_has_failed_and_not_later(tmp_path):
    plans = Plans(BRIEF, tmp_path)
    looking = search(
        pool=partial(Scripted, fails=(5, 50)), found=plans.keep, all_seeds=True, hang_s=1.0
    )
    ends = looking.run(Tally.begin(BRIEF, range(100)))
    assert next(end for end in ends if end.failed).seed == 5
    assert [path.name for path in tmp_path.iterdir()] == ["manager-live-5.toml"]
    assert next(end for end in ends if end.failed).seed == 50
    ends.close()
    assert plans.paths == {n: tmp_path / f"manager-live-{n}.toml" for n in (5, 50)}


def test_so_many_plans_are_kept_and_none_twice(tmp_path):
    plans = Plans(BRIEF, tmp_path)
    for seed in [*range(KEPT_MOST + 5), 3]:
        plans.keep(SeedEnd(seed, "violation", "INV-02", plan=f"# {seed}"))
    plans.keep(SeedEnd(3, "violation", "INV-02", plan="# another"))
    assert len(list(tmp_path.iterdir())) == KEPT_MOST
    assert (tmp_path / "manager-live-3.toml").read_text() == "# 3"


def test_it_stops_at_the_first_failure_unless_it_is_to_go_on():
    _, tally = scripted(range(100), fails=(5, 50))
    assert [end.seed for end in tally.failures] == [5]
    assert tally.seeds == 6
    _, tally = scripted(range(100), fails=(5, 50), all_seeds=True)
    assert [end.seed for end in tally.failures] == [5, 50]
    assert tally.rules == {"INV-02": 2}


def test_a_search_that_was_ended_goes_on_where_it_was(tmp_path):
    file, seeds = tmp_path / "search.json", range(10, 30)
    tally = Tally.resumed(file, BRIEF, seeds)
    ends = search().run(tally)
    first = [end.seed for _, end in zip(range(4), (end for end in ends if end), strict=False)]
    ends.close()
    tally.write(file)
    again = Tally.resumed(file, BRIEF, seeds)
    assert set(again.waiting) == set(seeds) - set(first)
    rest = [end.seed for end in search().run(again) if end]
    assert sorted(first + rest) == list(seeds)
    assert again.seeds == 20


def test_what_is_no_such_search_is_refused(tmp_path):
    file = tmp_path / "search.json"
    Tally.begin(BRIEF, range(5)).write(file)
    with pytest.raises(UsageError, match="is of another search: seeds 0:5"):
        Tally.resumed(file, BRIEF, range(6))
    with pytest.raises(UsageError, match="is of another search"):
        Tally.resumed(file, Brief(head=RunHead(), profile="calm"), range(5))
    file.write_text("{}")
    with pytest.raises(UsageError, match="is no search that was begun"):
        Tally.resumed(file, BRIEF, range(5))


def test_so_many_minutes_and_no_more():
    looking, tally = scripted(range(100), minutes=0.0)
    assert (tally.seeds, tally.waiting) == (0, list(range(100)))
    assert summary_lines(looking, tally, stopped=False)[0].startswith(
        "manager, live, played 0 of 100 seeds (0:100)"
    )


def test_seeds_are_played_again_under_another_hash_seed():
    looking, tally = scripted(range(500), differs=(50, 100, 101))
    assert list(tally.digests) == list(range(0, 500, 50))
    assert [(end.seed, end.rule) for end in looking.differ(tally)] == [(50, DIGEST), (100, DIGEST)]
    same, tally = scripted(range(30))
    assert same.differ(tally) == []


def test_it_says_what_it_reached():
    looking, tally = scripted(range(100), fails=(5, 50), all_seeds=True)
    told = "\n".join(summary_lines(looking, tally, stopped=True))
    assert "manager, live, interrupted after 100 of 100 seeds (0:100)" in told
    assert "2.0 for each core; virtual time is 7200 times real time, 4.2 days of it" in told
    assert "schedule  ties 100" in told
    assert "faults    drop 200" in told
    assert "judged    INV-02 100\n" in told
    assert "never     INV-04\n" in told
    assert f"reached   1 of the {len(POSSIBLE)} that can be" in told
    assert "failed    INV-02: 2 of 100 seeds" in told


@pytest.mark.parametrize("text", ["", "a", "5:", ":5", "5:5", "6:5", "-1", "1:2:3", "1.5"])
def test_what_is_no_range_of_seeds_is_refused(text):
    with pytest.raises(UsageError, match="seeds"):
        seeds_of(text)


def test_what_strikes_often_strikes_the_seeds_of_a_brief():
    usual, often = (
        Brief(head=RunHead(), profile="calm", often=kinds).plan(3) for kinds in ((), ("drop",))
    )
    assert {fault.kind for fault in usual.faults} == set()
    assert {fault.kind for fault in often.faults} == {"drop"}


def test_a_brief_goes_to_a_process_and_comes_back():
    head = RunHead(what="a.py", params=("n=1",), market="trend", length="5 min", bare="2 s")
    brief = Brief(head=head, profile="swarm", schedule="pct", crashes=True, often=("drop",))
    assert Brief.from_json(brief.to_json()) == brief


def test_the_cells_that_were_not_reached_are_listed_where_that_is_asked_for():
    looking, tally = scripted(range(3))
    told = "\n".join(summary_lines(replace(looking, cells=True), tally, stopped=False))
    assert "missing\n" in told
    assert "  NEW CANCELED: -, place, modify, cancel" in told
    assert "  NEW TRADE: place, modify, cancel" in told
    assert "missing" not in "\n".join(summary_lines(looking, tally, stopped=False))


def test_a_cell_that_cannot_be_is_said():
    looking, tally = scripted(range(3))
    tally.states["FILLED CANCELED -"] = 1
    told = "\n".join(summary_lines(looking, tally, stopped=False))
    assert "strange   FILLED CANCELED -: this cannot be; please report it" in told
