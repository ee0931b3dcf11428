"""A run of mutants that was broken off goes on; of another tree, nothing is believed."""

from mutation_record import Record, Runs, digest_of

RUNS = Runs(
    {"test_a.py::slow": 3.0, "test_a.py::quick": 0.5, "test_b.py::one": 1.0, "test_b.py::two": 1.5},
    {("trading/x.py", 3): ("test_b.py::one", "test_a.py::slow")},
)


def written(path):
    record = Record(path, "this tree")
    record.begin(RUNS)
    record.add("x.py:3", "noticed", "- a\n+ b")
    record.add("x.py:4", "survived", "- c\n+ d")
    record.close()
    return path


def read(path, tree="this tree"):
    record = Record(path, tree)
    record.close()
    return record


def test_what_was_written_is_read(tmp_path):
    record = read(written(tmp_path / "kept" / "mutants.jsonl"))
    assert record.runs == RUNS
    assert record.outcomes == {
        "x.py:3": ("noticed", "- a\n+ b"),
        "x.py:4": ("survived", "- c\n+ d"),
    }


def test_a_quick_file_is_through_before_a_slow_one_as_far_as_the_time_goes():
    in_turn = ["test_a.py::quick", "test_b.py::one", "test_b.py::two", "test_a.py::slow"]
    assert RUNS.in_turn(RUNS.seconds, 6.0) == in_turn
    assert RUNS.in_turn(RUNS.seconds, 5.9) == in_turn[:3]
    assert RUNS.in_turn(["test_a.py::slow"] * 2, 0.1) == ["test_a.py::slow"]


def test_a_line_that_broke_off_is_met_again(tmp_path):
    path = written(tmp_path / "mutants.jsonl")
    path.write_text(path.read_text()[:-9])
    assert list(read(path).outcomes) == ["x.py:3"]
    again = Record(path, "this tree")
    again.add("x.py:4", "noticed", "")
    again.close()
    assert read(path).outcomes["x.py:4"] == ("noticed", "")


def test_of_another_tree_it_is_begun_anew(tmp_path):
    path = written(tmp_path / "mutants.jsonl")
    record = read(path, "another tree")
    assert (record.runs, record.outcomes) == (None, {})
    assert read(path).runs is None


def test_a_tree_is_another_when_a_file_is_or_its_name_or_a_link_leads_elsewhere(tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "a").write_text("one")
    (tree / "link").symlink_to("..")
    seen = [digest_of(tree)]
    (tree / "a").write_text("two")
    seen.append(digest_of(tree))
    (tree / "a").rename(tree / "b")
    seen.append(digest_of(tree))
    (tree / "link").unlink()
    (tree / "link").symlink_to(".")
    seen.append(digest_of(tree))
    assert len(set(seen)) == 4
    assert digest_of(tree) == seen[-1]


def test_the_files_that_import_what_is_broken_come_first_for_a_third_of_the_time():
    turns = RUNS.near_first(RUNS.seconds, {"test_b.py"}, 6.0)
    assert turns == ["test_b.py::one", "test_a.py::quick", "test_b.py::two", "test_a.py::slow"]
    turns = RUNS.near_first(RUNS.seconds, {"test_b.py"}, 9.0)
    assert turns == ["test_b.py::one", "test_b.py::two", "test_a.py::quick", "test_a.py::slow"]
    assert RUNS.near_first(RUNS.seconds, set(), 5.9) == RUNS.in_turn(RUNS.seconds, 5.9)


def test_tests_that_run_no_line_look_at_the_code():
    assert RUNS.running_nothing == {"test_a.py::quick", "test_b.py::two"}
