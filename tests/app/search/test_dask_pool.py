"""A search on a Dask cluster finds what this machine's processes find; what is wrong is said."""

import sys
from functools import partial

import pytest

from dryfill.app.search.dask_pool import DaskPool
from dryfill.app.search.explored import Brief
from dryfill.app.search.search import Search, Tally
from dryfill.scenarios.plan_run import RunHead
from dryfill.trading.errors import UsageError

BRIEF = Brief(head=RunHead(what="manager", length="20 s"), profile="swarm")


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip(
        "dask.distributed", reason="Dask is not installed; `make dask` installs it"
    )
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        yield cluster


def searched(pool, seeds, **given):
    search = Search(**{"brief": BRIEF, "jobs": 2, "pool": pool, "all_seeds": True} | given)
    tally = Tally.begin(search.brief, seeds)
    ends = [end for end in search.run(tally) if end is not None]
    return search, tally, sorted(ends, key=lambda end: end.seed)


@pytest.mark.filterwarnings("ignore")  # Dask's own, of closing
def test_a_cluster_finds_what_processes_find(cluster, tmp_path, monkeypatch):
    on_dask = partial(DaskPool, address=cluster.scheduler_address)
    search, tally, ends = searched(on_dask, range(20))
    _, _, here = searched(Search.pool, range(20))
    assert [(e.seed, e.kind, e.digest, e.plan) for e in ends] == [
        (e.seed, e.kind, e.digest, e.plan) for e in here
    ]
    assert tally.seeds == 20
    assert tally.digests
    assert search.differ(tally) == []  # played again on this machine


@pytest.mark.filterwarnings("ignore")
def test_a_strategy_is_read_in_the_folder_where_the_search_began(cluster, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "raises.py").write_text(
        "from dryfill import Strategy\n\n\nclass Raises(Strategy):\n"
        "    async def on_start(self):\n        raise ValueError('on purpose')\n"
    )
    head = RunHead(what="raises.py", market="walk", warmup="0 s", length="1 min")
    _, tally, ends = searched(
        partial(DaskPool, address=cluster.scheduler_address),
        range(3),
        brief=Brief(head=head, profile="calm"),
    )
    assert [end.kind for end in ends] == ["raised"] * 3
    assert "on purpose" in tally.failures[0].text


@pytest.mark.filterwarnings("ignore")
def test_no_scheduler_is_said_with_its_address(cluster, monkeypatch):
    monkeypatch.setattr("dryfill.app.search.dask_pool._CONNECT_S", 0.2)
    with pytest.raises(UsageError, match=r"no Dask scheduler answers at 'tcp://127\.0\.0\.1:1'"):
        DaskPool(BRIEF, 1, address="tcp://127.0.0.1:1")


def test_without_dask_the_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'dryfill\[dask\]'"):
        DaskPool(BRIEF, 1, address="tcp://127.0.0.1:1")


def test_processes_of_here_and_a_cluster_are_not_given_both(dryfill):
    done = dryfill("explore", "--manager", "--jobs", "2", "--dask", "tcp://127.0.0.1:1")
    assert done.code == 2
    assert "a Dask cluster has its own: give one of them" in done.err
