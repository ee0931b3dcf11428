"""A recorder's process is killed at any moment: seconds are lost, and no file."""

import subprocess
import sys
from pathlib import Path

import pytest

from dryfill.scenarios import read_market
from dryfill.trading import instruments

CHILD = Path(__file__).with_name("recording_child.py")
ES = instruments.find("ESZ26")
LAST_ROWS = 400  # as many as the child tells before they are on the disk


@pytest.mark.parametrize("rows", [450, 700])
def test_what_was_on_the_disk_is_read_after_a_kill(tmp_path: Path, rows: int) -> None:
    child = subprocess.Popen(
        [sys.executable, str(CHILD), str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    with child.stdout as lines:
        try:
            for line in lines:
                written, heard = map(int, line.split())
                if written >= rows:
                    break
        finally:
            child.kill()
        for line in lines.read().splitlines():
            if len(line.split()) == 2:
                written, heard = map(int, line.split())
    child.wait()
    market = read_market(tmp_path, ES)
    found = market.tape.trades.price.tolist()
    assert found == list(range(len(found)))
    assert written <= len(found) <= heard + 1
    assert heard - len(found) <= LAST_ROWS
    assert any("was cut off or still goes on" in note for note in market.notes)
