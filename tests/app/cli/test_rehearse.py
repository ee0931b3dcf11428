"""`dryfill rehearse` from outside: what it plays, what it says, and its exit codes."""

import pytest

from dryfill.scenarios.shelf import shelf

FAILS = '''
title = "A bracket that is meant to be flat"
why = "It is not."

[run]
market = """
0  quote 20000x9 20000.25x9
10 trade 20000.25x1
"""

[[do]]
act = "bracket buy 2 stop 19990"

[checks]
ends = ["flat"]
premises = ["INV-03"]
'''


def test_a_race_of_the_library_is_played_as_written_and_as_a_family(dryfill):
    done = dryfill("rehearse", "RS-05")
    assert done.code == 0, done.err
    assert done.out.startswith("RS-05: Fills come faster than protection can be sized")
    row = next(line for line in done.out.splitlines() if line.startswith("rs_05_"))
    assert row.split()[1:3] == ["6", "protected"]
    assert done.out.endswith("\n1 scenario, 6 runs: all as they are to be\n")


def test_seeds_and_the_wire_are_asked_for(dryfill):
    done = dryfill("rehearse", "RS-03", "--wire", "--seeds", "2")
    assert done.code == 0, done.err
    assert "not played on the wire: rs_03_fill_that_names_no_tag, rs_03" in done.out
    assert done.out.endswith("\n1 scenario, 1 run: all as they are to be\n")


def test_one_that_fails_says_why_and_how_it_is_played_again(dryfill, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(FAILS, encoding="utf-8")
    done = dryfill("rehearse", str(path), "--engine", "reference")
    assert done.code == 1
    for said in (
        "FAILED",
        "  INV-03 had nothing to judge in these runs: they have proved nothing of it\n",
        "  seed 0:\n    it ends protected, and is to end flat\n",
        "    0 quote 20000x9 20000.25x9\n",
        f"    dryfill rehearse {path} --seeds 0 --engine reference\n",
        "1 scenario, 6 runs: 1 failed: mine\n",
    ):
        assert said in done.out
    again = dryfill("rehearse", str(path), "--seeds", "0", "--engine", "reference")
    assert (again.code, "it ends protected" in again.out) == (1, True)


def test_a_strategy_of_a_file_is_rehearsed(dryfill, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    strategy = "from dryfill import Buy, Ticks\n\nasync def main(desk):\n"
    strategy += "    bracket = await desk.bracket(Buy(1), stop=Ticks(40), target=Ticks(8))\n"
    (tmp_path / "s.py").write_text(strategy + "    await bracket.closed()\n", encoding="utf-8")
    text = FAILS.split("[run]")[0] + '[run]\nmarket = "volatile"\nlength = "10 min"\n'
    text += 'what = "s.py"\n[checks]\nends = ["flat"]\nrests = false\n'
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    done = dryfill("rehearse", "mine.toml", "--seeds", "0:3")
    assert done.code == 0, done.out


def test_the_library_is_listed(dryfill):
    done = dryfill("rehearse", "--list")
    assert [line.split()[0] for line in done.out.splitlines()] == list(shelf())


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["rehearse"], 2, "say what to rehearse: a file, a name of the library, or all"),
        (["rehearse", "RS-99"], 2, "'RS-99' is no scenario of the library; dryfill rehearse"),
        (["rehearse", "no.toml"], 2, "no.toml cannot be read"),
        (["rehearse", "RS-01", "--seeds", "9:1"], 2, "--seeds 9:1 holds no seed"),
        (["rehearse", "RS-01", "--seeds", "many"], 2, "write --seeds 0:200, or --seeds 7"),
        (["rehearse", "RS-01", "--engine", "steam"], 2, "'steam'"),
    ],
)
def test_what_cannot_be_rehearsed_is_said(dryfill, words, code, said):
    done = dryfill(*words)
    assert (done.code, said in done.err) == (code, True), done.err


def test_a_file_that_is_no_scenario_is_bad_data(dryfill, tmp_path):
    (tmp_path / "bad.toml").write_text(FAILS.replace('flat"]', 'rich"]'), encoding="utf-8")
    done = dryfill("rehearse", str(tmp_path / "bad.toml"))
    assert done.code == 3
    assert "bad.toml:15: checks: ends 1 is 'rich'" in done.err


def test_one_run_is_drawn_where_a_page_is_asked_for(dryfill, tmp_path):
    page = tmp_path / "run.html"
    done = dryfill(
        "rehearse", "rs_04_ack_lost_after_accept", "--wire", "--seeds", "3", "--page", page
    )
    assert done.code == 0, done.err
    assert f"\nwrote {page}: seed 3\n" in done.out
    text = page.read_text(encoding="utf-8")
    assert "<title>RS-04: " in text
    assert "ack-lost: place of " in text
    assert "--seeds 3 --wire</code>" in text


def test_the_run_that_failed_is_the_one_that_is_drawn(dryfill, tmp_path):
    path, page = tmp_path / "mine.toml", tmp_path / "run.html"
    path.write_text(FAILS, encoding="utf-8")
    done = dryfill("rehearse", str(path), "--page", page)
    assert done.code == 1
    text = page.read_text(encoding="utf-8")
    assert "it ends protected, and is to end flat" in text
    assert ">check</button>" in text


def test_a_page_is_of_one_scenario_alone(dryfill, tmp_path):
    done = dryfill("rehearse", "RS-28", "--page", tmp_path / "run.html")
    assert done.code == 2
    assert "--page shows one run; name one of these 7 scenarios" in done.err
