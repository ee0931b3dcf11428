"""docs/live.md and docs/gateway.md, typed in by a stranger: every command that they show is run, in
their order, at the gateway that the pages begin with; no firm is needed."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from running_program import Program

ROOT = Path(__file__).resolve().parents[2]
FENCED = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
BESIDE = re.compile(r"^\| `(dryfill [^`]+)` \|", re.MULTILINE)
DRYFILL = [sys.executable, "-m", "dryfill.app.cli.main"]
OWN = "my-own-key"  # the pages' word for a key
TERMS = "Trade on these terms? [y/N] "
RECORDED_S = 8.0  # of a market in which a trade comes every second or so
TRADING = "trading; Ctrl-C stops the strategy"
pytestmark = pytest.mark.skipif(os.name != "posix", reason="ends programs with signals")


def page(name):
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def commands(text):
    """The commands of its blocks, and those at the head of a table's row, as they stand."""
    lines = [line.strip() for block in FENCED.findall(text) for line in block.splitlines()]
    shown = [line for line in lines if re.match(r"([A-Z_]+=\S+ )*dryfill ", line)]
    return [line for line in shown if not re.match(r"dryfill gateway at ", line)] + [
        line for line in BESIDE.findall(text) if " --" in line
    ]


@contextmanager
def started(words, **variables):
    program = subprocess.Popen(
        [*DRYFILL, *words],
        env={**os.environ, **variables},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield program
    finally:
        program.kill()
        program.communicate()


@contextmanager
def gateway(line):
    """What a page's line starts, on a free port: its address and what it said."""
    words = shlex.split(line)
    at = words.index("dryfill")
    variables = dict(word.split("=", 1) for word in words[:at])
    with started([*words[at + 1 :], "--port", "0"], **variables) as program:
        said = Program(program)
        said.until("Ctrl-C ends it")
        yield re.search(r"at (http://\S+?),", said.said)[1], said


class Reader:
    """Who types a page's commands in, at a gateway that lists MNQ, in a folder of one's own."""

    def __init__(self, url, folder):
        self.said = {}
        self.variables = {
            "XDG_STATE_HOME": str(folder / "state"),
            "DRYFILL_LIVE_REST": url,
            "DRYFILL_LIVE_USER_NAME": "demo",
            "DRYFILL_LIVE_API_KEY": OWN,
        }

    def types(self, line, until=None):
        """Type it; where it goes on by itself, wait for some words and interrupt. What it said."""
        words = shlex.split(line.replace("ES", "MNQ").replace(" A", " PRACTICE-1001"))[1:]
        with started(words, **self.variables) as program:
            if words[0] == "live":
                program.stdin.write("y\n")
            program.stdin.close()
            program.stdin = None
            running = Program(program)
            if until is not None:
                running.until(until)
                if "--record" in words:
                    time.sleep(RECORDED_S)
                running.interrupt()
            code, out, err = running.ends()
        assert code == 0, (line, out, err)
        return out


@pytest.mark.nightly
def test_the_page_of_live_trading_leads_from_nothing_to_live(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "examples" / "breakout.py", tmp_path)
    first, *rest = commands(page("live.md"))
    assert first == f"DRYFILL_GATEWAY_KEY={OWN} dryfill gateway"
    assert f"DRYFILL_LIVE_USER_NAME=demo DRYFILL_LIVE_API_KEY={OWN}" in page("live.md")
    run = []
    with gateway(first) as (url, _):
        reader = Reader(url, tmp_path)
        for line in rest:
            words = shlex.split(line)
            out = reader.types(line, TRADING if words[1] in ("live", "paper") else None)
            run.append(words[1])
            if words[1] == "live":
                assert TERMS in out
        assert reader.types("dryfill status --account A").endswith("holds nothing\n")
    assert sorted(set(run)) == [
        *("backtest", "cancel", "doctor", "flatten", "live", "paper", "status"),
    ]


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_the_page_of_the_gateway_leads_to_a_first_trade_by_curl(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = page("gateway.md")
    (typed,) = [block for block in FENCED.findall(text) if block.startswith("URL=")]
    with gateway("dryfill gateway") as (url, said):
        key = re.search(r"apiKey (\S+)", said.said)[1]
        script = typed.replace("http://127.0.0.1:8787", url).replace("PASTE IT", key)
        ended = subprocess.run(
            ["sh", "-eu", "-c", script], capture_output=True, text=True, timeout=60
        )
    assert ended.returncode == 0, ended.stderr
    placed, held = ended.stdout.replace("}{", "}\n{").splitlines()
    assert '"success":true' in placed
    assert '"type":1,"size":1,"averagePrice":' in held


@pytest.mark.nightly
def test_what_the_page_of_the_gateway_keeps_and_embeds_works_as_shown(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = page("gateway.md")
    shown = commands(text)
    assert shown == [
        "dryfill gateway",
        f"DRYFILL_GATEWAY_KEY={OWN} dryfill gateway --keep paper.db",
    ]
    with gateway(shown[1]) as (_, said):
        assert "apiKey as given" in said.said
        said.interrupt()
        assert said.ends()[0] == 0
    (embedded,) = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    imports, _, body = embedded.partition("\nsetup = ")
    body = "\n".join(f"    {line}" for line in f"setup = {body}".splitlines())
    script = f"import asyncio\n{imports}\nasync def main():\n{body}\nasyncio.run(main())\n"
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60
    )
    assert ended.stdout.startswith("http://127.0.0.1:"), ended.stderr
