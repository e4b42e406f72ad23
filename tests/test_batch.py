"""A folder of movies: what is taken, what fails, what is not done twice, and what an interruption leaves."""

from __future__ import annotations

import csv
import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import tifffile
from movie_material import flash, noise

from ivea_fiji.batch import ENDINGS, Outcome, find_movies, make_jobs, process
from ivea_fiji.cli.main import main
from ivea_fiji.commands.batch import beside, process_folder
from ivea_fiji.commands.registry import COMMANDS
from ivea_fiji.errors import Cancelled, ModelError, MovieError, OutputError, ParameterError
from ivea_fiji.progress import Silent, step
from ivea_fiji.results import record
from ivea_fiji.results.columns import EVENT_COLUMNS, SUMMARY_COLUMNS
from ivea_fiji.results.pool import Pool

ROOT = Path(__file__).resolve().parents[1]
COMMAND = COMMANDS["batch_process_folder"]
QUICK = {"overview": False, "threads": 1}


def write_movie(path: Path, seed: int = 0, x: float = 24) -> Path:
    """Write a movie of 40 frames with one flash at frame 19."""
    frames = noise(40, 40, 48, seed=seed)
    flash(frames, 18, 20, x)
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, frames.astype(np.uint16), imagej=True, metadata={"axes": "TYX", "finterval": 0.1})
    return path


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def content(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder; of records, what does not tell the time."""
    found = {}
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        if path.suffix == ".json":
            kept = {k: v for k, v in json.loads(data).items() if k not in record.TIMING_KEYS}
            data = json.dumps(kept, sort_keys=True).encode()
        found[path.name] = data
    return found


# ---------------------------------------------------------------------------- which files


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    names = ("b.tif", "a.TIF", "notes.txt", "._a.tif", "x.nd2", "sub/c.ome.tif", "sub/deep/d.lsm", ".h/e.tif", "f.zip")
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "z.ome.zarr" / "0").mkdir(parents=True)
    (tmp_path / "z.ome.zarr" / "zarr.json").write_text("{}")
    (tmp_path / "z.ome.zarr" / "0" / "inner.tif").write_bytes(b"x")
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "recursive", "names"),
    [
        ("*", False, ["a.TIF", "b.tif", "x.nd2", "z.ome.zarr"]),
        ("*", True, ["a.TIF", "b.tif", "sub/c.ome.tif", "sub/deep/d.lsm", "x.nd2", "z.ome.zarr"]),
        ("", False, ["a.TIF", "b.tif", "x.nd2", "z.ome.zarr"]),
        ("*.Tif", True, ["a.TIF", "b.tif", "sub/c.ome.tif"]),
        ("a.*; *.txt ;", False, ["a.TIF", "notes.txt"]),
        ("[ab].tif", False, ["a.TIF", "b.tif"]),
    ],
)
def test_files_that_are_taken(tree: Path, pattern: str, recursive: bool, names: list[str]) -> None:
    found = find_movies(tree, pattern, recursive=recursive)
    assert [path.relative_to(tree).as_posix() for path in found] == names


def test_the_output_folder_is_no_input(tree: Path) -> None:
    found = find_movies(tree, recursive=True, without=tree / "sub" / "deep")
    assert "d.lsm" not in [path.name for path in found]
    assert "c.ome.tif" in [path.name for path in found]


def test_folders_without_movies(tmp_path: Path) -> None:
    with pytest.raises(MovieError, match="There is no folder"):
        find_movies(tmp_path / "none")
    with pytest.raises(ParameterError, match=re.escape("holds no movie; if the movies lie in folders within it")):
        find_movies(tmp_path)
    with pytest.raises(ParameterError, match=re.escape("holds no file whose name fits '*.nd2'; check folder and")):
        find_movies(tmp_path, "*.nd2", recursive=True)


def test_every_movie_has_its_own_folder(tmp_path: Path) -> None:
    movies = [tmp_path / name for name in ("A.tif", "a.nd2", "b.ome.tif", "s/b.tif")]
    jobs = make_jobs(tmp_path, movies, Path("out"))
    assert [job.name for job in jobs] == ["A.tif", "a.nd2", "b.ome.tif", "s/b.tif"]
    assert [job.folder for job in jobs] == [
        Path("out/A.tif_ivea"), Path("out/a.nd2_ivea"), Path("out/b_ivea"), Path("out/s/b_ivea")
    ]  # fmt: skip


def test_endings_are_those_movies_have() -> None:
    assert {".tif", ".ome.zarr"[4:], ".czi", ".lsm"} <= set(ENDINGS)


def test_results_lie_beside_the_folder(tmp_path: Path) -> None:
    assert beside(tmp_path / "day 1") == tmp_path / "day 1_ivea"


# ---------------------------------------------------------------------------- the way through, without detection


@dataclass
class Counting:
    """Finds as many events as the name of a movie says, and notes what it was asked to do."""

    faults: Mapping[str, BaseException] = field(default_factory=dict)
    before: Callable[[str], None] = lambda name: None
    ran: list[str] = field(default_factory=list)
    pool = Pool({"events": EVENT_COLUMNS, "summary": SUMMARY_COLUMNS})  # no field, one for all

    def earlier(self, movie: Path, folder: Path) -> Outcome | str:
        events = folder / "events.csv"
        return Outcome(len(rows(events)), 1.5) if events.is_file() else ""

    def run(self, movie: Path, folder: Path, progress) -> Outcome:
        step(progress, "look", 0, 1)
        self.ran.append(movie.name)
        self.before(movie.name)
        if movie.name in self.faults:
            raise self.faults[movie.name]
        folder.mkdir(parents=True)
        number = int(movie.stem)
        cells = ["7"] * len(EVENT_COLUMNS)
        table = [[c.name for c in EVENT_COLUMNS], *[cells] * number]
        (folder / "events.csv").write_text("".join(",".join(row) + "\n" for row in table))
        (folder / "summary.csv").write_text(",".join(c.name for c in SUMMARY_COLUMNS) + f"\nevents,{number},\n")
        return Outcome(number, 0.25, "" if number else "Nothing.")

    def tables(self, movie: Path, folder: Path) -> dict[str, Path]:
        return {kind: folder / f"{kind}.csv" for kind in ("events", "summary")}


def jobs_of(tmp_path: Path, *numbers: int):
    return make_jobs(tmp_path, [tmp_path / f"{n}.tif" for n in numbers], tmp_path / "out")


def test_what_became_of_every_movie(tmp_path: Path) -> None:
    faults = {"3.tif": MovieError("'3.tif' is\ncut off."), "4.tif": KeyError("sigma"), "5.tif": MemoryError()}
    told = []
    report = process(jobs_of(tmp_path, 2, 3, 4, 5, 0), tmp_path / "out", Counting(faults), Silent(), told.append)
    assert tuple(told) == report.files
    assert report.sentence == "2 of 5 movies are finished, 3 failed; 2 events in all."
    table = rows(report.tables["files"])
    assert [(row["movie"], row["status"], row["events"], row["seconds"]) for row in table] == [
        ("2.tif", "done", "2", "0.25"), ("3.tif", "failed", "", ""), ("4.tif", "failed", "", ""),
        ("5.tif", "failed", "", ""), ("0.tif", "done", "0", "0.25"),
    ]  # fmt: skip
    assert [row["sentence"] for row in table][1] == "'3.tif' is cut off."
    assert table[2]["sentence"].startswith("Something unforeseen went wrong (KeyError: 'sigma')")
    assert "not enough memory" in table[3]["sentence"]
    assert table[4]["sentence"] == "Nothing."
    assert "Traceback" in report.tables["faults"].read_text()
    assert "4.tif" in report.tables["faults"].read_text()
    assert [row["movie"] for row in rows(report.tables["events"])] == ["2.tif", "2.tif"]
    assert [(row["movie"], row["value"]) for row in rows(report.tables["summary"])] == [("2.tif", "2"), ("0.tif", "0")]


def test_finished_movies_are_not_done_again_and_stay_in_the_tables(tmp_path: Path) -> None:
    out = tmp_path / "out"
    process(jobs_of(tmp_path, 2, 3), out, Counting({"3.tif": KeyError("x")}), Silent())
    analysis = Counting()
    report = process(jobs_of(tmp_path, 2, 3), out, analysis, Silent())
    assert analysis.ran == ["3.tif"]
    assert report.sentence == "2 of 2 movies are finished, 1 of them from an earlier run; 5 events in all."
    assert [row["movie"] for row in rows(out / "batch_events.csv")] == ["2.tif"] * 2 + ["3.tif"] * 3
    assert [row["seconds"] for row in rows(out / "batch_files.csv")] == ["1.50", "0.25"]
    assert not (out / "batch_faults.txt").exists(), "that of the first run would mislead"


class StopsAt(Silent):
    """Is cancelled once a movie has begun, and remembers what it was told."""

    def __init__(self, name: str) -> None:
        self.name, self.stages = name, []

    def update(self, stage: str, done: int, total: int) -> None:
        self.stages.append(stage)

    def cancelled(self) -> bool:
        return any(self.name in stage for stage in self.stages)


def test_cancel_keeps_what_is_finished(tmp_path: Path) -> None:
    progress = StopsAt("5.tif")
    with pytest.raises(Cancelled) as caught:
        process(jobs_of(tmp_path, 4, 5, 6), tmp_path / "out", Counting(), progress)
    assert str(caught.value) == (
        "The batch was stopped: 1 of 3 movies are finished, 2 are still to do; 4 events in all. Run it again to go on."
    )
    assert progress.stages == [
        "1 of 3, 4.tif: looking for earlier results", "1 of 3, 4.tif: look",
        "2 of 3, 5.tif: looking for earlier results",
    ]  # fmt: skip
    assert [row["status"] for row in rows(tmp_path / "out" / "batch_files.csv")] == ["done", "waiting", "waiting"]
    assert len(rows(tmp_path / "out" / "batch_events.csv")) == 4
    report = process(jobs_of(tmp_path, 4, 5, 6), tmp_path / "out", Counting(), Silent())
    assert [one.status for one in report.files] == ["kept", "done", "done"]


def full_disk() -> OutputError:
    error = OutputError("The disk is full.")
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    return error


def test_a_full_disk_ends_the_batch_and_other_faults_of_writing_do_not(tmp_path: Path) -> None:
    analysis = Counting({"1.tif": OutputError("'out' holds results of another movie."), "2.tif": full_disk()})
    with pytest.raises(OutputError, match="full"):
        process(jobs_of(tmp_path, 1, 2, 3), tmp_path / "out", analysis, Silent())
    assert analysis.ran == ["1.tif", "2.tif"]
    assert [row["status"] for row in rows(tmp_path / "out" / "batch_files.csv")] == ["failed", "waiting", "waiting"]


def test_memory_does_not_grow_with_the_number_of_movies(tmp_path: Path) -> None:
    """Results are let go: only one is alive at a time."""
    import weakref

    class Result:
        pass

    alive: list[weakref.ref] = []

    class Heavy(Counting):
        def run(self, movie: Path, folder: Path, progress) -> Outcome:
            assert sum(ref() is not None for ref in alive) == 0
            result = Result()
            alive.append(weakref.ref(result))
            return super().run(movie, folder, progress)

    process(jobs_of(tmp_path, 0, 1, 2, 3), tmp_path / "out", Heavy(), Silent())
    assert len(alive) == 4


# ---------------------------------------------------------------------------- random bursts


@pytest.fixture(scope="module")
def twelve(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of 12 movies of which 5 are broken, each in its own way."""
    folder = tmp_path_factory.mktemp("twelve") / "day 1"
    for k in range(7):
        write_movie(folder / f"cell {k}.tif" if k < 5 else folder / "more" / f"cell {k}.tif", seed=k, x=16 + k)
    whole = (folder / "cell 0.tif").read_bytes()
    (folder / "bad empty.tif").write_bytes(b"")
    (folder / "bad cut.tif").write_bytes(whole[: len(whole) // 2])
    (folder / "bad text.tif").write_text("no image")
    tifffile.imwrite(folder / "bad blank.tif", np.zeros((40, 40, 48), np.uint16), imagej=True, metadata={"axes": "TYX"})
    tifffile.imwrite(folder / "more" / "bad single.tif", np.ones((40, 48), np.uint16))
    return folder


@pytest.fixture
def day(twelve: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(twelve, tmp_path / "day 1"))


def test_five_broken_files_among_twelve(day: Path, capsys) -> None:
    assert main(["batch", str(day), "--recursive", "--no-overview"]) == 1
    printed, faults = capsys.readouterr()
    out = day.with_name("day 1_ivea")
    table = rows(out / "batch_files.csv")
    assert [row["movie"] for row in table if row["status"] == "failed"] == [
        "bad blank.tif", "bad cut.tif", "bad empty.tif", "bad text.tif", "more/bad single.tif"
    ]  # fmt: skip
    done = [row["movie"] for row in table if row["status"] == "done"]
    assert len(done) == 7
    events = rows(out / "batch_events.csv")
    assert [row["movie"] for row in events] == done
    assert [float(row["x_px"]) for row in events] == pytest.approx([16 + k for k in range(7)], abs=0.3)
    assert "7 of 12 movies are finished, 5 failed; 7 events in all." in printed
    assert "  failed: bad cut.tif\n" in printed
    assert faults.count("ivea: ") == 5
    assert "ivea: bad empty.tif: 'bad empty.tif' is empty (0 bytes); copy or export it again.\n" in faults
    assert not (out / "bad cut_ivea").exists()
    assert main(["batch", str(day), "--recursive", "--no-overview", "--json", "--pattern", "CELL*"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [movie["status"] for movie in data["movies"]] == ["kept"] * 7
    assert (data["events"], data["exit_code"]) == (7, 0)


def test_results_are_those_of_ivea_random_byte_for_byte(tmp_path: Path) -> None:
    movie = write_movie(tmp_path / "in" / "cell.tif")
    write_movie(tmp_path / "in" / "other.tif", seed=1)
    process_folder(tmp_path / "in", tmp_path / "out", lag=3, training_rois=True)
    alone = tmp_path / "alone"
    assert main(["random", str(movie), "--out", str(alone), "--lag", "3", "--training-rois", "--quiet"]) == 0
    assert content(tmp_path / "out" / "cell_ivea") == content(alone)
    header, *table = (alone / "cell_events.csv").read_text().splitlines()
    pooled = (tmp_path / "out" / "batch_events.csv").read_text().splitlines()
    assert pooled[0] == f"movie,{header}"
    assert [line for line in pooled if line.startswith("cell.tif,")] == [f"cell.tif,{line}" for line in table]
    assert len(table) == 1


def again(folder: Path, **changes):
    report = process_folder(folder, **{**QUICK, **changes})
    return {one.job.name: (one.status, one.sentence) for one in report.files}


def test_what_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "in"
    movie = write_movie(folder / "cell.tif")
    assert again(folder) == {"cell.tif": ("done", "")}
    assert again(folder, threads=2) == {"cell.tif": ("kept", "")}
    changed = "Search radius (search_radius) was 3 before and is 4 now, and another setting."
    assert again(folder, search_radius=4, lag=5) == {"cell.tif": ("done", f"Done again: {changed}")}
    assert again(folder, search_radius=4, lag=5) == {"cell.tif": ("kept", "")}

    os.utime(movie, (1, 1))
    assert again(folder, search_radius=4, lag=5)["cell.tif"][0] == "kept", "the same pixels at another time"
    write_movie(movie, seed=3)
    told = "Done again: The movie has changed since the earlier run."
    assert again(folder, search_radius=4, lag=5) == {"cell.tif": ("done", told)}

    results = tmp_path / "in_ivea" / "cell_ivea"
    (results / "cell_events.csv").unlink()
    told = "Done again: Of the earlier results, cell_events.csv was missing."
    assert again(folder, search_radius=4, lag=5) == {"cell.tif": ("done", told)}
    (results / "cell_run.json").write_text("{")
    assert again(folder, search_radius=4, lag=5)["cell.tif"] == (
        "done", "Done again: The earlier run record cannot be read."
    )  # fmt: skip
    with monkeypatch.context() as other:
        other.setattr("ivea_fiji.results.finished.__version__", "99")
        status, sentence = again(folder, search_radius=4, lag=5)["cell.tif"]
    assert (status, sentence[:52]) == ("done", "Done again: The earlier results were made by version")
    status, sentence = again(folder, search_radius=4, lag=5, model="evit26")["cell.tif"]
    assert (status, sentence) == ("done", "Done again: Model (model) was 'evit28' before and is 'evit26' now.")


def test_another_network_of_the_same_name_and_another_mask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "in"
    write_movie(folder / "cell.tif")
    mask = tmp_path / "mask.tif"
    tifffile.imwrite(mask, np.ones((40, 48), np.uint8))
    os.utime(mask, (1, 1))
    given = {"cell_mask": str(mask)}
    again(folder, **given)
    assert again(folder, **given)["cell.tif"][0] == "kept"
    os.utime(mask, (time.time() + 60,) * 2)
    assert again(folder, **given)["cell.tif"] == (
        "done", "Done again: The cell mask 'mask.tif' has changed since the earlier run."
    )  # fmt: skip
    os.utime(mask, (1, 1))
    models = tmp_path / "models"
    shutil.copytree(ROOT / "models" / "evit28", models / "evit28")
    card = models / "evit28" / "card.json"
    card.write_text(card.read_text().replace('"version": "', '"version": "9', 1))
    monkeypatch.setenv("IVEA_MODELS_PATH", str(models))
    assert again(folder, **given)["cell.tif"] == (
        "done", "Done again: The model 'evit28' is not the one of the earlier run."
    )  # fmt: skip


def test_results_of_ivea_random_count_as_finished(tmp_path: Path) -> None:
    movie = write_movie(tmp_path / "in" / "cell.tif")
    out = tmp_path / "in_ivea" / "cell_ivea"
    assert main(["random", str(movie), "--out", str(out), "--no-overview", "--quiet"]) == 0
    assert again(tmp_path / "in") == {"cell.tif": ("kept", "")}
    assert again(tmp_path / "in", overview=True)["cell.tif"] == (
        "done", "Done again: Of the earlier results, cell_overview.png was missing."
    )  # fmt: skip


def test_settings_that_no_movie_can_cure_are_told_at_once(tmp_path: Path) -> None:
    write_movie(tmp_path / "in" / "cell.tif")
    with pytest.raises(ModelError, match="There is no model 'none'"):
        process_folder(tmp_path / "in", model="none")
    with pytest.raises(ParameterError, match="no event class 'sparks'"):
        process_folder(tmp_path / "in", classes="sparks")
    (tmp_path / "taken").write_text("x")
    with pytest.raises(OutputError, match="is a file"):
        process_folder(tmp_path / "in", tmp_path / "taken")
    assert not (tmp_path / "in_ivea").exists()


KILLED = """
import os, sys
from ivea_fiji.commands.batch import process_folder
move, moved = os.replace, []
def interrupted(source, target):
    if str(target).endswith("2_traces.csv"):
        os._exit(9)
    move(source, target)
os.replace = interrupted
process_folder(sys.argv[1], overview=False, threads=1)
"""


def test_a_batch_that_was_killed_while_it_wrote_goes_on(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "in_ivea"
    for k in (1, 2, 3):
        write_movie(folder / f"{k}.tif", seed=k)
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder)], cwd=ROOT, check=False, timeout=120)
    assert done.returncode == 9
    half = {path.name for path in (out / "2_ivea").iterdir()}
    assert "2_events.csv" in half, "else this is no half-written result"
    assert any(name.startswith(".ivea-") for name in half)
    assert again(folder) == {
        "1.tif": ("kept", ""), "2.tif": ("done", "Done again: The earlier results were not complete."),
        "3.tif": ("done", ""),
    }  # fmt: skip
    assert {path.name for path in (out / "2_ivea").iterdir()} == {
        f"2_{name}" for name in ("events.csv", "traces.csv", "summary.csv", "rois.zip", "run.json")
    }
    assert [row["movie"] for row in rows(out / "batch_events.csv")] == ["1.tif", "2.tif", "3.tif"]


def test_ctrl_c_ends_a_batch_with_its_tables(tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    import ivea_fiji.random_bursts as module

    for k in (1, 2, 3):
        write_movie(tmp_path / "in" / f"{k}.tif", seed=k)
    detect = module.detect_random

    def press(movie, params, *, progress):
        if Path(movie).name == "2.tif":
            signal.raise_signal(signal.SIGINT)
        return detect(movie, params, progress=progress)

    monkeypatch.setattr(module, "detect_random", press)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert main(["batch", str(tmp_path / "in"), "--no-overview", "--quiet"]) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert "The batch was stopped: 1 of 3 movies are finished, 2 are still to do" in capsys.readouterr().err
    assert [row["status"] for row in rows(tmp_path / "in_ivea" / "batch_files.csv")] == ["done", "waiting", "waiting"]


# ---------------------------------------------------------------------------- the menu


def test_the_command_of_the_menu(day: Path, tmp_path: Path) -> None:
    params = COMMAND.params.make(
        input_folder=str(day), output_folder=str(tmp_path / "r"), pattern="cell 0*;bad text*", overview=False
    )
    reply = COMMAND.run(params, None, Silent())
    assert reply.message == "1 of 2 movies are finished, 1 failed; 1 events in all."
    assert reply.notes[0].startswith("bad text.tif: 'bad text.tif' is not an image IVEA can read")
    assert (reply.folder, reply.temporary) == (str(tmp_path / "r"), False)
    shown = {table.kind: len(rows(Path(table.path))) for table in reply.tables}
    assert (list(shown), shown["files"], shown["events"]) == (["files", "events", "summary"], 2, 1)
    with pytest.raises(ParameterError, match="Name the folder of movies"):
        COMMAND.run(COMMAND.params(), None, Silent())


def test_the_folder_comes_first_in_the_dialog() -> None:
    assert list(COMMAND.params.model_fields)[:4] == ["input_folder", "output_folder", "pattern", "recursive"]
