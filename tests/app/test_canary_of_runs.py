"""Keys in the environment of runs that need none, and the keys that runs make for themselves,
looked for in all they leave: plans, pages, traces, reports, recordings, the state of the twin."""

import asyncio
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from buys_once import BUYS_ONCE
from leavings import SECRET, secrets_in, texts
from twin_world import MNQ, tape_of

from dryfill import write_market
from dryfill.app.session import paper_run
from dryfill.app.session.twin_thread import twin_in_a_thread

KEYS = {
    "DRYFILL_LIVE_USER_NAME": "ada",
    "DRYFILL_LIVE_API_KEY": "k-0123456789-live",
    "DRYFILL_GATEWAY_KEY": "k-0123456789-gateway",
    "DRYFILL_GATEWAY_CONTROL": "k-0123456789-control",
}
PLAN = """
[run]
what = "{what}"
world = "wire"
market = "mixed"
market_seed = 13
length = "1 min"
seed = 13
bare = "30 s"
fails = "BARE"

[[fault]]
kind = "drop"
event = "fill"

[[fault]]
kind = "token-ended"
call = "place"
form = "logout"
"""
MARKET = "\n".join(
    f"{ms} quote 80000x50 80001x70\n{ms} trade 80000x1 seller" for ms in range(0, 120_000, 500)
)


@pytest.fixture
def once(tmp_path, monkeypatch):
    """A strategy's file, and a folder of one's own with keys in the environment."""
    for name, value in {**KEYS, "XDG_STATE_HOME": str(tmp_path / "state")}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "once.py").write_text(BUYS_ONCE, encoding="utf-8")
    return tmp_path / "once.py"


@pytest.fixture
def market(tmp_path):
    return write_market(tape_of(MARKET), MNQ, tmp_path / "market.parquet")


def test_secrets_are_found_where_they_lie(tmp_path):
    """What looks for them sees them, also over the border of what it reads at a time."""
    for name, text in (("a.log", "x k-0123456789 y"), ("b.html", "eyJhbGciOiJIUzI1NiIsIn.e30.sg")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "c.log").write_bytes(b"." * ((1 << 22) - 3) + b"k-rehearsal")
    (tmp_path / "d.log").write_text("k-012345678, ey", encoding="utf-8")
    found = secrets_in(tmp_path)
    for path in tmp_path.iterdir():
        path.unlink()
    assert found == ["a.log", "b.html", "c.log"]


def test_a_run_in_simulation_leaves_no_key_in_what_it_writes(once, market, dryfill, tmp_path):
    """The adapter of a rehearsal logs in with a key and gets tokens, as a live one does."""
    plan = tmp_path / "found.toml"
    plan.write_text(PLAN.format(what=once), encoding="utf-8")
    contract = ("--instrument", "MNQZ6")
    explored = ("--warmup", "0 s", "--length", "1 min", "--jobs", 1, "--out", "plans")
    for words in (
        ("backtest", once, market, *contract, "--out", "told", "--timeline", "backtest.html"),
        ("explore", once, "--wire", *explored, "--ends", "flat", "--seeds", "0:1", "--all"),
        ("replay", plan, "--page", "replay.html", "--lines", 100),
        ("rehearse", "RS-05", "--wire", "--page", "rehearsed.html"),
    ):
        ended = dryfill(*words)  # which looks through what it says
        assert ended.code in (0, 1), ended
    left = {path.suffix for path in tmp_path.rglob("*") if path.is_file()}
    assert left >= {".toml", ".html", ".parquet"}
    assert len(list(tmp_path.rglob("*.html"))) >= 4
    assert secrets_in(tmp_path) == []


def test_a_session_on_paper_leaves_neither_the_key_that_it_made_nor_a_token(
    once, market, dryfill, tmp_path, monkeypatch
):
    made = []

    def listening(setup, **given):
        made.extend(user.key for user in setup.people.users)
        return twin_in_a_thread(setup, **given)

    monkeypatch.setattr(paper_run, "twin_in_a_thread", listening)
    ended = dryfill(
        *("paper", once, "--instrument", "MNQZ6", "--market", market, "--speed", "20x"),
        *("--record", "kept", "--debug"),
    )
    assert ended.code == 0, ended
    assert (len(made), len(made[0]) > 15) == (1, True)
    found = {path: "".join(texts(path)) for path in (tmp_path / "kept").iterdir()}
    assert len(found) == 2
    said = ended.out + ended.err
    assert [name for name, text in {**found, "said": said}.items() if made[0] in text] == []
    assert secrets_in(tmp_path) == []


@pytest.mark.skipif(os.name != "posix", reason="ends the server with a signal")
def test_a_gateway_leaves_neither_its_keys_nor_a_token_in_what_it_says_and_keeps(
    once, market, dryfill, tmp_path
):
    async def scene():
        words = ("gateway", "--port", "0", "--control-port", "0", "--keep", "twin.db")
        data = ("--market", str(market), "--instrument", "MNQZ6")
        program = await asyncio.create_subprocess_exec(
            *(sys.executable, "-X", "dev", "-m", "dryfill.app.cli.main", *words, *data),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        said = b""
        while b"Ctrl-C" not in said:
            said += await program.stdout.readline()
        url, door = re.search(
            r"at (http://\S+),.*control +(http://\S+)", said.decode(), re.S
        ).groups()
        for address, key in ((f"{door}/state", "wrong"), (f"{url}/api/Account/search", "wrong")):
            await asyncio.to_thread(_refused, address, key)
        await asyncio.to_thread(_refused, f"{url}/hubs/user/negotiate?access_token=eyJ", "")
        await asyncio.to_thread(_logged_in, url)
        program.terminate()
        out, err = await program.communicate()
        return (said + out + err).decode()

    said = asyncio.run(scene())
    assert "the gateway has ended" in said
    assert SECRET.search(said) is None
    assert (tmp_path / "twin.db").exists()
    assert secrets_in(tmp_path) == []


def _refused(address, key):
    request = urllib.request.Request(address, b"{}", {"Authorization": f"Bearer {key}"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    refused.value.close()


def _logged_in(url):
    body = f'{{"userName": "demo", "apiKey": "{KEYS["DRYFILL_GATEWAY_KEY"]}"}}'
    request = urllib.request.Request(
        f"{url}/api/Auth/loginKey", body.encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        assert SECRET.search(answer.read().decode()), "the twin's tokens do not look as we think"
