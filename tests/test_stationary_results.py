"""The files of stationary bursts: columns, ROIs, traces, picture, record."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from roifile import roiread
from synapse_material import flash, response, rule_model, synapses

from ivea_fiji.errors import OutputError
from ivea_fiji.movie.movie import Movie
from ivea_fiji.movie.sources import ArraySource
from ivea_fiji.results.rois import read_rois
from ivea_fiji.results.stationary_columns import COLUMNS, WHOLE_COLUMNS, WINDOW_COLUMNS
from ivea_fiji.results.stationary_overview import stationary_overview
from ivea_fiji.results.stationary_rois import EVOKED, SPONTANEOUS, SYNCHRONOUS
from ivea_fiji.results.stationary_tables import QUANTITIES, stationary_frame
from ivea_fiji.results.stationary_writer import STATIONARY_FILES, write_stationary
from ivea_fiji.stationary_bursts import detect_stationary
from ivea_fiji.synapses.model import StationaryResult

FRAMES = 120


@pytest.fixture(scope="module")
def result() -> StationaryResult:
    patch = pytest.MonkeyPatch()
    rule_model(patch)
    courses = {**{k: response(FRAMES, 60, 75) for k in range(4)}, 4: flash(FRAMES, 30, 6)}
    movie = Movie(
        ArraySource(synapses(courses, FRAMES).astype(np.uint16)), "cell.tif", frame_interval_s=0.5, pixel_size_um=0.2,
        first_frame=10,
    )  # fmt: skip
    found = detect_stationary(movie, stimuli="71-86")
    patch.undo()
    return found


@pytest.fixture(scope="module")
def files(result, tmp_path_factory) -> dict[str, Path]:
    return write_stationary(result, tmp_path_factory.mktemp("out"), training_rois=True, seconds=1.5)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_kind_is_written(files):
    assert set(files) == set(STATIONARY_FILES)
    assert all(path.is_file() and path.name.startswith("cell_stationary_") for path in files.values())


def test_tables_have_their_columns(files):
    for kind in ("events", "sites", "stimuli", "traces", "summary"):
        with files[kind].open(encoding="utf-8") as file:
            assert file.readline().strip().split(",") == [column.name for column in COLUMNS[kind]]


def test_events(files, result):
    table = rows(files["events"])
    assert len(table) == len(result.events)
    for row, event in zip(table, result.events, strict=True):
        assert int(row["frame"]) == event.frame + 11  # from 1, the first ten of the file left out
        assert int(row["first_frame"]) == event.onset + 11
        assert float(row["t_s"]) == pytest.approx((event.frame + 10) * 0.5)
        assert float(row["x_um"]) == pytest.approx(event.x * 0.2)
        assert row["stimulus"] == str(event.stimulus)
        if event.stimulus:
            assert int(row["latency_frames"]) == event.onset - 60
            assert float(row["latency_s"]) == pytest.approx((event.onset - 60) * 0.5)
        else:
            assert row["latency_frames"] == row["latency_s"] == ""
        assert row["peak_of_pool"] == ""
    frame = stationary_frame(result)
    assert frame["frame"].tolist() == [int(row["frame"]) for row in table]
    assert np.isnan(frame["latency_frames"]).sum() == sum(not e.stimulus for e in result.events)


def test_sites_count_their_activations(files, result):
    table = rows(files["sites"])
    assert [int(row["site"]) for row in table] == list(range(1, len(result.sites) + 1))
    assert sum(int(row["activations"]) for row in table) == len(result.events)
    for row in table:
        assert int(row["activations"]) == int(row["synchronous"]) + int(row["spontaneous"])
        assert float(row["response_probability"]) == (1 if int(row["synchronous"]) else 0)


def test_stimuli(files, result):
    (row,) = rows(files["stimuli"])
    synchronous = [e for e in result.events if e.stimulus == 1]
    assert (row["kind_name"], row["source_name"]) == ("stimulus", "given")
    assert (row["first_frame"], row["last_frame"], row["lasts_s"]) == ("71", "86", "8.0000")
    assert int(row["events"]) == len(synchronous) == int(row["sites"])
    mean = sum(e.latency for e in synchronous) / len(synchronous)
    assert float(row["mean_latency_frames"]) == pytest.approx(mean, abs=1e-3)
    assert float(row["mean_latency_s"]) == pytest.approx(0.5 * mean, abs=1e-3)


def test_windows_begin_before_the_onset_and_end_with_the_movie(files, result):
    table = rows(files["traces"])
    first = [row for row in table if row["event"] == "1"]
    event = result.events[0]
    offsets = [int(row["offset_frames"]) for row in first]
    assert offsets == list(range(max(-20, -event.onset), min(150, FRAMES - 1 - event.onset) + 1))
    row = first[offsets.index(0)]
    assert float(row["raw"]) == pytest.approx(result.raw[event.site - 1, event.onset], rel=1e-5)
    before = [float(row["df"]) for row in first if -10 <= int(row["offset_frames"]) < 0]
    assert np.median(before) == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_whole_traces(files, result, quantity):
    table = rows(files[f"sites_{quantity}"])
    assert len(table) == FRAMES
    assert list(table[0]) == ["frame", "t_s", *(f"site_{s.site}" for s in result.sites)]
    assert [int(row["frame"]) for row in table] == list(range(11, FRAMES + 11))
    values = np.array([[float(row[f"site_{s.site}"] or "nan") for row in table] for s in result.sites])
    np.testing.assert_allclose(values, result.site_values(quantity), rtol=1e-5, atol=1e-9)
    assert "e" not in "".join("".join(v for k, v in row.items() if k != "frame") for row in table)


def test_summary(files, result):
    told = {row["quantity"]: row["value"] for row in rows(files["summary"])}
    assert int(told["activations"]) == len(result.events)
    assert int(told["synchronous"]) + int(told["spontaneous"]) == len(result.events)
    assert int(told["sites"]) == len(result.sites)
    assert float(told["duration_s"]) == FRAMES * 0.5
    rate = 60 * int(told["spontaneous"]) / (len(result.sites) * FRAMES * 0.5)
    assert float(told["spontaneous_per_site_per_min"]) == pytest.approx(rate, rel=1e-4)


def test_rois_stand_on_their_frames(files, result):
    for event, roi in zip(result.events, roiread(files["rois"]), strict=True):
        frame = event.frame + 11
        assert roi.position == frame
        tail = f"frame {frame}-Stim {event.stimulus}, {event.class_name}"
        assert roi.name == f"{event.event}-event {{{event.site}}} | {tail}"
        properties = dict(line.split(": ", 1) for line in roi.props.splitlines())
        assert properties["probability"] == f"{event.probability:.4f}"
        assert properties["site"] == str(event.site)
        assert ("latency_frames" in properties) == bool(event.stimulus)
        assert (roi.group > SYNCHRONOUS) == bool(event.stimulus)
    for event, mark in zip(result.events, read_rois(files["rois"]), strict=True):
        assert (mark.y, mark.x) == pytest.approx((event.y, event.x))
        assert (mark.class_id, mark.event, mark.radius) == (event.class_id, event.event, 3)


def test_rois_of_synapses_are_on_all_frames(files, result):
    for site, roi in zip(result.sites, roiread(files["site_rois"]), strict=True):
        assert roi.position == 0
        assert roi.group == (EVOKED if site.synchronous else SPONTANEOUS)
        assert roi.name.startswith(f"synapse {site.site} | {len(site.events)} activation")


def test_training_rois_stand_on_the_onset(files, result):
    marks = read_rois(files["training_rois"])
    assert len(marks) == len(result.events) + len(result.rejected)
    for event, mark in zip(result.events, marks, strict=False):
        assert mark.frame == event.onset + 11
        assert mark.class_id == event.class_id


def test_record(files, result):
    record = json.loads(files["run"].read_text(encoding="utf-8"))
    assert record["module"] == "stationary_bursts"
    assert record["counts"]["events"] == len(result.events)
    assert record["counts"]["sites"] == len(result.sites)
    assert record["counts"]["candidates"] == len(result.events) + len(result.rejected)
    assert record["stimuli"] == [{"number": 1, "kind": "stimulus", "start": 71, "end": 86, "given": True}]
    assert record["parameters"]["stimuli"] == "71-86"
    assert record["learned"]["normalised_to"] == "peak"
    assert record["seconds"] == 1.5


def test_the_picture_tells_what_was_found(result):
    figure = stationary_overview(result)
    texts = " ".join(text.get_text() for text in figure.texts)
    assert f"{len(result.events)} activations at {len(result.sites)} synapses" in texts
    assert "synchronous with 1 stimulus" in texts
    assert len(figure.axes) == 4


def test_nothing_found_is_written_too(tmp_path):
    patch = pytest.MonkeyPatch()
    rule_model(patch)
    still = detect_stationary(synapses({}, 60).astype(np.uint16))
    patch.undo()
    files = write_stationary(still, tmp_path)
    assert rows(files["events"]) == rows(files["sites"]) == rows(files["traces"]) == []
    assert roiread(files["rois"]) == [] or not files["rois"].stat().st_size > 100
    assert {row["quantity"]: row["value"] for row in rows(files["summary"])}["activations"] == "0"


def test_unknown_scales_leave_cells_empty(result, tmp_path):
    from dataclasses import replace

    bare = replace(result, movie=replace(result.movie, frame_interval_s=None, pixel_size_um=None))
    files = write_stationary(bare, tmp_path)
    row = rows(files["events"])[0]
    assert (row["t_s"], row["x_um"], row["rise_s"]) == ("", "", "")
    assert row["frame"] != ""
    assert math.isfinite(float(row["x_px"]))


def test_results_of_another_movie_are_not_replaced(result, files, tmp_path):
    folder = files["run"].parent
    record = json.loads(files["run"].read_text(encoding="utf-8"))
    record["input"]["path"] = "/elsewhere/cell.tif"
    (tmp_path / files["run"].name).write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(OutputError, match="another movie"):
        write_stationary(result, tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    assert folder.exists()


def test_many_numbers_are_written_as_one_is() -> None:
    values = [0.0, -0.0, -1e-9, 1.5, 123456789.0, 1e-7, -2.25, float("nan"), float("inf"), 99999.95, 3]
    for column in (*WINDOW_COLUMNS, *WHOLE_COLUMNS):
        assert column.texts(values) == [column.text(value) for value in values]
