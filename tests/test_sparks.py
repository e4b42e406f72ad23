"""Movies of calcium sparks: reproducible, in their own units, and their truth is true."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ivea_fiji.errors import ParameterError
from ivea_fiji.params import SimulationParams
from ivea_fiji.simulation.simulate import simulate
from ivea_fiji.simulation.sparks import SPARKS, SparkRanges, simulate_sparks, spark_shape
from ivea_fiji.simulation.truth import SimulatedMovie
from ivea_fiji.simulation.writer import read_truth, write_simulation

SIZE = {"frames": 70, "height": 80, "width": 96}


@pytest.fixture(scope="module")
def movies() -> list[SimulatedMovie]:
    return [simulate_sparks(seed, events=5, **SIZE) for seed in (1, 2, 3)]


def test_same_seed_same_movie(movies: list[SimulatedMovie]) -> None:
    again = simulate_sparks(1, events=5, **SIZE)
    np.testing.assert_array_equal(again.frames, movies[0].frames)
    assert again.events == movies[0].events
    assert not np.array_equal(movies[1].frames, movies[0].frames)


def test_a_spark_rises_and_falls_as_told() -> None:
    age = np.array([-1.0, 0.0, 0.005, 0.01, 0.04, 0.07])
    shape = spark_shape(age, rise_s=0.01, decay_s=0.03)
    np.testing.assert_allclose(shape[[0, 1, 3]], [0, 0, 1], atol=1e-9)
    assert shape[2] > 0.8  # most of the rise is done in half of the time
    np.testing.assert_allclose(shape[4:], [np.exp(-1), np.exp(-2)], rtol=1e-9)


def test_the_truth_is_in_px_and_frames(movies: list[SimulatedMovie]) -> None:
    for sim in movies:
        assert len(sim.events) == 5
        low, high = SPARKS.fwhm_um
        for e in sim.events:
            assert (e.class_id, e.kind) == (0, "spark")
            assert 1 <= e.frame < 70
            assert low <= e.sigma * 2.355 * sim.pixel_size_um <= high
            assert SPARKS.decay_s[0] <= e.duration * sim.frame_interval_s <= SPARKS.decay_s[1]
            assert np.isfinite(e.peak_z)
        assert [e.frame for e in sim.events] == sorted(e.frame for e in sim.events)


def test_a_slower_camera_sees_shorter_sparks() -> None:
    fast, slow = (simulate_sparks(4, events=4, frame_interval_s=s, **SIZE) for s in (0.002, 0.008))
    assert np.mean([e.duration for e in fast.events]) > 2.5 * np.mean([e.duration for e in slow.events])


def test_the_movie_is_brighter_where_and_when_a_spark_is() -> None:
    quiet = SparkRanges(glows=(1e-9, 1e-9), background=(200.0, 200.0), amplitude=(2.0, 2.0))
    sim = simulate_sparks(6, events=1, ranges=quiet, **SIZE)
    (e,) = sim.events
    y, x = round(e.y), round(e.x)
    core = sim.frames[:, max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3].mean(axis=(1, 2))
    before = core[: e.frame - 15] if e.frame > 20 else core[e.frame + 45 :]
    assert core[e.frame] > 1.5 * before.mean()
    assert abs(int(core.argmax()) - e.frame) <= 4


def test_sparks_are_a_recipe(tmp_path: Path) -> None:
    sim = simulate(SimulationParams(recipe="sparks", seed=3, events=5, **SIZE))
    np.testing.assert_array_equal(sim.frames, simulate_sparks(3, events=5, **SIZE).frames)
    files = write_simulation(sim, tmp_path, "cell")
    assert [e.kind for e in read_truth(files["truth"])] == ["spark"] * 5
    assert simulate(SimulationParams(recipe="sparks", kind="none", **SIZE)).events == ()
    with pytest.raises(ParameterError, match="no events of the kind 'latent'"):
        SimulationParams.make(recipe="sparks", kind="latent")
