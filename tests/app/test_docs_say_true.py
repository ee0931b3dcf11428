"""The commands and settings that the pages show exist: each command, each option, each table."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main

from dryfill.app.cli.errors import EXIT_CODES
from dryfill.app.cli.main import app
from dryfill.live.settings import LiveSettings
from dryfill.trading.orders.settings import OrderSettings

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_FENCED = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(dryfill [^`]+)`")
COMMAND: Any = typer.main.get_command(app)


def shown(page):
    """The commands that a page shows, in blocks and in its text."""
    text = page.read_text(encoding="utf-8")
    lines = [line for block in _FENCED.findall(text) for line in block.splitlines()]
    commands = [line.strip() for line in lines if line.startswith("dryfill ")]
    return commands + _INLINE.findall(_FENCED.sub("", text))


ALL = [(page.name, command) for page in PAGES for command in shown(page)]


@pytest.mark.parametrize(("page", "command"), ALL)
def test_a_command_that_a_page_shows_exists_with_its_options(page, command):
    words = shlex.split(command.split(" | ")[0], comments=True)[1:]
    known: Any = COMMAND
    if words and not words[0].startswith("-") and words[0] != "COMMAND":
        known = known.commands[words[0]]
    options = {name for each in known.params for name in (*each.opts, *each.secondary_opts)}
    options |= {"--help", "-h"}
    assert [word for word in words if word.startswith("--") and word not in options] == []


def test_the_pages_show_every_command():
    names = {command.split()[1] for _, command in ALL if len(command.split()) > 1}
    assert sorted(set(COMMAND.commands) - names) == []


def test_the_settings_that_the_page_of_live_trading_shows_are_taken(tmp_path):
    blocks = re.findall(r"^```toml\n(.*?)^```", (ROOT / "docs/live.md").read_text(), re.M | re.S)
    file = tmp_path / "settings.toml"
    file.write_text(blocks[0], encoding="utf-8")
    assert LiveSettings.load(file).auto_oco is True
    assert OrderSettings.load(file).order_deadline_s == 5.0


def test_the_page_of_the_command_line_has_every_exit_code():
    page = (ROOT / "docs/command-line.md").read_text(encoding="utf-8")
    shown = [int(code) for code in re.findall(r"^\| (\d+) \|", page, re.M)]
    assert shown == [code for code, _ in EXIT_CODES]
