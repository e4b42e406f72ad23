"""Hotspot areas from a movie to its files."""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import roifile
import tifffile
from hotspot_material import HOTSPOTS, SIGMA, sensors

import ivea_fiji
from ivea_fiji.cli.main import main
from ivea_fiji.errors import Cancelled, MovieError, OutputError, ParameterError
from ivea_fiji.hotspot_areas import check_settings, detect_hotspots
from ivea_fiji.movie import Movie
from ivea_fiji.movie.mask import roi_mask
from ivea_fiji.movie.regions import read_regions
from ivea_fiji.movie.sources import ArraySource
from ivea_fiji.params.hotspot import HotspotParams
from ivea_fiji.params.simulation import SimulationParams
from ivea_fiji.results.hotspot_writer import HOTSPOT_FILES, write_hotspot_areas
from ivea_fiji.simulation.sensors import SENSOR_MIXES, above_mid, simulate_sensors
from ivea_fiji.simulation.simulate import simulate
from ivea_fiji.simulation.writer import read_truth, write_simulation


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    return np.rint(sensors()).astype(np.uint16)


@pytest.fixture(scope="module")
def result(frames):
    return detect_hotspots(frames, pixel_size_um=0.2, frame_interval_s=0.1)


@pytest.fixture(scope="module")
def folder(frames, result, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("hotspots")
    write_hotspot_areas(result, path)
    return path


def table(folder: Path, kind: str) -> list[dict[str, str]]:
    with next(folder.glob(f"*{HOTSPOT_FILES[kind]}")).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def spans(result) -> list[tuple[int, int]]:
    return [(e.start, e.end) for e in result.events]


# ---------------------------------------------------------------------------- what is found


def test_events_are_found_where_and_when_they_are(result) -> None:
    assert spans(result) == [(start, end) for start, end, _, _ in HOTSPOTS]
    for event, (_, _, y, x) in zip(result.events, HOTSPOTS, strict=True):
        assert np.hypot(event.y - y, event.x - x) < 1
        assert event.complete
        radius = SIGMA * np.sqrt(2 * np.log(2))
        # Blurred by 2 px, and brighter where the layer is.
        assert len(event.footprint) == pytest.approx(np.pi * radius**2, rel=0.5)
        assert event.peak_df / event.baseline == pytest.approx(0.17, abs=0.04)  # of frames blurred by 2 px


def test_the_same_place_again_is_the_same_site(result) -> None:
    assert [(e.event, e.site, e.at_site) for e in result.events] == [(1, 1, 1), (2, 2, 1), (3, 1, 2)]
    assert result.activity[0].max() == 2
    assert result.activity[1].max() == pytest.approx(18, abs=1)


def test_a_trace_is_flat_before_although_the_layer_bleaches(result) -> None:
    for event in result.events:
        before = event.trace.df[: event.start - event.trace.first]
        assert np.abs(before).max() < 0.15 * event.peak_df
        assert len(event.trace.raw) == len(event.trace.df) == len(event.trace.background)


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_found_where_nothing_happens(seed: int) -> None:
    result = detect_hotspots(sensors(seed=seed + 5, df_f=0))
    assert result.events == ()
    assert any("No hotspots were found" in note for note in result.notes)


@pytest.mark.parametrize("kind", ["uint8", "uint16", "int16", "float32"])
def test_any_pixel_type(frames, kind: str) -> None:
    scaled = np.clip(frames / 4.0, 0, 255) if kind == "uint8" else frames
    assert spans(detect_hotspots(scaled.astype(kind))) == [(start, end) for start, end, _, _ in HOTSPOTS]


def test_nan_and_infinity_are_repaired(frames) -> None:
    broken = frames.astype(np.float32)
    broken[5, 3, 3], broken[30, 50, 10] = np.nan, np.inf
    result = detect_hotspots(broken)
    assert spans(result) == [(start, end) for start, end, _, _ in HOTSPOTS]
    assert any("NaN" in note for note in result.notes)


@pytest.mark.parametrize("workers", [1, 3])
def test_blocks_and_threads_do_not_show(frames, monkeypatch, tmp_path, folder, workers: int) -> None:
    monkeypatch.setattr("ivea_fiji.hotspot_areas._BLOCK_BYTES", 7 * 4 * frames[0].size)
    monkeypatch.setattr("ivea_fiji.hotspot_areas._WORKERS", workers)
    again = detect_hotspots(frames, pixel_size_um=0.2, frame_interval_s=0.1)
    write_hotspot_areas(again, tmp_path)
    same_files(folder, tmp_path)


def test_the_same_run_gives_the_same_bytes(frames, tmp_path, folder) -> None:
    write_hotspot_areas(detect_hotspots(frames, pixel_size_um=0.2, frame_interval_s=0.1), tmp_path)
    same_files(folder, tmp_path)


def same_files(one: Path, other: Path) -> None:
    for kind, ending in HOTSPOT_FILES.items():
        (first,), (second,) = one.glob(f"*{ending}"), other.glob(f"*{ending}")
        if kind != "run":
            assert first.read_bytes() == second.read_bytes(), kind


def test_turning_the_movie_turns_the_events(frames, result) -> None:
    turned = detect_hotspots(np.ascontiguousarray(frames[:, :, ::-1]))
    assert spans(turned) == spans(result)
    for one, other in zip(result.events, turned.events, strict=True):
        assert frames.shape[2] - 1 - other.x == pytest.approx(one.x, abs=0.3)


def test_events_outside_the_mask_are_left_out(frames, tmp_path) -> None:
    mask = np.zeros(frames.shape[1:], np.uint8)
    mask[:44] = 255
    tifffile.imwrite(tmp_path / "cell.tif", mask)
    found = detect_hotspots(frames, cell_mask=str(tmp_path / "cell.tif"))
    assert spans(found) == [HOTSPOTS[0][:2], HOTSPOTS[2][:2]]
    mask[:] = 0
    mask[:5, :5] = 255
    tifffile.imwrite(tmp_path / "corner.tif", mask)
    assert "outside the cell mask" in detect_hotspots(frames, cell_mask=str(tmp_path / "corner.tif")).notes[-1]


def test_an_event_at_the_end_is_not_complete(frames) -> None:
    found = detect_hotspots(frames, last_frame=66)
    assert [(e.start, e.end, e.complete) for e in found.events][-1] == (60, 65, False)


def test_tracking_ends_after_the_longest_time(frames) -> None:
    lasting = frames.copy()
    lasting[62:] = lasting[62]
    assert not detect_hotspots(lasting, longest_event=12).events[-1].complete


def test_a_fixed_threshold_is_taken(frames) -> None:
    assert detect_hotspots(frames, fixed_threshold=1e6).events == ()
    assert len(detect_hotspots(frames, fixed_threshold=30).events) == 3


@pytest.mark.parametrize("correction", ["dart", "none"])
def test_without_correction_a_flickering_lamp_hides_or_feigns_events(correction: str) -> None:
    flickering = sensors(flicker=0.05, noise=5)
    right = [(start, end) for start, end, _, _ in HOTSPOTS]
    assert spans(detect_hotspots(flickering)) == right
    if correction == "none":
        assert spans(detect_hotspots(flickering, correction=correction)) != right


def test_short_movies() -> None:
    assert detect_hotspots(sensors(frames=3)).events == ()


# ---------------------------------------------------------------------------- bad input


def test_bad_input_is_one_sentence(tmp_path, frames) -> None:
    with pytest.raises(MovieError, match="only one frame"):
        detect_hotspots(frames[:1])
    with pytest.raises(MovieError, match="blank"):
        detect_hotspots(np.zeros((9, 20, 20), np.uint8))
    with pytest.raises(ParameterError, match="Layers"):
        detect_hotspots(frames, layers=0)
    with pytest.raises(ParameterError, match="background region"):
        check_settings(HotspotParams(background_region="here"))
    with pytest.raises(ParameterError, match="does not lie within"):
        detect_hotspots(frames, background_region="80,0,20,20")
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError):
        write_hotspot_areas(detect_hotspots(frames, last_frame=20), tmp_path / "file")


def test_a_run_can_be_stopped(frames) -> None:
    class Stop:
        def update(self, stage: str, done: int, total: int) -> None:
            pass

        def cancelled(self) -> bool:
            return True

    with pytest.raises(Cancelled):
        detect_hotspots(frames, progress=Stop())


# ---------------------------------------------------------------------------- files


def test_the_event_table(folder, result) -> None:
    rows = table(folder, "events")
    assert [(int(r["start_frame"]) - 1, int(r["end_frame"]) - 1) for r in rows] == spans(result)
    assert [int(r["duration_frames"]) for r in rows] == [8, 5, 10]
    assert [float(r["duration_s"]) for r in rows] == pytest.approx([0.8, 0.5, 1.0])
    assert [r["site"] for r in rows] == ["1", "2", "1"]
    for row in rows:
        assert float(row["largest_area_um2"]) == pytest.approx(int(row["largest_area_px"]) * 0.04, abs=1e-3)
    frame = result.to_dataframe()
    assert frame["start_frame"].tolist() == [int(r["start_frame"]) for r in rows]


def test_areas_and_traces(folder, result) -> None:
    areas = table(folder, "areas")
    assert len(areas) == 8 + 5 + 10
    for event in result.events:
        mine = [int(r["area_px"]) for r in areas if int(r["event"]) == event.event]
        assert max(mine) == event.areas.size[event.largest]
    traces = table(folder, "traces")
    starts = [r for r in traces if r["offset_frames"] == "0"]
    assert [int(r["frame"]) for r in starts] == [start + 1 for start, *_ in HOTSPOTS]


def test_the_summary(folder) -> None:
    told = {row["quantity"]: row["value"] for row in table(folder, "summary")}
    assert (told["events"], told["sites"], told["sites_active_again"]) == ("3", "2", "1")
    assert told["duration_frames_median"] == "8"


def test_rois_are_the_areas(folder, result, frames) -> None:
    (path,) = folder.glob(f"*{HOTSPOT_FILES['rois']}")
    found, notes = read_regions(path, frames.shape[1:], 3)
    assert notes == []
    for region, event in zip(found, result.events, strict=True):
        assert region.frame == event.frame + 1
        assert len(region.y) == event.areas.size[event.largest]
        assert set(region.y * frames.shape[2] + region.x) <= set(event.footprint.tolist())
    (path,) = folder.glob(f"*{HOTSPOT_FILES['outlines']}")
    outlines = roifile.ImagejRoi.fromfile(path)
    assert len(outlines) == sum(int((e.areas.size > 0).sum()) for e in result.events)
    assert {roi.roitype.name for roi in outlines} == {"TRACED"}
    first = roi_mask(outlines[0], frames.shape[1:])
    assert first is not None
    assert first.sum() == result.events[0].areas.size[np.flatnonzero(result.events[0].areas.size)[0]]


def test_activity_is_an_imagej_stack(folder, result) -> None:
    (path,) = folder.glob(f"*{HOTSPOT_FILES['activity']}")
    with tifffile.TiffFile(path) as tiff:
        assert tiff.is_imagej
        np.testing.assert_array_equal(tiff.asarray(), result.activity)
        assert tiff.imagej_metadata["Labels"] == ["events", "active frames"]


def test_pictures_are_drawn_and_can_be_left_out(folder, result, tmp_path) -> None:
    for kind in ("overview", "heat_map"):
        (path,) = folder.glob(f"*{HOTSPOT_FILES[kind]}")
        assert path.read_bytes()[:4] == b"\x89PNG"
    written = write_hotspot_areas(result, tmp_path, overview=True, heat_map=True)
    again = write_hotspot_areas(result, tmp_path, overview=False, heat_map=False, outlines=False)
    assert set(written) - set(again) == {"overview", "heat_map", "outlines"}
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in again.values()}


def test_nothing_found_is_written_too(tmp_path) -> None:
    files = write_hotspot_areas(detect_hotspots(sensors(seed=3, df_f=0)), tmp_path)
    assert table(tmp_path, "events") == []
    assert zipfile.ZipFile(files["rois"]).namelist() == []
    assert files["overview"].stat().st_size > 1000


def test_a_channel_and_z_stack_guard_are_those_of_all_modules(frames, tmp_path) -> None:
    both = np.stack([np.full_like(frames, 9), frames], axis=1)
    tifffile.imwrite(tmp_path / "two.tif", both, imagej=True, metadata={"axes": "TCYX"})
    assert len(detect_hotspots(tmp_path / "two.tif", channel=2).events) == 3


def test_the_command_line_and_the_batch(frames, tmp_path, capsys) -> None:
    (tmp_path / "in").mkdir()
    tifffile.imwrite(tmp_path / "in" / "axon.tif", frames, imagej=True, metadata={"axes": "TYX", "finterval": 0.1})
    assert main(["hotspots", str(tmp_path / "in" / "axon.tif"), "--out", str(tmp_path / "one")]) == 0
    assert "3 events at 2 sites" in capsys.readouterr().out
    record = json.loads((tmp_path / "one" / "axon_hotspot_run.json").read_text(encoding="utf-8"))
    assert record["module"] == "hotspot_areas"
    assert record["counts"] == {"events": 3, "sites": 2}
    assert record["learned"]["alpha"] > 1
    assert main(["batch-hotspots", str(tmp_path / "in"), "--out", str(tmp_path / "all")]) == 0
    assert (tmp_path / "all" / "batch_hotspot_events.csv").read_text(encoding="utf-8").count("\n") == 4
    assert main(["rerun", str(tmp_path / "one" / "axon_hotspot_run.json")]) == 0
    assert "the event table is the same as before" in capsys.readouterr().out


def test_the_public_names(frames) -> None:
    result = ivea_fiji.detect_hotspots(Movie(ArraySource(frames), "movie"), ivea_fiji.HotspotParams(last_frame=50))
    assert isinstance(result, ivea_fiji.HotspotResult)
    assert all(isinstance(event, ivea_fiji.Hotspot) for event in result.events)
    assert result.model == {}


# ---------------------------------------------------------------------------- simulated layers


def test_a_simulated_layer_is_the_same_for_the_same_seed() -> None:
    one, other = (simulate_sensors(7, frames=40, height=64, width=70) for _ in range(2))
    assert one.frames.tobytes() == other.frames.tobytes()
    assert one.events == other.events
    assert one.frames.tobytes() != simulate_sensors(8, frames=40, height=64, width=70).frames.tobytes()


@pytest.mark.parametrize("kind", list(SENSOR_MIXES))
def test_the_truth_of_a_simulated_layer(kind: str) -> None:
    movie = simulate(SimulationParams(recipe="sensors", kind=kind, frames=60, height=80, width=90, events=4, seed=2))
    assert {e.kind for e in movie.events} <= set(SENSOR_MIXES[kind])
    assert bool(movie.events) == (kind != "none")
    for e in movie.events:
        assert 0 <= e.start <= e.frame <= e.end <= e.last < 60
        assert e.duration == e.end - e.start + 1
        assert e.area_y.max() < 80
        assert e.area_x.max() < 90
        assert 0 < e.largest_px <= len(e.area_y)


def test_the_frames_above_the_mid_intensity() -> None:
    assert above_mid(np.array([0, 4, 5, 9, 10, 7, 5, 4, 6]), 4) == (2, 6)
    assert above_mid(np.array([5, 9, 10]), 2) == (0, 2)


def test_the_files_of_a_simulated_layer(tmp_path) -> None:
    movie = simulate_sensors(3, frames=40, height=64, width=64, events=2)
    files = write_simulation(movie, tmp_path, "layer")
    assert [e.frame for e in read_truth(files["truth"])] == [e.frame for e in movie.events]
    with files["truth"].open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [int(r["end_frame"]) for r in rows] == [e.end + 1 for e in movie.events]
    regions, _ = read_regions(files["rois"], movie.frames.shape[1:], 3)
    for region, e in zip(regions, movie.events, strict=True):
        assert set(zip(e.area_y.tolist(), e.area_x.tolist(), strict=True)) <= set(
            zip(region.y.tolist(), region.x.tolist(), strict=True)
        )
