"""Events drawn into a recording: the light is what was drawn, its noise the camera's, and the rest stays as it was."""

from __future__ import annotations

import json
from math import erf, sqrt
from pathlib import Path

import numpy as np
import pytest
import tifffile

from ivea_fiji.cli.main import main
from ivea_fiji.commands.simulate import COMMAND, SimulateParams
from ivea_fiji.errors import Cancelled, MovieError, ParameterError
from ivea_fiji.movie.open import open_movie
from ivea_fiji.params import SimulationParams
from ivea_fiji.progress import Silent
from ivea_fiji.simulation.definition import UNCLEAR, agreed
from ivea_fiji.simulation.inserted import add_integrated, insert_events
from ivea_fiji.simulation.light_courses import CLASS_OF, FUSIONS, OTHERS, lost_at_once
from ivea_fiji.simulation.recorded_noise import RecordedNoise, estimate_noise, expose, temporal_sd
from ivea_fiji.simulation.recorded_spots import Places, draw_sigma, spot_sigma
from ivea_fiji.simulation.simulate import simulate
from ivea_fiji.simulation.truth import SimulatedMovie
from ivea_fiji.simulation.writer import read_truth, write_simulation


def recorded(frames: int = 60, side: int = 96, *, gain: float = 2.0, read: float = 3.0, seed: int = 0) -> np.ndarray:
    """Record a still gradient from 0 to 400 photoelectrons with an offset of 100 counts."""
    rng = np.random.default_rng(seed)
    light = np.broadcast_to(np.linspace(0, 400, side), (frames, side, side))
    return np.rint(100 + gain * rng.poisson(light) + rng.normal(0, read, light.shape)).clip(0, 65535).astype(np.uint16)


@pytest.fixture(scope="module")
def recording() -> np.ndarray:
    return recorded()


@pytest.fixture(scope="module")
def made(recording: np.ndarray) -> SimulatedMovie:
    return insert_events(recording, 0.1, 0.05, 1)


def one_frame(**spot: float) -> np.ndarray:
    stack = np.zeros((1, 21, 21), np.float32)
    add_integrated(stack, *(np.array([spot[name]]) for name in ("y", "x", "sigma", "total")))
    return stack[0]


# ---------------------------------------------------------------------------- light


def test_a_spot_is_integrated_over_each_pixel() -> None:
    image = one_frame(y=10, x=10, sigma=0.5, total=100)
    middle, side = erf(0.5 / (0.5 * sqrt(2))), (erf(1.5 / (0.5 * sqrt(2))) - erf(0.5 / (0.5 * sqrt(2)))) / 2
    assert image[10, 10] == pytest.approx(100 * middle**2)
    assert image[10, 11] == image[9, 10] == pytest.approx(100 * middle * side)
    assert image.sum() == pytest.approx(100, rel=1e-3)


def test_a_spot_on_a_border_between_pixels_is_shared_and_one_outside_is_cut() -> None:
    image = one_frame(y=10, x=10.5, sigma=1.5, total=100)
    np.testing.assert_allclose(image[:, 10], image[:, 11], rtol=1e-6)
    assert one_frame(y=-0.5, x=10, sigma=1.5, total=100).sum() == pytest.approx(50, rel=1e-3)
    assert not one_frame(y=-40, x=10, sigma=1.5, total=100).any()


def test_light_in_a_constant_movie_is_exactly_that_light() -> None:
    light = np.zeros((2, 3, 3), np.float32)
    light[1] = [[0, 1, 2.4], [2.6, 7, 0], [100, 0.2, 0.7]]
    frames = np.full((2, 3, 3), 1000, np.uint16)
    noise = estimate_noise(np.full((12, 9, 9), 1000, np.uint16))
    assert noise == RecordedNoise(0.0, 0.0)
    got = expose(frames, light, noise, np.random.default_rng(0))
    assert got[0].tolist() == [[1000] * 3] * 3
    assert got[1].tolist() == [[1000, 1001, 1002], [1003, 1007, 1000], [1100, 1000, 1001]]
    assert (frames == 1000).all()


def test_events_in_a_constant_movie_are_as_bright_as_told() -> None:
    sim = insert_events(np.full((80, 96, 96), 1000, np.uint16), None, None, 3, "latent", 6)
    assert len(sim.events) == 6
    for e in sim.events:
        at = sim.frames[e.frame, max(round(e.y) - 1, 0) : round(e.y) + 2, max(round(e.x) - 1, 0) : round(e.x) + 2]
        # The mean over a pixel is below the peak of a spot of at least 1 px, by a fifth at most if it lies in a corner.
        assert 0.75 * e.amplitude - 1 <= int(at.max()) - 1000 <= e.amplitude + 1
        assert 2 <= e.amplitude / 0.9 <= 25


def test_light_brings_the_shot_noise_of_the_camera() -> None:
    light = np.full((1, 200, 200), 400, np.float32)
    got = expose(np.zeros((1, 200, 200), np.float32), light, RecordedNoise(2.0, 9.0), np.random.default_rng(0))
    assert got.mean() == pytest.approx(400, abs=1)
    assert got.var() == pytest.approx(2 * 400, rel=0.03)
    assert set(np.unique(got % 2)) == {0}


@pytest.mark.parametrize(("kind", "start", "most"), [("uint8", 250, 255), ("uint16", 65530, 65535)])
def test_the_type_stays_and_saturates(kind: str, start: int, most: int) -> None:
    light = np.array([[[0, 3, 500]]], np.float32)
    got = expose(np.full((1, 1, 3), start, kind), light, RecordedNoise(0.0, 0.0), np.random.default_rng(0))
    assert got.dtype == kind
    assert got.ravel().tolist() == [start, start + 3, most]


def test_fractions_stay_fractions() -> None:
    frames = (recorded(20, 64) / 1000).astype(np.float32)
    sim = insert_events(frames, None, None, 2)
    assert sim.frames.dtype == np.float32
    assert 0 < (sim.frames - frames).max() < 1
    assert len(sim.events) > 0


# ---------------------------------------------------------------------------- the recording


@pytest.mark.parametrize("gain", [0.1, 2.0, 30.0])
def test_the_camera_is_told_from_the_recording(gain: float) -> None:
    noise = estimate_noise(recorded(gain=gain, read=3.0))
    assert noise.gain == pytest.approx(gain, rel=0.06)
    assert noise.variance + 100 * noise.gain == pytest.approx(9, abs=max(1.5, 0.02 * gain**2 * 400))


def test_what_moves_is_not_taken_for_noise(recording: np.ndarray) -> None:
    moving = recording.astype(np.float32)
    for t in range(len(moving)):
        y, x = np.ogrid[:96, :96]
        moving[t] += 800 * np.exp(-((y - 20 - t) ** 2 + (x - 48) ** 2) / 8)
    assert estimate_noise(moving).gain == pytest.approx(2.0, rel=0.1)


def test_where_the_light_does_not_vary_half_of_the_noise_is_shot_noise() -> None:
    flat = np.random.default_rng(0).normal(500, 10, (40, 64, 64)).astype(np.float32)
    got = estimate_noise(flat)
    assert got.gain == pytest.approx(0.5 * 100 / (500 - flat.min()), rel=0.1)


def test_how_much_a_place_changes_by_itself(recording: np.ndarray) -> None:
    sd = temporal_sd(recording)
    for column in (30, 80):
        photons = 400 * column / 95
        assert sd[48, column] == pytest.approx(np.sqrt(4 * photons + 9), rel=0.1)


@pytest.mark.parametrize("sigma", [1.2, 2.2])
def test_the_width_of_spots_is_told_from_the_recording(sigma: float) -> None:
    frames = np.random.default_rng(0).normal(100, 3, (12, 120, 120)).astype(np.float32)
    for y in range(15, 110, 20):
        for x in range(15, 110, 20):
            for frame in frames:
                frame += one_spot(y + 0.3, x - 0.2, sigma)
    assert spot_sigma(frames) == pytest.approx(sigma, rel=0.12)
    assert spot_sigma(np.random.default_rng(0).normal(100, 3, (12, 60, 60))) is None


def one_spot(y: float, x: float, sigma: float) -> np.ndarray:
    yy, xx = np.ogrid[:120, :120]
    return 200 * np.exp(-((yy - y) ** 2 + (xx - x) ** 2) / (2 * sigma**2))


def test_without_spots_the_optics_tell_the_width(recording: np.ndarray) -> None:
    drawn = [draw_sigma(np.random.default_rng(k), recording, pixel) for k in range(20) for pixel in (0.1, None)]
    assert min(drawn) >= 1.0
    assert max(drawn[::2]) <= 1.8
    assert 1.8 < max(drawn[1::2]) <= 2.0


def test_most_places_are_bright_and_all_are_apart() -> None:
    mean = np.zeros((200, 200), np.float32)
    mean[:, 150:] = 100
    places = Places(np.random.default_rng(0), mean, 8)
    got = np.array([places.draw(0.0) for _ in range(60)])
    bright = (got[:, 1] > 145).mean()
    assert 0.6 < bright < 0.95
    far = np.hypot(*(got[:, None] - got[None]).transpose(2, 0, 1)) + 1e9 * np.eye(len(got))
    assert far.min() > 8
    assert Places(np.random.default_rng(0), mean, 500).draw(0.0) is not None
    assert [p.draw(0.0) for p in [Places(np.random.default_rng(0), mean, 500)] for _ in range(2)][1] is None


# ---------------------------------------------------------------------------- courses and labels


@pytest.mark.parametrize("draw", [*FUSIONS["mixed"], *OTHERS])
def test_objects_are_drawn_as_bright_as_1(draw) -> None:
    rng = np.random.default_rng(1)
    for frames in (10, 60):
        for course in (draw(rng, frames, 1.5).course for _ in range(20)):
            assert all(np.isfinite(v).all() and len(v) == frames for v in (course.light, course.y, course.x))
            assert course.light.min() >= 0
            bright = float((course.brightness * course.width.min() ** 2).max())
            assert bright == pytest.approx(1) or bright == 0


@pytest.mark.parametrize("draw", list(CLASS_OF))
def test_most_fusions_show_what_they_are(draw) -> None:
    rng = np.random.default_rng(2)
    drawn = [draw(rng, 200, 1.5) for _ in range(60)]
    shown = [{m.class_id for m in agreed(d.course, list(d.released))} for d in drawn]
    assert sum(CLASS_OF[draw] in s for s in shown) > 15


def test_what_is_no_fusion_is_no_event() -> None:
    rng = np.random.default_rng(3)
    ids = {m.class_id for draw in OTHERS for _ in range(40) for m in agreed(draw(rng, 100, 1.5).course, [])}
    assert ids == {UNCLEAR}


def test_a_vesicle_lost_at_once_has_the_first_frame_without_it() -> None:
    rng = np.random.default_rng(4)
    found = 0
    for _ in range(40):
        drawn = lost_at_once(rng, 100, 1.5)
        for m in agreed(drawn.course, list(drawn.released)):
            if m.class_id == CLASS_OF[lost_at_once]:
                found += 1
                assert drawn.course.light[m.frame] < 0.4 * drawn.course.light[m.frame - 2]
                assert not drawn.course.light[m.frame + 1 :].any()
    assert found > 10


# ---------------------------------------------------------------------------- movies


def test_same_seed_same_movie(recording: np.ndarray, made: SimulatedMovie) -> None:
    again = insert_events(recording, 0.1, 0.05, 1)
    np.testing.assert_array_equal(again.frames, made.frames)
    np.testing.assert_array_equal(again.unclear, made.unclear)
    assert again.events == made.events
    assert not np.array_equal(insert_events(recording, 0.1, 0.05, 2).frames, made.frames)


def test_the_recording_stays_as_it_is_elsewhere(recording: np.ndarray, made: SimulatedMovie) -> None:
    np.testing.assert_array_equal(recording, recorded())
    assert made.frames.dtype == recording.dtype
    added = made.frames.astype(int) - recording
    assert added.min() == 0
    assert 0.001 < (added > 0).mean() < 0.4
    columns = (added > 0).any(axis=0)
    assert not columns.all()


def test_the_truth_lies_where_light_was_added(recording: np.ndarray, made: SimulatedMovie) -> None:
    assert len(made.events) >= 3
    for e in made.events:
        y, x = round(e.y), round(e.x)
        first = max(e.frame - 4, 0)
        part = np.s_[first : e.frame + 2, max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3]
        assert (made.frames[part].astype(int) - recording[part]).sum() > 0
        assert np.isfinite(e.peak_z)
        assert 0 < e.frame < 60
    assert made.unclear.shape[1] == 3
    assert made.artefacts.shape == (0, 4)
    assert (made.pixel_size_um, made.frame_interval_s) == (0.1, 0.05)


@pytest.mark.parametrize(
    ("kind", "classes"),
    [("ph_sensitive", {0}), ("latent", {2}), ("ph_insensitive", {0, 1}), ("mixed", {0, 1, 2}), ("none", set())],
)
def test_kinds(recording: np.ndarray, kind: str, classes: set[int]) -> None:
    movies = [insert_events(recording, 0.1, 0.05, seed, kind) for seed in range(8)]
    assert {e.class_id for sim in movies for e in sim.events} == classes
    for sim in movies:
        fusions = sum(n for name, n in sim.recipe["drawn"].items() if name in ("ph_sensitive", "ph_insensitive",
                                                                              "vanish", "latent"))  # fmt: skip
        others = sum(sim.recipe["drawn"].values()) - fusions
        assert others >= max(0.7 * fusions, 1)  # as many as fusions, where there is room
        assert (fusions == 0) == (kind == "none")
        assert not np.array_equal(sim.frames, recording)


@pytest.mark.parametrize("frames", [10, 20, 40])
def test_short_recordings_get_events_and_those_near_their_ends_are_kept(frames: int) -> None:
    movie = recorded(frames, 80)
    found = [e for seed in range(6) for e in insert_events(movie, None, None, seed, "ph_sensitive").events]
    assert len(found) >= 18
    assert min(e.frame for e in found) <= 3
    assert max(e.frame for e in found) >= frames - 8


def test_as_many_events_as_asked_for_or_one_sentence(recording: np.ndarray) -> None:
    assert len(insert_events(recording, 0.1, 0.05, 5, events=9).events) >= 9
    with pytest.raises(ParameterError, match=r"has room for \d+ events, and 500 were asked for; ask for fewer"):
        insert_events(recording, 0.1, 0.05, 5, events=500)


def test_drawing_tells_how_far_it_is_and_stops_when_asked(recording: np.ndarray) -> None:
    class Told(Silent):
        def __init__(self, stop_in: str) -> None:
            self.stages: list[str] = []
            self._stop_in = stop_in

        def update(self, stage: str, done: int, total: int) -> None:
            self.stages.append(stage)

        def cancelled(self) -> bool:
            return self._stop_in in self.stages

    told = Told("never")
    insert_events(recording, 0.1, 0.05, 1, progress=told)
    stages = ["drawing events", "drawing other lights", "drawing light", "measuring events"]
    assert list(dict.fromkeys(told.stages)) == stages
    for stage in stages:
        with pytest.raises(Cancelled):
            insert_events(recording, 0.1, 0.05, 1, progress=Told(stage))


# ---------------------------------------------------------------------------- the recipe


def test_a_recording_is_a_recipe(recording: np.ndarray, tmp_path: Path) -> None:
    metadata = {"axes": "TYX", "unit": "um", "finterval": 0.2}
    tifffile.imwrite(tmp_path / "cell.tif", recording, imagej=True, resolution=(8, 8), metadata=metadata)
    options = ["--recipe", "recording", "--recording", str(tmp_path / "cell.tif"), "--seed", "4"]
    assert main(["simulate", "--out", str(tmp_path / "out"), *options, "--quiet"]) == 0
    got = open_movie(tmp_path / "out" / "simulated.tif")
    assert (got.pixel_size_um, got.frame_interval_s) == (pytest.approx(0.125), pytest.approx(0.2))
    want = insert_events(recording, 0.125, 0.2, 4)
    np.testing.assert_array_equal(got.read(0, 60), want.frames)
    truth = read_truth(tmp_path / "out" / "simulated_truth.csv")
    assert [(e.class_id, e.frame) for e in truth] == [(e.class_id, e.frame) for e in want.events]
    reply = COMMAND.run(
        SimulateParams(recipe="recording", recording=str(tmp_path / "cell.tif"), seed=4), None, Silent()
    )
    assert reply.message == f"simulated: {len(truth)} true events in 60 frames."
    np.testing.assert_array_equal(tifffile.imread(reply.movie), want.frames)
    record = json.loads((tmp_path / "out" / "simulated_recipe.json").read_text(encoding="utf-8"))
    assert (record["recipe"], record["recording"], record["seed"]) == ("recording", "cell.tif", 4)


@pytest.mark.parametrize("kind", ["float32", "int16", "uint8"])
def test_recordings_of_unknown_scale_and_other_types(kind: str, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "cell.tif", (recorded(12, 64) // 5).astype(kind), metadata={"axes": "TYX"})
    params = {"recipe": "recording", "recording": str(tmp_path / "cell.tif")}
    sim = simulate(SimulationParams.make(**params))
    assert (sim.pixel_size_um, sim.frame_interval_s) == (None, None)
    files = write_simulation(sim, tmp_path, "made")
    again = open_movie(files["movie"])
    assert again.pixel_size_um is None
    np.testing.assert_array_equal(again.read(0, 12), sim.frames)
    header, *rows = files["truth"].read_text().splitlines()
    t_s, x_um = (header.split(",").index(name) for name in ("t_s", "x_um"))
    assert rows
    assert all(row.split(",")[t_s] == row.split(",")[x_um] == "" for row in rows)
    told = simulate(SimulationParams.make(**params, pixel_size_um=0.2, frame_interval_s=0.5))
    assert (told.pixel_size_um, told.frame_interval_s) == (0.2, 0.5)


def test_a_recording_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="draws into a recording; give its file as recording"):
        SimulationParams.make(recipe="recording")
    with pytest.raises(ParameterError, match="'physics' takes no recording; take the recipe 'recording'"):
        SimulationParams.make(recording="cell.tif")
    tifffile.imwrite(tmp_path / "short.tif", recorded(9, 32), metadata={"axes": "TYX"})
    tifffile.imwrite(tmp_path / "image.tif", recorded(1, 32)[0])
    (tmp_path / "text.tif").write_text("no movie")
    for name, sentence in {
        "missing.tif": "There is no file", "short.tif": "has 9 frames, and events can be drawn into 10 or more",
        "image.tif": "one frame", "text.tif": "text.tif",
    }.items():  # fmt: skip
        with pytest.raises(MovieError, match=sentence) as error:
            simulate(SimulationParams.make(recipe="recording", recording=str(tmp_path / name)))
        assert str(error.value).endswith(".")
