"""The clock of the mutants counts what the processor did, not how long that took."""

import os
import subprocess
import sys
from pathlib import Path
from signal import SIGPROF
from xml.etree import ElementTree

TESTS = """
import subprocess, sys, time

WORK = "import time\\nwhile time.process_time() < {}: pass"

def test_waits():
    time.sleep(0.5)

def test_works():
    began = time.process_time()
    while time.process_time() - began < 0.3:
        pass

def test_has_it_done():
    subprocess.run([sys.executable, "-c", WORK.format(0.3)], check=True)
"""


def run(folder, *arguments):
    (folder / "test_it.py").write_text(TESTS)
    house = str(Path(__file__).parent)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "processor_time", *arguments],
        cwd=folder, env=os.environ | {"PYTHONPATH": house}, capture_output=True, check=False,
    ).returncode  # fmt: skip


def test_a_test_that_waits_takes_nothing_and_what_it_has_done_counts(tmp_path):
    assert run(tmp_path, "--junit-xml=told.xml", "-o", "junit_family=xunit1") == 0
    took = {
        case.attrib["name"]: sum(float(each.attrib["value"]) for each in case.iter("property"))
        for case in ElementTree.parse(tmp_path / "told.xml").iter("testcase")
    }
    assert took["test_waits"] < 0.25
    assert took["test_works"] >= 0.25
    assert took["test_has_it_done"] >= 0.25


def test_one_that_works_too_long_ends_the_run_and_one_that_waits_does_not(tmp_path):
    assert run(tmp_path, "--processor-seconds=0.15", "-k", "waits") == 0
    assert run(tmp_path, "--processor-seconds=0.15") == -SIGPROF
