"""Files of a simulated movie."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
import tifffile

from ivea_fiji.errors import OutputError, ParameterError, TableError
from ivea_fiji.evaluation import evaluate_files
from ivea_fiji.results.rois import read_rois
from ivea_fiji.simulation import SimulatedMovie, TrueEvent, writer


@pytest.fixture
def sim():
    frames = np.arange(10 * 12 * 14, dtype=np.uint16).reshape(10, 12, 14)
    events = (
        TrueEvent(0, "eq16", 3, 5.25, 7.5, 2.0, 80.0, 2.5, 9.5),
        TrueEvent(2, "latent", 6, 2.0, 3.0, 30.5, 1234567.0, 1.0),
    )
    return SimulatedMovie(
        frames, events, np.zeros((0, 4), np.float32), 0.13, 0.05, {"recipe": "test", "gain": np.float64(2), "q": np.nan}
    )


def test_the_movie_is_a_calibrated_imagej_stack(sim, tmp_path):
    files = writer.write_simulation(sim, tmp_path / "new folder µ", "cell 1")
    with tifffile.TiffFile(files["movie"]) as tiff:
        assert tiff.is_imagej
        assert tiff.series[0].axes == "TYX"
        np.testing.assert_array_equal(tiff.asarray(), sim.frames)
        assert tiff.imagej_metadata["frames"] == 10
        assert tiff.imagej_metadata["finterval"] == pytest.approx(0.05)
        per_um = tiff.pages[0].tags["XResolution"].value
        assert per_um[1] / per_um[0] == pytest.approx(0.13, rel=1e-6)
        assert tiff.imagej_metadata["unit"] in ("um", "µm")


def test_a_big_movie_is_a_bigtiff_with_its_scale(sim, tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "BIG_BYTES", 100)
    with tifffile.TiffFile(writer.write_simulation(sim, tmp_path, "big")["movie"]) as tiff:
        assert tiff.is_bigtiff
        assert tiff.series[0].axes == "TYX"
        np.testing.assert_array_equal(tiff.asarray(), sim.frames)
        assert 'PhysicalSizeX="0.13"' in tiff.ome_metadata
        assert 'TimeIncrement="0.05"' in tiff.ome_metadata


def test_the_truth_table_reads_back(sim, tmp_path):
    path = writer.write_simulation(sim, tmp_path, "m")["truth"]
    with open(path, encoding="utf-8", newline="") as file:
        first, second = csv.DictReader(file)
    assert first == {
        "event": "1", "class_id": "0", "class_name": "fusion", "kind": "eq16", "frame": "4", "t_s": "0.1500",
        "x_px": "7.500", "y_px": "5.250", "x_um": "0.9750", "y_um": "0.6825", "duration_frames": "2.000",
        "amplitude": "80", "sigma_px": "2.500", "peak_z": "9.500",
    }
    assert second["amplitude"] == "1234570"
    assert second["peak_z"] == ""
    again = writer.read_truth(path)
    assert again[0] == sim.events[0]
    assert again[1].frame == 6
    assert np.isnan(again[1].peak_z)


def test_the_rois_are_the_events(sim, tmp_path):
    marks = read_rois(writer.write_simulation(sim, tmp_path, "m")["rois"])
    assert [m.name for m in marks] == ["1-event {1} | frame 4_class_0", "2-event {2} | frame 7_class_2"]
    assert [(m.frame, m.class_id) for m in marks] == [(4, 0), (7, 2)]
    np.testing.assert_allclose([(m.y, m.x) for m in marks], [(5.25, 7.5), (2.0, 3.0)])
    assert [m.radius for m in marks] == pytest.approx([5.0, 3.0])


def test_table_and_rois_tell_the_same_truth(sim, tmp_path):
    files = writer.write_simulation(sim, tmp_path, "m")
    report = evaluate_files(files["rois"], files["truth"])
    assert report.counts.f1 == 1
    assert report.matching.delay.tolist() == [0, 0]
    assert report.matching.distance == pytest.approx([0, 0], abs=1e-3)


def test_the_recipe_is_plain_json(sim, tmp_path):
    record = json.loads(writer.write_simulation(sim, tmp_path, "m")["recipe"].read_text(encoding="utf-8"))
    assert record["recipe"] == "test"
    assert record["gain"] == 2
    assert record["q"] is None
    assert record["shape"] == [10, 12, 14]
    assert record["true_events"] == 2


def test_a_movie_without_events_has_headers_and_an_empty_set(sim, tmp_path):
    files = writer.write_simulation(replace(sim, events=()), tmp_path, "m")
    assert read_rois(files["rois"]) == []
    assert writer.read_truth(files["truth"]) == ()
    assert files["truth"].read_text().startswith("event,class_id,class_name,kind,frame,")
    assert evaluate_files(files["truth"], files["truth"]).counts.f1 == 1


def test_a_failure_leaves_nothing_and_keeps_what_was_there(sim, tmp_path, monkeypatch):
    before = writer.write_simulation(sim, tmp_path, "m")["movie"].read_bytes()

    def full(path, sim):
        path.write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(writer._WRITE, "recipe", full)
    with pytest.raises(OutputError, match="No space left"):
        writer.write_simulation(replace(sim, frames=sim.frames + 1), tmp_path, "m")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m.tif", "m_recipe.json", "m_truth.csv", "m_truth_rois.zip"]
    assert (tmp_path / "m.tif").read_bytes() == before


def test_bad_places_are_refused_in_one_sentence(sim, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="choose another folder"):
        writer.write_simulation(sim, tmp_path / "file", "m")
    with pytest.raises(ParameterError, match="cannot be a file name"):
        writer.write_simulation(sim, tmp_path, "a/b")
    with pytest.raises(TableError, match="no table of true events"):
        writer.read_truth(tmp_path / "file")
    with pytest.raises(TableError, match="no table of true events"):
        writer.read_truth(tmp_path / "missing.csv")
