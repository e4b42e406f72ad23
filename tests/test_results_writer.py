"""A folder of results is written whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from toy_result import toy_movie, toy_result

from ivea_fiji.errors import OutputError
from ivea_fiji.results import tables, writer
from ivea_fiji.results.record import TIMING_KEYS
from ivea_fiji.results.writer import check_writable, file_stem, write_result

ALWAYS = {"cell 1_events.csv", "cell 1_traces.csv", "cell 1_summary.csv", "cell 1_rois.zip", "cell 1_run.json"}


def content(folder: Path) -> dict[str, bytes]:
    """Return all files below a folder, hidden ones included."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("n", [0, 4])
def test_everything_is_written(tmp_path, n):
    files = write_result(toy_result(n), tmp_path / "a" / "b", training_rois=True)
    assert set(content(tmp_path / "a" / "b")) == ALWAYS | {"cell 1_overview.png", "cell 1_training_rois.zip"}
    assert set(files) == {"events", "traces", "summary", "rois", "training_rois", "overview", "run"}
    assert all(path.is_file() and path.parent == tmp_path / "a" / "b" for path in files.values())
    assert len(files["events"].read_text().splitlines()) == n + 1


def test_second_writing_differs_only_in_times(tmp_path):
    write_result(toy_result(4), tmp_path / "a", seconds=1)
    write_result(toy_result(4), tmp_path / "b", seconds=2)
    a, b = content(tmp_path / "a"), content(tmp_path / "b")
    one, two = (json.loads(files.pop("cell 1_run.json")) for files in (a, b))
    assert a == b
    assert {k for k in one if one[k] != two[k]} <= set(TIMING_KEYS)


def test_files_of_the_user_stay_and_ours_are_replaced(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "cell 1_labels.csv").write_text("mine too")
    write_result(toy_result(4), tmp_path, training_rois=True)
    before = content(tmp_path)
    write_result(toy_result(2), tmp_path, overview=False)
    after = content(tmp_path)
    assert after["notes.txt"] == b"mine"
    assert after["cell 1_labels.csv"] == b"mine too"
    assert after["cell 1_events.csv"] != before["cell 1_events.csv"]
    assert "cell 1_overview.png" not in after, "a picture of the earlier result would mislead"
    assert after["cell 1_training_rois.zip"] == before["cell 1_training_rois.zip"], "may have been labelled by hand"


@pytest.mark.parametrize("fault", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt(), RuntimeError("bug")])
@pytest.mark.parametrize("place", ["write", "move"])
@pytest.mark.parametrize("earlier", [False, True])
def test_a_failure_leaves_everything_as_it_was(tmp_path, monkeypatch, fault, place, earlier):
    folder = tmp_path / "out"
    if earlier:
        write_result(toy_result(4), folder)
        (folder / "notes.txt").write_text("mine")
    before = content(tmp_path)

    def fail(*_args):
        raise fault

    if place == "write":
        monkeypatch.setattr(writer.record, "write_record", fail)
    else:
        move = os.replace
        monkeypatch.setattr(
            os, "replace", lambda a, b: fail() if Path(b) == folder / "cell 1_summary.csv" and "before" not in str(a)
            else move(a, b),
        )  # fmt: skip
    with pytest.raises(OutputError if isinstance(fault, OSError) else type(fault)) as caught:
        write_result(toy_result(2), folder)
    assert content(tmp_path) == before
    assert folder.exists() == earlier
    if isinstance(fault, OSError):
        assert "is full" in str(caught.value)


def test_a_really_full_disk(tmp_path, monkeypatch):
    """Linux's device that is always full stands for the disk."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("only Linux has /dev/full")
    honest = tables.write_events
    monkeypatch.setattr(tables, "write_events", lambda _path, result: honest(full, result))
    with pytest.raises(OutputError, match="is full"):
        write_result(toy_result(2), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_output_that_is_a_file_or_inside_one(tmp_path):
    (tmp_path / "file").write_text("x")
    for place in (tmp_path / "file", tmp_path / "file" / "deeper"):
        with pytest.raises(OutputError, match="is a file"):
            write_result(toy_result(1), place)
        with pytest.raises(OutputError, match="is a file"):
            check_writable(place)
    assert content(tmp_path) == {"file": b"x"}


def test_output_that_is_not_writable(tmp_path, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "no"))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(OutputError, match="cannot be written"):
        check_writable(tmp_path / "no")


def test_check_leaves_nothing_behind(tmp_path):
    check_writable(tmp_path / "a" / "b")
    assert not (tmp_path / "a").exists()
    check_writable(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_results_of_another_movie_of_the_same_name_are_not_replaced(tmp_path):
    for folder, pixels in (("one", b"a"), ("two", b"b"), ("copy", b"a")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "cell 1.tif").write_bytes(pixels)

    def write(folder: str):
        return write_result(toy_result(1, movie=toy_movie(path=tmp_path / folder / "cell 1.tif")), tmp_path / "out")

    write("one")
    before = content(tmp_path / "out")
    with pytest.raises(OutputError, match="another movie"):
        write("two")
    assert content(tmp_path / "out") == before
    write("copy")  # the same pixels from another place
    (tmp_path / "one" / "cell 1.tif").write_bytes(b"edited")
    write("copy")


@pytest.mark.parametrize(
    ("name", "stem"),
    [("cell 1.ome.tif", "cell 1"), ("a.TIFF", "a"), ("x.y.lsm", "x.y"), ("0.5 uM", "0.5 uM"), ("a/b:c.tif", "a_b_c"),
     ("...", "movie"), ("\u00e9\u00e8 \u03b2.zarr", "\u00e9\u00e8 \u03b2"), ("\u00e9" * 300, "\u00e9" * 100)],
)  # fmt: skip
def test_stem(name, stem):
    assert file_stem(toy_movie(name=name)) == stem


def test_importing_the_writer_draws_nothing():
    code = "import sys, ivea_fiji.results.writer; print({'matplotlib', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "set()"
