"""The tree keeps the rules of the house, and each rule finds what it forbids."""

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tidy import FILE_LINES_MAX, FUNCTION_LINES_MAX, ROOT, faults_in_module, is_product

# Written in halves, so that this file does not hold what it forbids.
MACHINE_PLACES = ("/" + "work/", "/" + "root/", "/home/" + "runner")
REGISTRIES = ("pypi" + ".org", "pythonhosted" + ".org", "index" + "-url", "anaconda" + ".org")


def tracked_files() -> list[Path]:
    """Files that git tracks or would track; a copy without git has nothing to say here."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    paths = [ROOT / name for name in done.stdout.split("\0") if name]
    return [path for path in sorted(paths) if path.is_file()]


def test_every_python_file_keeps_the_rules_of_the_house() -> None:
    faults = []
    for path in tracked_files():
        if path.suffix == ".py":
            name = path.relative_to(ROOT).as_posix()
            faults += faults_in_module(name, path.read_text(encoding="utf-8"))
    assert not faults, "\n" + "\n".join(map(str, faults))


def test_no_tracked_file_names_a_place_of_one_machine_or_a_registry() -> None:
    found = []
    for path in tracked_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        name = path.relative_to(ROOT).as_posix()
        words = MACHINE_PLACES + REGISTRIES
        found += [f"{name} names {word}" for word in words if word in text]
    assert not found, "\n" + "\n".join(found)


def test_work_that_is_not_finished_is_not_written_down_in_the_code() -> None:
    marks = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    found = []
    for path in tracked_files():
        name = path.relative_to(ROOT).as_posix()
        if path.suffix == ".py" and is_product(name):
            lines = path.read_text(encoding="utf-8").splitlines()
            found += [f"{name}:{n}" for n, line in enumerate(lines, 1) if marks.search(line)]
    assert not found, "\n" + "\n".join(found)


def test_dryfill_is_in_memory_once_and_no_room_under_a_bare_name() -> None:
    strangers = []
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not file or name.split(".")[0] in ("dryfill", "__mp_main__"):
            continue
        # Not resolved: an interpreter's link into .venv is no file of ours.
        inside = Path(file).is_relative_to(ROOT) and ".venv" not in Path(file).parts
        if inside and is_product(Path(file).relative_to(ROOT).as_posix()):
            strangers.append(f"{name} from {file}")
    assert not strangers
    assert "trading" not in sys.modules
    assert ROOT.name == "dryfill" or ROOT.name not in sys.modules


FORBIDDEN = [
    ("sim/a.py", "def f():\n    import json\n", "import inside f"),
    ("app/__init__.py", "def f():\n    import json\n", "import inside f"),
    ("sim/a.py", "for x in {1, 2}:\n    pass\n", "iterates over a set"),
    ("sim/a.py", "for x in set(y):\n    pass\n", "iterates over a set"),
    ("sim/a.py", "z = [x for x in frozenset(y) | w]\n", "iterates over a set"),
    ("sim/a.py", "z = list({1, 2})\n", "iterates over a set"),
    ("sim/a.py", "z = {1, 2}\nfor x in z:\n    pass\n", "iterates over a set"),
    (
        "sim/a.py",
        "class A:\n    z: set[int]\n    def f(self):\n        list(self.z)\n",
        "over a set",
    ),
    ("sim/a.py", "def f(self, z: frozenset[int]):\n    return [x for x in z]\n", "over a set"),
    ("sim/a.py", "import random\nr = random.Random()\n", "without a seed"),
    ("sim/a.py", "import time\ntime.time()  # noqa: TID251\n", "silences TID251"),
    ("sim/a.py", "import time\ntime.time()  # noqa\n", "silences TID251"),
    ("sim/a.py", "from dryfill.trading import words\n", "imports dryfill absolutely"),
    ("matching/a.py", "from ..trading.price import x\n", "not for this room"),
    ("matching/a.py", "from .. import trading\n", "not for this room"),
    ("matching/reference/a.py", "from ...trading import price\n", "not for this room"),
    ("trading/words.py", "from .price import x\n", "not for this room"),
    ("sim/a.py", "x = 1\n" * (FILE_LINES_MAX + 1), "split by idea"),
    ("tests/a.py", "def f():\n" + "    x = 1\n" * FUNCTION_LINES_MAX, "f has 71 lines"),
]


@pytest.mark.parametrize(("path", "source", "message"), FORBIDDEN)
def test_a_rule_finds_what_it_forbids(path: str, source: str, message: str) -> None:
    assert [fault for fault in faults_in_module(path, source) if message in fault.what]


ALLOWED = [
    ("sim/__init__.py", "def __getattr__(name):\n    import json\n"),
    ("app/cli/main.py", "def f():\n    import json\n"),
    ("sim/a.py", "for x in sorted({1, 2}):\n    pass\n"),
    ("sim/a.py", "z = {x for x in {1, 2}}\nif 1 in {1, 2}:\n    pass\n"),
    ("sim/a.py", "z = {1, 2}\nz = sorted(z)\nfor x in z:\n    pass\n"),
    ("sim/a.py", "from random import Random\nr = Random(7)\n"),
    ("sim/a.py", "x = []  # noqa: RUF012\n"),
    ("matching/reference/a.py", "from ...trading.words import Side\nfrom ..rules import x\n"),
    ("matching/a.py", "from . import rules\nfrom .reference.book import x\n"),
    ("sim/a.py", "x = 1\n" * FILE_LINES_MAX),
    ("sim/a.py", "def f():\n" + "    x = 1\n" * (FUNCTION_LINES_MAX - 1)),
]


@pytest.mark.parametrize(("path", "source"), ALLOWED)
def test_a_rule_lets_pass_what_it_must(path: str, source: str) -> None:
    assert faults_in_module(path, source) == []


BANNED = [
    "import time\nx = time.time()\n",
    "from time import perf_counter as p\nx = p()\n",
    "from datetime import UTC, datetime\nx = datetime.now(UTC)\n",
    "import uuid\nx = uuid.uuid4\n",
    "import random\nx = random.random()\n",
    "from random import shuffle\nshuffle([])\n",
    "import numpy as np\nx = np.random.default_rng(1)\n",
    "import asyncio\nx = asyncio.wait_for\n",
    "from asyncio import as_completed\nx = as_completed\n",
]


def ruff(place: str, source: str) -> str:
    """What ruff says of `source`, were it the file `place`, under the project's settings."""
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format=concise"]
    command += ["--stdin-filename", place, "-"]
    done = subprocess.run(command, cwd=ROOT, input=source, capture_output=True, text=True)
    return done.stdout + done.stderr


@pytest.mark.parametrize("source", BANNED)
def test_ruff_refuses_real_clocks_entropy_and_racing_calls_in_product_code(source: str) -> None:
    assert "TID251" in ruff("sim/sample.py", source)
    assert "TID251" not in ruff("tests/sample.py", source)


def test_every_global_function_of_random_is_banned() -> None:
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    drawing = [n for n in random.__all__ if n[0].islower() and n not in ("getstate", "setstate")]
    assert [name for name in drawing if f'"random.{name}".msg' not in settings] == []
