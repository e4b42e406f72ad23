"""Commands of the menu, called as a host calls them but in this process."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import roifile
import tifffile
from command_material import DETECT, SETTINGS, described, planned, request, write_movie
from test_cli import _leave_no_trace  # noqa: F401 - a fixture

from ivea_fiji.cli.main import main
from ivea_fiji.commands.base import Command, Reply
from ivea_fiji.commands.calls import carry_out, plan, read_call
from ivea_fiji.commands.detect import params_for
from ivea_fiji.commands.modules import MODULES, params_from_record
from ivea_fiji.commands.registry import COMMANDS
from ivea_fiji.errors import Cancelled, IveaError, OutputError, ParameterError
from ivea_fiji.params import RandomParams
from ivea_fiji.params.base import Params, field
from ivea_fiji.progress import Silent
from ivea_fiji.results.record import load_record


@pytest.fixture(scope="module")
def movie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_movie(tmp_path_factory.mktemp("movie"))


@pytest.fixture(scope="module")
def truth(movie: Path) -> Path:
    """Return the folder `ivea random` makes."""
    folder = movie.parent / "cli"
    options = ["--confidence", "0.1", "--threads", "1", "--no-overview", "--quiet"]
    assert main(["random", str(movie), "--out", str(folder), *options]) == 0
    return folder


def run(name: str, params: dict[str, Any], image: dict[str, Any] | None = None) -> Reply:
    call = read_call(request(name, params, image))
    told = plan(call)
    pixels = planned(Path(image["path"]), told["planes"]) if image and told["mode"] == "shared" else None
    return carry_out(call, pixels, Silent())


def rows(path: str | Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# ---------------------------------------------------------------------------- the same as the command line


@pytest.mark.parametrize("modified", [False, True], ids=["path", "shared"])
def test_files_are_those_of_the_command_line(movie: Path, truth: Path, tmp_path: Path, modified: bool) -> None:
    image = described(movie, modified=modified)
    params = {**SETTINGS, "output_folder": str(tmp_path / "out")}
    assert plan(read_call(request(DETECT, params, image)))["mode"] == ("shared" if modified else "path")
    reply = run(DETECT, params, image)
    names = {"cell_events.csv", "cell_traces.csv", "cell_summary.csv", "cell_rois.zip"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names | {"cell_run.json"}
    assert len(rows(truth / "cell_events.csv")) > 0
    for name in names:
        assert (tmp_path / "out" / name).read_bytes() == (truth / name).read_bytes(), name
    old, new = (load_record(folder / "cell_run.json") for folder in (truth, tmp_path / "out"))
    assert new["parameters"] == old["parameters"]
    assert new["input"]["path"] == (None if modified else str(movie))
    assert (reply.folder, reply.temporary) == (str(tmp_path / "out"), False)


def test_what_the_reply_names_exists(movie: Path, tmp_path: Path) -> None:
    params = {**SETTINGS, "overview": True, "output_folder": str(tmp_path)}
    reply = run(DETECT, params, described(movie))
    events = rows(reply.tables[0].path)
    assert [table.kind for table in reply.tables] == ["events", "summary", "traces"]
    assert reply.message == f"cell.tif: {'1 event' if len(events) == 1 else f'{len(events)} events'} in 60 frames."
    assert reply.status == "done"
    assert reply.jump is not None
    assert reply.jump.table == "events"
    assert {reply.jump.frame, reply.jump.x, reply.jump.y, reply.jump.roi} <= set(events[0])
    marks = roifile.roiread(reply.rois)
    marks = marks if isinstance(marks, list) else [marks]
    for row, mark in zip(events, marks, strict=True):
        assert f"event: {row['event']}\n" in mark.props
    assert Path(reply.pictures[0].path).read_bytes()[:4] == b"\x89PNG"
    assert json.loads(json.dumps(reply.to_dict()))["jump"]["roi"] == "event"


def test_only_the_frames_asked_for_travel(movie: Path, tmp_path: Path) -> None:
    frames = {"first_frame": 11, "last_frame": 50}
    image = described(movie, modified=True)
    told = plan(read_call(request(DETECT, {**SETTINGS, **frames}, image)))
    assert told["planes"] == {"first": 11, "step": 1, "count": 40}
    sent = run(DETECT, {**SETTINGS, **frames, "output_folder": str(tmp_path / "sent")}, image)
    read = run(DETECT, {**SETTINGS, **frames, "output_folder": str(tmp_path / "read")}, described(movie))
    assert Path(sent.tables[0].path).read_bytes() == Path(read.tables[0].path).read_bytes()


def test_a_stand_in_is_read_instead_of_the_block(movie: Path, truth: Path, tmp_path: Path) -> None:
    copy = shutil.copy(movie, tmp_path / "ivea123.tif")
    image = {**described(movie), "path": "", "stand_in": str(copy)}
    call = read_call(request(DETECT, {**SETTINGS, "output_folder": str(tmp_path / "out")}, image))
    reply = carry_out(call, None, Silent())
    assert Path(reply.tables[0].path).name == "cell_events.csv"
    assert Path(reply.tables[0].path).read_bytes() == (truth / "cell_events.csv").read_bytes()


def test_without_a_folder_results_are_temporary(movie: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    reply = run(DETECT, SETTINGS, described(movie))
    assert reply.temporary
    assert Path(reply.folder).parent == tmp_path
    assert Path(reply.tables[0].path).is_file()


def test_nothing_is_left_of_what_was_stopped(movie: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stop(Silent):
        def cancelled(self) -> bool:
            return True

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    call = read_call(request(DETECT, SETTINGS, described(movie)))
    with pytest.raises(Cancelled):
        carry_out(call, None, Stop())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told_at_once(movie: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="name a folder"):
        run(DETECT, {**SETTINGS, "output_folder": str(tmp_path / "file")}, described(movie))


# ---------------------------------------------------------------------------- channel and selection


def test_channel_0_is_the_one_shown(movie: Path) -> None:
    image = described(movie, channels=2, frames=30, channel=2)
    for channel, first in ((0, 2), (1, 1), (2, 2)):
        told = plan(read_call(request(DETECT, {"channel": channel}, image)))
        assert told == {"mode": "shared", "planes": {"first": first, "step": 2, "count": 30}}


@pytest.fixture
def selection(tmp_path: Path) -> Path:
    path = tmp_path / "selection.roi"
    roi = roifile.ImagejRoi.frompoints([[0, 0], [32, 0], [32, 64], [0, 64]])
    roi.roitype = roifile.ROI_TYPE.POLYGON
    roi.tofile(path)
    return path


def test_the_selection_is_the_cell(movie: Path, selection: Path, tmp_path: Path) -> None:
    image = described(movie, selection=str(selection))
    everywhere = run(DETECT, {**SETTINGS, "output_folder": str(tmp_path / "all")}, image)
    reply = run(DETECT, {**SETTINGS, "use_selection": True, "output_folder": str(tmp_path / "out")}, image)
    record = load_record(tmp_path / "out" / "cell_run.json")
    assert record["input"]["cell_area_px"] == 32 * 64
    assert load_record(tmp_path / "all" / "cell_run.json")["input"]["cell_area_px"] == 64 * 64
    assert all(float(row["x_px"]) < 33 for row in rows(reply.tables[0].path))
    assert any(float(row["x_px"]) > 33 for row in rows(everywhere.tables[0].path))
    # The run can be repeated from its record once the host has removed its own file.
    selection.unlink()
    kept = Path(params_from_record(record).cell_mask)
    assert kept == tmp_path / "out" / "cell_cell.roi"
    assert main(["rerun", str(tmp_path / "out" / "cell_run.json"), "--out", str(tmp_path / "again"), "--quiet"]) == 0
    assert (tmp_path / "again" / "cell_events.csv").read_bytes() == Path(reply.tables[0].path).read_bytes()


@pytest.mark.parametrize(
    ("params", "drawn", "sentence"),
    [
        ({"use_selection": True}, False, "has no selection; draw the cell"),
        ({"use_selection": True, "cell_mask": "x.roi"}, True, "choose one of them"),
    ],
)
def test_selection_that_cannot_be_used(movie: Path, selection: Path, params: dict, drawn: bool, sentence: str) -> None:
    image = described(movie, selection=str(selection) if drawn else "")
    with pytest.raises(ParameterError, match=sentence):
        plan(read_call(request(DETECT, params, image)))


# ---------------------------------------------------------------------------- requests


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"protocol": 99, "command": "manage_models"}', "protocol 99 and the engine 1; update both"),
        ('{"protocol": 1, "command": "make_coffee"}', "no command 'make_coffee'; it has detect_random_bursts"),
        ('{"protocol": 1, "command": "about_ivea"}', "no command 'about_ivea'"),
        (request(DETECT, {}), "works on an image, and none is open"),
        (request(DETECT, {}, {"title": "", "width": 0, "height": 0}), "none is open"),
        (request(DETECT, {}, {"title": "x", "width": 4, "height": 4, "mood": "good"}), "told 'mood'"),
        (request(DETECT, {"confidence": 2}, {"title": "x", "width": 4, "height": 4}), r"Confidence \(confidence\)"),
        (request("simulate_movie", {"colour": "red"}), "no parameter 'colour'"),
    ],
)  # fmt: skip
def test_requests_that_are_refused(text: str, sentence: str) -> None:
    with pytest.raises(ParameterError, match=sentence):
        read_call(text)


def test_numbers_and_flags_may_be_text(movie: Path) -> None:
    params = {"confidence": "0.5", "search_radius": "4", "overview": "false", "lag": 5.0}
    call = read_call(request(DETECT, params, described(movie)))
    chosen = call.params.model_dump()
    assert {key: chosen[key] for key in params} == {"confidence": 0.5, "search_radius": 4, "overview": False, "lag": 5}


def test_an_image_that_is_no_movie_is_refused_before_pixels_travel(movie: Path) -> None:
    image = described(movie, frames=1, slices=60, z_step=0.3)
    with pytest.raises(IveaError, match="it is a Z stack"):
        plan(read_call(request(DETECT, {}, image)))
    told = plan(read_call(request(DETECT, {"z_is_time": "yes"}, image)))
    assert told["planes"]["count"] == 60


def test_an_image_whose_pixels_never_came(movie: Path) -> None:
    call = read_call(request(DETECT, {}, {**described(movie), "path": ""}))
    with pytest.raises(ParameterError, match="Neither the pixels nor the file"):
        carry_out(call, None, Silent())


class _Size(Params):
    factor: int = field(1, "Factor", "Multiplies.")


def test_a_command_without_a_plan_gets_all_planes(movie: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(params: _Size, image: Any, progress: Any) -> Reply:
        return Reply(f"{params.factor * image.pixels.shape[0]}")

    monkeypatch.setitem(COMMANDS, "size", Command("size", "Size It...", "Counts.", _Size, image="any", run=measure))
    image = described(movie, channels=2, slices=3, frames=10)
    assert plan(read_call(request("size", {}, image)))["planes"] == {"first": 1, "step": 1, "count": 60}
    assert run("size", {"factor": 2}, image).message == "120"


# ---------------------------------------------------------------------------- other commands


def test_simulate_movie(tmp_path: Path) -> None:
    params = {"recipe": "paper", "frames": 20, "height": 32, "width": 48, "events": 2, "output_folder": str(tmp_path)}
    reply = run("simulate_movie", params)
    assert tifffile.imread(reply.movie).shape == (20, 32, 48)
    truth = rows(reply.tables[0].path)
    assert reply.message == f"simulated: {len(truth)} true events in 20 frames."
    assert len(roifile.roiread(reply.rois)) == len(truth) == 2
    options = [f"--{name}={params[name]}" for name in ("recipe", "frames", "height", "width", "events")]
    assert main(["simulate", "--out", str(tmp_path / "cli"), *options, "--quiet"]) == 0
    assert (tmp_path / "cli" / "simulated.tif").read_bytes() == Path(reply.movie).read_bytes()


def test_models_are_listed_and_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "card.json").write_text("{}")
    monkeypatch.setenv("IVEA_MODELS_PATH", str(tmp_path))
    listed = run("manage_models", {})
    table = {row["model"]: row for row in rows(listed.tables[0].path)}
    assert {"evit28", "evit26"} <= set(table)
    assert table["evit28"]["frames"] == "28"
    assert {row["state"] for row in table.values()} == {"not looked at"}
    assert listed.message.endswith("models found.")
    verified = run("manage_models", {"action": "verify"})
    table = {row["model"]: row for row in rows(verified.tables[0].path)}
    assert table["evit28"]["state"] == "whole"
    assert "broken" in table
    assert table["broken"]["state"] != "whole"
    assert verified.message.endswith("not whole: broken.")


# ---------------------------------------------------------------------------- declarations


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_declarations_are_complete(command: Command) -> None:
    assert COMMANDS[command.name] is command
    assert command.help.endswith(".")
    assert " " in command.title  # a name without would be no macro command
    assert command.title.endswith("...") == bool(command.params.model_fields)
    for info in command.params.model_fields.values():
        assert isinstance(info.json_schema_extra, dict)
        assert info.json_schema_extra["label"]
        assert (info.description or "").endswith(".")
    assert command.params.make() == command.params()


def test_the_module_gets_its_own_parameters(movie: Path) -> None:
    call = read_call(request(DETECT, {"channel": 0}, described(movie)))
    assert call.image is not None
    module = params_for(MODULES["random_bursts"], call.params, replace(call.image, channel=3))
    assert type(module) is RandomParams
    assert module == RandomParams(channel=3)
