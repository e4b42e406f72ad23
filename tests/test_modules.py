"""A module is one declaration: what every declaration keeps to, and that one is enough for menu, batch and rerun."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import roifile
import tifffile
from command_material import described
from movie_material import flash, noise
from test_cli import _leave_no_trace  # noqa: F401 - a fixture

import ivea_fiji
from ivea_fiji.cli.main import main
from ivea_fiji.commands import modules
from ivea_fiji.commands.batch import batch_command, batch_params, process_folder
from ivea_fiji.commands.detect import detect_command
from ivea_fiji.commands.module import Count, Module
from ivea_fiji.commands.modules import MODULES, params_from_record
from ivea_fiji.errors import ParameterError
from ivea_fiji.movie import ImageInput, Movie, open_movie
from ivea_fiji.params import MovieParams, Params
from ivea_fiji.params import field as parameter
from ivea_fiji.progress import Silent, step
from ivea_fiji.results.columns import SUMMARY_COLUMNS, Column
from ivea_fiji.results.record import describe_result, load_record
from ivea_fiji.results.tables import write_table
from ivea_fiji.results.writer import write_run

# ---------------------------------------------------------------------------- every declaration


@pytest.fixture(params=MODULES.values(), ids=list(MODULES))
def module(request: pytest.FixtureRequest) -> Module[Any, Any]:
    return request.param


def test_what_a_declaration_keeps_to(module: Module[Any, Any]) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", module.name)
    assert hasattr(ivea_fiji, module.python)
    assert {"events", "rois", "run"} <= set(module.always)
    assert module.files["run"].endswith("_run.json")
    assert set(module.columns) <= set(module.files)
    assert set(module.columns) == {kind for kind, ending in module.files.items() if ending.endswith(".csv")}
    assert set(module.pooled) <= set(module.columns)
    assert set(module.shown) <= set(module.columns)
    assert set(module.output.model_fields) | set(module.pictures) <= set(module.files)
    assert all(info.annotation is bool for info in module.output.model_fields.values())
    assert {"channel", "cell_mask"} <= set(module.params.model_fields)
    table = [column.name for column in module.columns[module.jump.table]]
    assert {module.jump.frame, module.jump.x, module.jump.y} <= set(table)
    assert module.help.endswith(".")


def test_modules_share_no_name_and_no_file() -> None:
    ways = [
        [module.name for module in MODULES.values()],
        [name for module in MODULES.values() for name in (module.cli, module.batch_command)],
        [module.batch_entry for module in MODULES.values()],
        [module.pool.prefix for module in MODULES.values()],
        [ending for module in MODULES.values() for ending in module.files.values()],
    ]
    for names in ways:
        assert len(names) == len(set(names)), names


def test_settings_are_checked_before_a_batch(module: Module[Any, Any]) -> None:
    model = module.check(module.params())
    assert set(model) == set() or {"name", "version", "sha256", "threshold"} <= set(model)


# ---------------------------------------------------------------------------- a new one


class BlobParams(MovieParams):
    """Brightest pixels."""

    least: float = parameter(1000.0, "Least", "Smallest intensity of a blob.", unit="counts", ge=0)


class BlobOutput(Params):
    """What can be left out."""

    mean: bool = parameter(True, "Mean image", "Also write the mean of all frames.")


@dataclass(frozen=True)
class Blob:
    event: int
    frame: int
    y: int
    x: int


@dataclass(frozen=True)
class Blobs:
    movie: Movie
    params: BlobParams
    events: tuple[Blob, ...]
    mean: np.ndarray
    model: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)


FILES = {
    "events": "_blob_events.csv", "summary": "_blob_summary.csv", "rois": "_blob_rois.zip", "mean": "_blob_mean.tif",
    "run": "_blob_run.json",
}  # fmt: skip
COLUMNS = (
    Column("event", "", None, "Number.", lambda blob: blob.event),
    Column("frame", "", None, "Frame, from 1.", lambda blob: blob.frame + 1),
    Column("x_px", "px", 1, "Place.", lambda blob: blob.x),
    Column("y_px", "px", 1, "Place.", lambda blob: blob.y),
)


def find_blobs(movie: Any, params: BlobParams, progress: Any) -> Blobs:
    """Return the frames whose brightest pixel is bright enough, once per run of such frames."""
    opened = open_movie(movie, params)
    frames = opened.read(0, opened.shape[0])
    events: list[Blob] = []
    for t, frame in enumerate(frames):
        step(progress, "blobs", t, len(frames))
        y, x = np.unravel_index(frame.argmax(), frame.shape)
        if frame[y, x] >= params.least and (not events or events[-1].frame < t - 1):
            events.append(Blob(len(events) + 1, t, int(y), int(x)))
    notes = () if events else (f"No blob reaches {params.least:g} counts.",)
    return Blobs(opened, params, tuple(events), frames.mean(axis=0), notes=notes, timings={"blobs": 0.5})


def write_blobs(result: Blobs, folder: Path, *, mean: bool = True, seconds: float | None = None) -> dict[str, Path]:
    rois = [
        roifile.ImagejRoi.frompoints([[b.x, b.y], [b.x + 1, b.y], [b.x, b.y + 1]], name=str(b.event))
        for b in result.events
    ]
    makers = {
        "events": lambda path: write_table(path, COLUMNS, ((blob,) for blob in result.events)),
        "summary": lambda path: write_table(path, SUMMARY_COLUMNS, [(("blobs", len(result.events), ""),)]),
        "rois": lambda path: roifile.roiwrite(path, rois) if rois else path.write_bytes(b"PK\x05\x06" + bytes(18)),
    }
    if mean:
        makers["mean"] = lambda path: tifffile.imwrite(path, result.mean.astype(np.float32))
    return write_run(
        Path(folder), result.movie, FILES, makers,
        lambda: describe_result("blobs", result, {"counts": {"big": 0}}, seconds),
        stale=() if mean else ("mean",),
    )  # fmt: skip


BLOBS: Module[BlobParams, Blobs] = Module(
    name="blobs",
    title="Bright Blobs",
    help="Find bright blobs.",
    events="bright blobs",
    cli="blobs",
    python="open_movie",
    params=BlobParams,
    detect=find_blobs,
    write=write_blobs,
    check=lambda params: {},
    files=FILES,
    columns={"events": COLUMNS, "summary": SUMMARY_COLUMNS},
    shown=("events", "summary"),
    pictures=("mean",),
    output=BlobOutput,
    counts=lambda result: [Count("left", "on the left", sum(blob.x < 24 for blob in result.events))],
    says=lambda result: f"{len(result.events)} blobs",
)


@pytest.fixture
def blobs(monkeypatch: pytest.MonkeyPatch) -> Module[Any, Any]:
    monkeypatch.setitem(modules.MODULES, "blobs", BLOBS)
    return BLOBS


@pytest.fixture
def movie(tmp_path: Path) -> Path:
    frames = noise(40, 40, 48, seed=3)
    flash(frames, 18, 20, 30, height=2000, decay=1)
    path = tmp_path / "in" / "cell.tif"
    path.parent.mkdir()
    scale = {"axes": "TYX", "finterval": 0.1, "unit": "micron"}
    tifffile.imwrite(path, frames.astype(np.uint16), imagej=True, resolution=(10, 10), metadata=scale)
    return path


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_new_module_on_the_command_line(blobs, movie: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "r"
    assert main(["blobs", str(movie), "--out", str(out), "--no-mean"]) == 0
    printed = capsys.readouterr().out
    assert "  1 blobs:\n       0  on the left\n" in printed
    assert {path.name for path in out.iterdir()} == {f"cell_blob_{name}" for name in (
        "events.csv", "summary.csv", "rois.zip", "run.json"
    )}  # fmt: skip
    assert [(row["frame"], row["x_px"]) for row in rows(out / "cell_blob_events.csv")] == [("19", "30.0")]
    record = load_record(out / "cell_blob_run.json")
    assert (record["module"], record["counts"], record["model"]) == ("blobs", {"events": 1, "big": 0}, {})
    assert params_from_record(record) == BlobParams()

    assert main(["rerun", str(out / "cell_blob_run.json"), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["same_events"], again["differences"], again["counts"]) == (True, [], {"left": 0})
    assert (tmp_path / "r_rerun" / "cell_blob_mean.tif").is_file()

    assert main(["blobs", str(movie), "--least", "-1"]) == 2
    assert "Least (least): the value" in capsys.readouterr().err


def test_a_batch_of_a_new_module(blobs, movie: Path, capsys) -> None:
    folder, out = movie.parent, movie.parent.with_name("in_ivea")
    (folder / "bad.tif").write_text("no image")
    assert main(["batch-blobs", str(folder), "--least", "900"]) == 1
    assert "1 of 2 movies are finished, 1 failed; 1 events in all." in capsys.readouterr().out
    assert {path.name for path in out.iterdir()} == {
        "batch_blob_files.csv", "batch_blob_events.csv", "batch_blob_summary.csv", "cell_ivea"
    }  # fmt: skip
    assert [(row["movie"], row["x_px"]) for row in rows(out / "batch_blob_events.csv")] == [("cell.tif", "30.0")]

    def again(**changes: Any) -> tuple[str, str]:
        report = process_folder(folder, module="blobs", pattern="cell*", **{"least": 900, **changes})
        return report.files[0].status, report.files[0].sentence

    assert again() == ("kept", "")
    assert again(mean=False) == ("kept", "")
    told = "Done again: Least (least) was 900.0 before and is 1e+06 now. No blob reaches 1e+06 counts."
    assert again(least=1e6) == ("done", told.replace("1e+06 now", "1000000.0 now"))
    (out / "cell_ivea" / "cell_blob_mean.tif").unlink()
    assert again(least=1e6, mean=False) == ("kept", "No blob reaches 1e+06 counts.")
    assert again(least=1e6)[1].startswith("Done again: Of the earlier results, cell_blob_mean.tif was missing.")


def test_results_of_two_modules_share_a_folder(blobs, movie: Path) -> None:
    process_folder(movie.parent, overview=False, threads=1)
    before = {path: path.read_bytes() for path in movie.parent.with_name("in_ivea").rglob("*") if path.is_file()}
    process_folder(movie.parent, module="blobs")
    assert {path: path.read_bytes() for path in before} == before
    report = process_folder(movie.parent, overview=False, threads=1)
    assert report.files[0].status == "kept"


def test_the_menu_entries_of_a_new_module(blobs, movie: Path, tmp_path: Path) -> None:
    command = detect_command(BLOBS)
    assert (command.name, command.title, command.advanced_twin) == ("detect_blobs", "Detect Bright Blobs...", True)
    selection = tmp_path / "selection.roi"
    roifile.ImagejRoi.frompoints([[2, 2], [40, 2], [40, 30], [2, 30]]).tofile(selection)
    params = command.params.make(use_selection=True, output_folder=str(tmp_path / "r"))
    image = ImageInput(**described(movie, selection=str(selection)))
    assert command.plan is not None
    assert command.plan(params, image) is None
    reply = command.run(params, image, Silent())  # type: ignore[misc]
    assert reply.message == "cell.tif: 1 blobs in 40 frames."
    assert [(table.kind, table.title) for table in reply.tables] == [
        ("events", "cell.tif blob events"), ("summary", "cell.tif blob summary")
    ]  # fmt: skip
    assert [picture.title for picture in reply.pictures] == ["cell.tif blob mean"]
    kept = params_from_record(load_record(tmp_path / "r" / "cell_blob_run.json")).cell_mask
    assert Path(kept) == tmp_path / "r" / "cell_blob_cell.roi"
    assert Path(kept).read_bytes() == selection.read_bytes()

    batch = batch_command(BLOBS)
    assert (batch.name, batch.title) == ("batch_blobs", "Batch Bright Blobs...")
    assert batch.help == "Find and measure bright blobs in all movies of a folder."
    assert list(batch.params.model_fields)[:4] == ["input_folder", "output_folder", "pattern", "recursive"]
    assert set(batch_params(BLOBS).model_fields) == {*BlobParams.model_fields, "pattern", "recursive", "mean"}
    reply = batch.run(batch.params.make(input_folder=str(movie.parent)), None, Silent())  # type: ignore[misc]
    assert [table.title for table in reply.tables] == ["batch blob files", "batch blob events", "batch blob summary"]


def test_what_is_no_module(movie: Path) -> None:
    with pytest.raises(ParameterError, match="There is no module 'blobs'; there is random_bursts"):
        process_folder(movie.parent, module="blobs")
    with pytest.raises(ParameterError, match="'blobs', which cannot be repeated"):
        params_from_record({"module": "blobs", "parameters": {}})
    assert params_from_record({"parameters": {}}) == MODULES["random_bursts"].params()
