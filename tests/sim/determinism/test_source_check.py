"""The reading of a strategy before it runs: what is refused, where, and what to write instead."""

import types

import pytest

from dryfill.sim.determinism.source_check import check_source, check_text
from dryfill.trading import strategy
from dryfill.trading.errors import UsageError


def findings(source: str) -> list[str]:
    try:
        check_text(source, "s.py")
    except UsageError as error:
        return str(error).splitlines()
    return []


@pytest.mark.parametrize(
    ("source", "what", "way_out"),
    [
        ("import time\ntime.time()", "time.time()", "self.now_ns"),
        ("import time as t\nt.monotonic()", "time.monotonic()", "self.now_ns"),
        ("import time\ntime.perf_counter_ns", "time.perf_counter_ns()", "self.now_ns"),
        ("import time\ntime.sleep(1)", "time.sleep()", "asyncio.sleep"),
        ("import time\nclock = time\nclock.time()", "time.time()", "self.now_ns"),
        ("import datetime\ndatetime.datetime.now()", "datetime.datetime.now()", "self.now"),
        ("from datetime import datetime as dt\ndt.utcnow()", "datetime.utcnow()", "self.now"),
        ("from datetime import datetime\ndatetime.today()", "datetime.today()", "self.now"),
        ("from datetime import date\ndate.today()", "datetime.date.today()", "self.now"),
        ("import pandas as pd\npd.Timestamp.now()", "Timestamp.now()", "self.now"),
        ("import random\nrandom.randint(1, 2)", "random.randint()", "self.random"),
        ("import random\nrandom.Random()", "random.Random() without a seed", "self.random"),
        ("from random import Random\nRandom(None)", "without a seed", "give it a seed"),
        ("import random\nrandom.SystemRandom()", "random.SystemRandom()", "self.random"),
        ("import numpy as np\nnp.random.normal()", "numpy.random.normal()", "self.random"),
        ("import numpy as np\nnp.random.default_rng()", "without a seed", "give it a seed"),
        ("from numpy import random as r\nr.RandomState()", "without a seed", "give it a seed"),
        ("import uuid\nuuid.uuid4()", "uuid.uuid4()", "self.random"),
        ("import uuid\nuuid.uuid1()", "uuid.uuid1()", "self.random"),
        ("import os\nos.urandom(4)", "os.urandom()", "self.random"),
        ("import threading\nthreading.Thread()", "threading.Thread()", "asyncio.create_task"),
        ("import socket\nsocket.socket()", "socket.socket()", "before the run"),
        ("import asyncio\nasyncio.to_thread(f)", "asyncio.to_thread()", "asyncio.create_task"),
    ],
)
def test_a_forbidden_name_is_refused_with_its_line_and_replacement(source, what, way_out):
    (finding,) = findings(source)
    assert finding.startswith(f"s.py:{source.count(chr(10)) + 1}: ")
    assert what in finding
    assert way_out in finding


@pytest.mark.parametrize(
    "source",
    [
        "import secrets",
        "from secrets import token_hex",
        "import subprocess as sp",
        "import requests",
        "import urllib.request",
        "from urllib import request",
        "from urllib.request import urlopen",
        "import http.client",
        "from time import time",
        "from random import shuffle",
        "from random import *",
        "from numpy.random import rand",
    ],
)
def test_an_import_of_nothing_but_the_real_world_is_refused_at_the_import(source):
    (finding,) = findings(source)
    assert finding.startswith("s.py:1: ")


@pytest.mark.parametrize(
    "source",
    [
        "import random\nrandom.Random(7).random()",
        "import random\nrandom.Random(x=7)",
        "import numpy as np\nnp.random.default_rng(7).normal()",
        "import numpy as np\nnp.random.default_rng(seed=seed)",
        "import numpy as np\ndef f(g: np.random.Generator): g.normal()",
        "import time\ntime.strftime('%H', moment)",
        "from datetime import datetime, date\ndatetime(2024, 1, 1), date.fromisoformat('x')",
        "from urllib.parse import quote",
        "import threading\nthreading.Lock()",
        "import socket\nsocket.timeout",
        "def f(self): return self.random.random(), self.now, self.time.time()",
        "def on_timer(time): return time.time()",
        "import random\ndef f(random): return random.random()",
        "import time\nif __name__ == '__main__':\n    time.sleep(3)",
        "time.time()",
    ],
)
def test_what_repeats_is_accepted(source):
    assert findings(source) == []


def test_names_are_followed_into_functions_lambdas_defaults_and_decorators():
    source = """
import time
from dataclasses import dataclass, field

@dataclass
class S:
    at: float = field(default_factory=time.time)

    async def on_bar(self, bar, now=time.monotonic()):
        def inner():
            return time.perf_counter()
        import random as r
        return [r.random() for _ in range(3)], lambda: time.time_ns()

def r(): return 1
r.random()
"""
    assert [finding.split(" ")[0] + finding.split(" ")[1] for finding in findings(source)] == [
        "s.py:7:time.time()",
        "s.py:9:time.monotonic()",
        "s.py:11:time.perf_counter()",
        "s.py:13:random.random()",
        "s.py:13:time.time_ns()",
    ]


def test_every_finding_of_a_strategy_and_its_own_modules_is_listed(tmp_path):
    (tmp_path / "breakout.py").write_text(
        "import time\nimport helper\nfrom signals import fast\nfrom dryfill import Strategy\n"
        "now = time.time()\n"
    )
    (tmp_path / "helper.py").write_text("import breakout\nfrom uuid import uuid4\n")
    (tmp_path / "unused.py").write_text("import time\ntime.time()\n")
    signals = tmp_path / "signals"
    signals.mkdir()
    (signals / "__init__.py").write_text("import os\nseed = os.urandom(1)\n")
    (signals / "fast.py").write_text("from . import slow\nfrom .. import helper\n")
    (signals / "slow.py").write_text("import random\n\nrandom.random()\n")
    with pytest.raises(UsageError) as caught:
        check_source(tmp_path / "breakout.py")
    assert [line.split(" ")[0] for line in str(caught.value).splitlines()] == [
        "breakout.py:5:",
        "helper.py:2:",
        "signals/__init__.py:2:",
        "signals/slow.py:3:",
    ]
    first = str(caught.value).splitlines()[0]
    assert first == "breakout.py:5: time.time() reads the real clock; use self.now_ns"


def test_a_module_is_read_from_its_file_and_one_without_a_file_is_refused(tmp_path):
    file = tmp_path / "s.py"
    file.write_text("import time\ntime.time()\n")
    module = types.ModuleType("s")
    module.__file__ = str(file)
    with pytest.raises(UsageError, match=r"^s\.py:2: "):
        check_source(module)
    with pytest.raises(UsageError, match="check_text"):
        check_source(types.ModuleType("cell"))


def test_source_that_python_cannot_read_is_refused_by_line():
    with pytest.raises(UsageError, match=r"^s\.py:2: .*Python cannot read it"):
        check_text("x = 1\ndef f(:\n", "s.py")


def test_a_module_of_our_own_is_not_read():
    """A plain `Strategy` is run all the same; what it imports starts programs."""
    check_source(strategy)
    with pytest.raises(UsageError, match="subprocess starts another program"):
        check_source(strategy.__file__)
