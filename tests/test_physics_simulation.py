"""Movies from physics: reproducible, and their truth is true."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from ivea_fiji.events.classes import ARTEFACTS
from ivea_fiji.simulation import camera, optics
from ivea_fiji.simulation.canvas import Canvas, add_spots, log_uniform, walk
from ivea_fiji.simulation.fusion import KINDS, MIXES, FusionRanges
from ivea_fiji.simulation.physics import RANGES, SHIFTED, TRAINING, simulate_physics
from ivea_fiji.simulation.truth import SimulatedMovie

SIZE = {"frames": 60, "height": 72, "width": 80}
CLASS_OF = {"ph_sensitive": 0, "ph_insensitive": 0, "kiss_and_run": 0, "eq16": 0, "vanish": 1, "latent": 2}
SEEDS = range(1, 9)


@pytest.fixture(scope="module")
def movies() -> list[SimulatedMovie]:
    return [simulate_physics(seed, events=12, **SIZE) for seed in SEEDS]


def test_same_seed_same_movie(movies: list[SimulatedMovie]) -> None:
    again = simulate_physics(1, events=12, **SIZE)
    np.testing.assert_array_equal(again.frames, movies[0].frames)
    np.testing.assert_array_equal(again.artefacts, movies[0].artefacts)
    assert again.events == movies[0].events
    assert again.recipe == movies[0].recipe
    assert not np.array_equal(movies[1].frames, movies[0].frames)


def test_shape_and_counts(movies: list[SimulatedMovie]) -> None:
    for sim in movies:
        assert sim.frames.shape == (60, 72, 80)
        assert sim.frames.dtype == np.uint16
        assert sim.frames.std(axis=0).min() > 0 or sim.recipe["bits"] == 8
        assert sim.mask.shape == (72, 80)
        assert sim.frames.max() <= (255 if sim.recipe["bits"] == 8 else 65535)


def test_events_lie_in_the_movie(movies: list[SimulatedMovie]) -> None:
    for sim in movies:
        assert len(sim.events) == 12
        drift = sim.recipe["largest_shift_px"]
        for e in sim.events:
            assert 1 <= e.frame < 60
            # Drift may carry an event at the border of the picture out of it.
            assert -0.5 - drift <= e.y <= 71.5 + drift
            assert -0.5 - drift <= e.x <= 79.5 + drift
            assert e.duration > 0
            assert e.amplitude > 0
            assert e.sigma > 0
            assert np.isfinite(e.peak_z)
            assert e.peak_z > 0
            assert CLASS_OF[e.kind] == e.class_id
        order = [(e.frame, e.y, e.x) for e in sim.events]
        assert order == sorted(order)


def test_all_kinds_and_classes_occur(movies: list[SimulatedMovie]) -> None:
    assert {e.kind for sim in movies for e in sim.events} == set(KINDS)
    small = [simulate_physics(seed, frames=60, height=96, width=96) for seed in range(12)]
    drawn = {int(c) for sim in [*movies, *small] for c in sim.artefacts[:, 0]}
    assert drawn == {c.id for c in ARTEFACTS}


def test_artefact_rows(movies: list[SimulatedMovie]) -> None:
    for sim in movies:
        rows = sim.artefacts
        assert rows.shape[1] == 4
        assert (rows[:, 0] < 0).all()
        assert np.isfinite(rows[:, :2]).all()
        everywhere = np.isnan(rows[:, 2])
        np.testing.assert_array_equal(everywhere, np.isnan(rows[:, 3]))
        assert np.isin(rows[everywhere, 0], (-5, -8)).all()


@pytest.mark.parametrize(("kind", "class_ids"), [("latent", {2}), ("without_cloud", {1}), ("ph_sensitive", {0}),
                                                  ("ph_insensitive", {0})])
def test_kinds(kind: str, class_ids: set[int]) -> None:
    sim = simulate_physics(3, kind=kind, events=5, **SIZE)
    assert {e.class_id for e in sim.events} == class_ids
    assert {e.kind for e in sim.events} <= set(MIXES[kind])


def test_none_has_no_events_whatever_is_asked() -> None:
    for events in (None, 7):
        assert simulate_physics(4, kind="none", events=events, **SIZE).events == ()


def test_mixes_are_shares_of_known_kinds() -> None:
    for name, mix in MIXES.items():
        assert set(mix) <= set(KINDS)
        assert sum(mix.values()) == pytest.approx(0 if name == "none" else 1)


def test_scale_is_taken_or_drawn(movies: list[SimulatedMovie]) -> None:
    sim = simulate_physics(5, pixel_size_um=0.123, frame_interval_s=0.5, **SIZE)
    assert (sim.pixel_size_um, sim.frame_interval_s) == (0.123, 0.5)
    low, high = TRAINING.pixel_size_um
    assert all(low <= sim.pixel_size_um <= high for sim in movies)


def test_shifted_ranges_are_others() -> None:
    assert RANGES == {"training": TRAINING, "shifted": SHIFTED}
    training, shifted = asdict(TRAINING), asdict(SHIFTED)
    other = [name for name in training if training[name] != shifted[name]]
    assert {"pixel_size_um", "optics_um", "photons", "fusion", "camera", "drift"} <= set(other)
    a, b = (simulate_physics(6, events=5, ranges=r, **SIZE) for r in (TRAINING, SHIFTED))
    assert not np.array_equal(a.frames, b.frames)
    for ranges in (TRAINING, SHIFTED):
        for part in (ranges, ranges.fusion, ranges.camera):
            for name, value in vars(part).items():
                if isinstance(value, tuple):
                    assert value[0] < value[1], name


# The pieces


def quiet_canvas(seed: int = 0) -> Canvas:
    return Canvas(np.random.default_rng(seed), 80, np.ones((64, 64), bool))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_picture_changes_where_and_when_the_truth_says(kind: str) -> None:
    for seed in range(6):
        canvas = quiet_canvas(seed)
        KINDS[kind](canvas, FusionRanges(), 1.5, 100.0)
        (event,) = canvas.events
        y, x = int(np.clip(round(event.y), 0, 63)), int(np.clip(round(event.x), 0, 63))
        trace = canvas.spots[:, y, x]
        start, stop = max(event.frame - 9, 0), min(event.frame + 14, 80)
        near = np.abs(np.diff(trace[start:stop])).max()
        assert near > 0.05 * event.amplitude
        if kind == "vanish":
            assert trace[event.frame] < 0.6 * trace[event.frame - 1]
        if kind in ("latent", "ph_sensitive"):
            assert trace[event.frame] >= 0.8 * trace[event.frame : event.frame + 10].max()


def test_spots_by_hand() -> None:
    stack = np.zeros((2, 21, 21), np.float32)
    add_spots(stack, np.array([1]), 10, 12, 1.5, 7)
    assert stack[0].max() == 0
    assert stack[1, 10, 12] == pytest.approx(7)
    assert stack[1, 10, 13] == pytest.approx(7 * np.exp(-0.5 / 1.5**2))
    assert stack[1].sum() == pytest.approx(7 * 2 * np.pi * 1.5**2, rel=0.01)
    add_spots(stack, np.array([0, 0]), [-50, 0], [5, 0], 1, 3)  # one outside, one cut by the corner
    assert stack[0, 0, 0] == pytest.approx(3)


def test_events_keep_apart() -> None:
    canvas = quiet_canvas()
    drawn = [canvas.moment(11, 26) for _ in range(15)]
    for k, (y, x, t) in enumerate(drawn):
        assert all(np.hypot(y - v, x - u) > 11 or abs(t - s) > 26 for v, u, s in drawn[:k])


@pytest.mark.parametrize("how", ["still", "confined", "brownian", "directed"])
def test_ways(how: str) -> None:
    spread = np.mean([np.abs(np.diff(walk(np.random.default_rng(s), 100, how), axis=0)).mean() for s in range(20)])
    assert 0 < spread < {"still": 0.1, "confined": 0.6, "brownian": 0.6, "directed": 3}[how]


def test_log_uniform_stays_inside() -> None:
    values = [log_uniform(np.random.default_rng(s), 0.1, 100) for s in range(300)]
    assert min(values) >= 0.1
    assert max(values) <= 100
    assert 1 < np.median(values) < 10


def test_drift_moves_the_picture_the_way_it_says() -> None:
    stack = np.zeros((2, 40, 40), np.float32)
    stack[:, 20, 15] = 1
    optics.move_and_blur(stack, np.array([[0, 0], [3, -4]], float), np.zeros(2))
    assert [np.unravel_index(f.argmax(), f.shape) for f in stack] == [(20, 15), (23, 11)]


def test_camera_counts_light() -> None:
    light = np.full((40, 32, 32), 50, np.float32)
    for seed in range(6):
        frames, gain, told = camera.record(light, np.random.default_rng(seed), camera.CameraRanges(eight_bit_share=0))
        assert told["bits"] == 16
        assert (frames.mean() - told["offset"]) / gain == pytest.approx(50, rel=0.1)
        # Shot noise of 50 photons, doubled by an EM register, plus read noise; in squares, as neighbours may share it.
        squares = (frames / gain).reshape(40, 4, 8, 4, 8).mean(axis=(2, 4))
        assert squares.var(axis=0).mean() * 64 > (0.8 if told["camera"] == "sCMOS" else 1.6) * 50
    assert light.max() == light.min() == 50


def test_eight_bit_movies() -> None:
    light = np.full((10, 32, 32), 50, np.float32)
    frames, _, told = camera.record(light, np.random.default_rng(0), camera.CameraRanges(eight_bit_share=1))
    assert told["bits"] == 8
    assert frames.max() <= 255
    assert np.ptp(frames) > 100
