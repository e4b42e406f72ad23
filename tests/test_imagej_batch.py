"""300 movies, five of them broken, from a macro without a display; first ImageJ is killed, then the engine."""

from __future__ import annotations

import contextlib
import csv
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from imagej_oracle import need_java
from imagej_stage import engine_of, headless, make_host
from movie_material import flash, noise

from ivea_fiji.fiji.layout import Host

pytestmark = [
    pytest.mark.java,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the engine in /proc"),
]
MOVIES = 300
BROKEN = ("cell 017.tif", "cell 090.tif", "cell 150.tif", "cell 222.tif", "cell 299.tif")
_SECONDS = 400
"""For one stage, on a machine that does other work too."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of movies with one event each, of which five are broken, each in its own way."""
    folder = tmp_path_factory.mktemp("day") / "movies"
    folder.mkdir()
    for k in range(MOVIES):
        frames = noise(12, 20, 24, seed=k)
        flash(frames, 5, 10, 8 + k % 8, height=500)
        tifffile.imwrite(folder / f"cell {k:03}.tif", frames.astype(np.uint16), imagej=True, metadata={"axes": "TYX"})
    empty, cut, text, blank, single = (folder / name for name in BROKEN)
    whole = cut.read_bytes()
    empty.write_bytes(b"")
    cut.write_bytes(whole[: len(whole) // 2])
    text.write_text("no image")
    tifffile.imwrite(blank, np.zeros((12, 20, 24), np.uint16), imagej=True, metadata={"axes": "TYX"})
    tifffile.imwrite(single, np.ones((20, 24), np.uint16))
    return folder


@contextlib.contextmanager
def batch(host: Host, home: Path, folder: Path, out: Path) -> Iterator[subprocess.Popen[str]]:
    """Start ImageJ with a macro that processes the folder."""
    macro = home / "batch.ijm"
    options = f"input_folder=[{folder}] output_folder=[{out}] overview=false threads=1"
    macro.write_text(f'run("Batch Process Folder Advanced...", "{options}"); print("REACHED");')
    command, env = headless(host, home, "Headless.java", macro)
    with (home / "log.txt").open("w+", encoding="utf-8") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, text=True, env=env)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def ends(pid: int, seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.1)
    return False


def finished(out: Path) -> dict[Path, bytes]:
    """Return the run records that are there: the last file of every movie."""
    return {path: path.read_bytes() for path in out.glob("*_ivea/*_run.json")}


def wait_for(number: int, out: Path, process: subprocess.Popen[str], log: Path) -> None:
    end = time.monotonic() + _SECONDS
    while len(finished(out)) < number:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, f"{len(finished(out))} movies only\n{log.read_text()}"
        time.sleep(0.05)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_batch_of_300_movies_survives_what_happens(folder: Path, tmp_path: Path) -> None:
    need_java()
    host = make_host(tmp_path / "ImageJ")
    out, log = tmp_path / "out", tmp_path / "log.txt"

    # Power failure, as far as ImageJ is concerned: the engine does not go on without it.
    with batch(host, tmp_path, folder, out) as imagej:
        wait_for(80, out, imagej, log)
        engine = engine_of(imagej.pid)
        imagej.kill()
        assert ends(engine), "the engine outlives ImageJ"
    first = finished(out)
    assert 80 <= len(first) < MOVIES - 100, "not in the middle"

    # The engine dies: ImageJ says so, and the macro does not go on as if all were well.
    with batch(host, tmp_path, folder, out) as imagej:
        wait_for(len(first) + 80, out, imagej, log)
        os.kill(engine_of(imagej.pid), signal.SIGKILL)
        assert imagej.wait(timeout=_SECONDS) == 0
    told = log.read_text()
    assert re.search(r"IVEA: The IVEA engine was lost .*\(The macro was stopped\.\)", told), told
    assert "REACHED" not in told
    second = finished(out)
    assert second.items() >= first.items(), "what was finished was done again or is gone"
    assert len(first) + 80 <= len(second) < MOVIES - 5

    # Third time: to the end.
    with batch(host, tmp_path, folder, out) as imagej:
        assert imagej.wait(timeout=_SECONDS) == 0
    told = log.read_text()
    assert "REACHED" in told
    sentence = f"295 of 300 movies are finished, {len(second)} of them from an earlier run, 5 failed; "
    assert sentence in told
    assert [name in told for name in BROKEN] == [True] * 5
    third = finished(out)
    assert len(third) == MOVIES - 5
    assert third.items() >= second.items()

    # Nothing is lost, twice, or left behind.
    table = rows(out / "batch_files.csv")
    assert [row["movie"] for row in table] == [f"cell {k:03}.tif" for k in range(MOVIES)]
    assert tuple(row["movie"] for row in table if row["status"] == "failed") == BROKEN
    assert sum(row["status"] == "kept" for row in table) == len(second)
    pooled = rows(out / "batch_events.csv")
    assert len(pooled) == sum(int(row["events"] or 0) for row in table)
    assert len(pooled) > 200, "a batch that finds nothing proves little"
    for row in [row for row in table if row["status"] != "failed"][::37]:
        alone = rows(out / f"{row['movie'][:-4]}_ivea" / f"{row['movie'][:-4]}_events.csv")
        assert [event for event in pooled if event["movie"] == row["movie"]] == [
            {"movie": row["movie"], **event} for event in alone
        ]
    assert not list(out.rglob(".ivea-*")), "half-written files"
    assert {path.name for path in out.iterdir()} == {
        "batch_files.csv", "batch_events.csv", "batch_summary.csv",
        *(f"{row['movie'][:-4]}_ivea" for row in table if row["status"] != "failed"),
    }  # fmt: skip
