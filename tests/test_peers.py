"""The comparison with peers: choosing thresholds, rows and table."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.exodeepfinder import normalise
from benchmarks.peers import Bench, best_threshold, rows, table
from benchmarks.suites import SUITES, Suite
from ivea_fiji.evaluation import Marks
from ivea_fiji.simulation import SimulatedMovie, TrueEvent


class Fake:
    """Finds the true event with score 9 and a false one with score 5."""

    name = "fake"
    thresholds = (0, 6, 10)

    def find(self, movie, frames):
        assert movie.is_file()
        return Marks.of([5, 30], [8, 2], [8, 2], probability=[9, 5])


def make(seed, frames, side):
    event = TrueEvent(0, "eq16", 5, 8.0, 8.0, 1.0, 10.0, 2.0, 9.0)
    movie = np.full((frames, side, side), seed, np.uint16)
    return SimulatedMovie(movie, (event,), np.zeros((0, 4), np.float32), 0.1, 0.1)


@pytest.fixture
def runs(tmp_path):
    return Bench([Fake()], [Suite("toy", make, 0.0)], 40, 16).go(1, 2, tmp_path)["fake"]


def test_the_threshold_is_the_one_with_the_best_f1(runs):
    assert [runs[0].counts(t).f1 for t in Fake.thresholds] == pytest.approx([2 / 3, 1, 0])
    assert best_threshold(Fake(), runs) == 6
    assert best_threshold(Fake(), []) == 0


def test_rows_pool_the_movies_of_a_suite(runs):
    (chosen,) = rows(Fake(), runs, runs)
    assert (chosen["threshold"], chosen["n"], chosen["true"], chosen["f1"]) == (6, 2, 2, 1)
    (plain,) = rows(Fake(), runs, [])
    assert plain["precision"] == 0.5
    assert plain["false_per_1000_frames"] == 1000 * 2 / 80
    assert plain["f1_sem"] == 0
    assert "| toy | fake | 2 | 0.500 | 1.000 | 0.667 | 25.0 |" in table([plain])


def test_suites_follow_their_seed_and_size():
    suite = SUITES["paper, lambda 1"]
    movie, again = (suite.make(5, 30, 64) for _ in range(2))
    assert movie.frames.shape == (30, 64, 64)
    np.testing.assert_array_equal(movie.frames, again.frames)


def test_frames_are_normalised_one_by_one():
    movie = np.stack([np.arange(10_000).reshape(100, 100), 7 + 3 * np.arange(10_000).reshape(100, 100)])
    out = normalise(movie)
    np.testing.assert_allclose(out[0], out[1], atol=1e-5)
    np.testing.assert_allclose(np.percentile(out[0], (1, 99)), [0, 1], atol=1e-5)
    assert np.isfinite(normalise(np.zeros((1, 4, 4)))).all()
