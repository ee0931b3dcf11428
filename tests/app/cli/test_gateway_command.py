"""`dryfill gateway`: what it refuses before it serves, and a first trade by docs/gateway.md."""

import asyncio
import json
import os
import re
import signal
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

Call = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--host", "0.0.0.0"], 2, "add --any-address"),
        (["--host", "example.org"], 2, "add --any-address"),
        (["--host", "0.0.0.0", "--any-address"], 2, "set DRYFILL_GATEWAY_KEY"),
        (["--speed", "fast"], 2, "write 1x, 10x"),
        (["--speed", "max"], 2, "add --no-restamp"),
        (["--port", "65536"], 2, "65535"),
        (["--control-port", "-1"], 2, "or equal to 0"),
        (["--profile", "2020"], 2, "current, 2025-07"),
        (["--envelope", "paper"], 2, "wrapped, flat, mixed"),
        (["--instrument", "NONE"], 2, "no instrument known"),
        (["--accounts", "nowhere.toml"], 2, "nowhere.toml"),
        (["--faults", "plan.txt"], 2, "a plan ends in .toml or .json"),
        (["--market", "a.csv"], 2, "--market MNQZ6=a.csv"),
        (["--start", "2024-01-01"], 2, "for recorded data"),
    ],
)
def test_what_is_refused(
    dryfill: Call, monkeypatch: pytest.MonkeyPatch, options: list[str], code: int, said: str
) -> None:
    monkeypatch.delenv("DRYFILL_GATEWAY_KEY", raising=False)
    got, _, err = dryfill("gateway", "--port", "0", *options)
    assert got == code
    assert said in err


def test_a_file_of_accounts_never_has_its_keys_repeated(dryfill: Call, tmp_path: Path) -> None:
    path = tmp_path / "accounts.toml"
    base = ["gateway", "--port", "0", "--accounts", path]
    for users, said in (
        ('[[users]]\nname = "ada"\nkey = "canary-1"\nmore = 1\n', "users.0.more is not a key"),
        ('[[users]]\nname = ""\nkey = "canary-1"\n', "users.0.name"),
        ('[[users]]\nname = "ada"\nkey = ["canary-1"]\n', "users.0.key"),
        ('[[users]]\nname = "ada"\nkey = "canary-1"\n' * 2, "the user ada is there twice"),
    ):
        path.write_text(users + '[[accounts]]\nname = "A"\nuser = "ada"\n')
        code, out, err = dryfill(*base)
        assert code == 3
        assert said in err
        assert "canary" not in out + err


@pytest.mark.parametrize(
    ("kind", "code", "said"),
    [("crash", 2, "none of the twin's"), ("crush", 3, "plan.toml:2: fault 1 (crush): kind")],
)
def test_a_plan_that_cannot_be_is_refused_before_the_market_is_made(
    dryfill: Call, tmp_path: Path, kind: str, code: int, said: str
) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(f'[[fault]]\nkind = "{kind}"\ncall = "place"\n')
    got, _, err = dryfill("gateway", "--faults", path, "--instrument", "NONE")
    assert got == code
    assert said in err


@pytest.mark.parametrize("option", ["--port", "--control-port"])
def test_a_port_that_is_taken_is_named_with_the_option_that_gives_another(
    dryfill: Call, option: str
) -> None:
    """Before the market is made, which takes seconds; one that cannot be made is not spoken of."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        given = {"--port": 0, option: port}
        options = [str(each) for pair in given.items() for each in pair]
        code, _, err = dryfill("gateway", "--instrument", "NONE", *options)
    assert code == 2
    assert f"127.0.0.1:{port} cannot be served" in err
    assert err.endswith(f"give another {option}\n")


@pytest.mark.skipif(os.name != "posix", reason="ends the server with a signal")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_how_to_log_in_trades_and_ends_clean(number: int, tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text('[[fault]]\nkind = "rate-limited"\ncall = "positions"\nnth = 2\n')

    async def scene() -> None:
        environment = {
            **os.environ, "DRYFILL_GATEWAY_KEY": "canary-key-77", "DRYFILL_GATEWAY_CONTROL": "",
        }  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-W", "error", "-m", "dryfill.app.cli.main", "gateway", "--port", "0",
            "--keep", str(tmp_path / "twin.db"), "--control-port", "0", "--faults", str(plan),
            env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        said = []
        while not said or "Ctrl-C" not in said[-1]:
            said.append((await process.stdout.readline()).decode())
        found = re.search(r"http://127\.0\.0\.1:\d+", said[0])
        assert found is not None
        door = re.search(r"control +(http://\S+), token (\S+)", "".join(said))
        assert door is not None  # a variable that is empty gives no token
        state = await asyncio.to_thread(_post, f"{door[1]}/state", {}, door[2])
        assert state["speed"] == 1
        position = await asyncio.to_thread(_first_trade, found[0])
        assert position["size"] == 1
        with pytest.raises(urllib.error.HTTPError) as refused:
            await asyncio.to_thread(_first_trade, found[0])
        assert refused.value.code == 429
        refused.value.close()
        process.send_signal(number)
        out, err = await process.communicate()
        assert (process.returncode, err.decode()) == (0, "")
        assert out.decode() == "the gateway has ended\n"
        assert "canary-key-77" not in "".join(said)

    async def bounded() -> None:
        async with asyncio.timeout(100):
            await scene()

    asyncio.run(bounded())


def _first_trade(url: str) -> dict:
    login = {"userName": "demo", "apiKey": "canary-key-77"}
    token = _post(f"{url}/api/Auth/loginKey", login, "")["token"]
    [contract] = _post(f"{url}/api/Contract/available", {"live": False}, token)["contracts"]
    order = {"accountId": 1001, "contractId": contract["id"], "type": 2, "side": 0, "size": 1}
    placed = _post(f"{url}/api/Order/place", order, token)
    assert placed["success"], placed
    [position] = _post(f"{url}/api/Position/searchOpen", {"accountId": 1001}, token)["positions"]
    return dict(position)


def _post(url: str, body: dict[str, object], token: str) -> dict:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return dict(json.loads(answer.read()))
