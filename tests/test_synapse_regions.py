"""The 13 regions by hand, their curves, and where an event begins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivea_fiji.movie.movie import Movie
from ivea_fiji.movie.sources import ArraySource
from ivea_fiji.patches import Window
from ivea_fiji.synapses.regions import (
    AFTER,
    BEFORE,
    REGIONS,
    SHIFT_AFTER,
    SHIFT_BEFORE,
    Sequence,
    mean_sampled,
    onset_shift,
    region_map,
    region_means,
    region_vectors,
    region_weights,
    scaled,
    stream_region_means,
    stream_region_vectors,
)

QUADRANT = """
10 10 10 10 10  6
10 10 10  6  6  6
10 10  6  6  6  2
10  6  6  6  2  2
10  6  6  2  2  2
 6  6  2  2  2  1
"""
"""Top left, written down from the rule by hand."""


def movie(frames: np.ndarray) -> Movie:
    return Movie(ArraySource(frames), "movie")


def test_the_regions_by_hand() -> None:
    got = region_map()
    assert np.bincount(got.ravel()).tolist() == [16, 13, *[9] * 4, *[14] * 4, *[12] * 4]
    np.testing.assert_array_equal(got[:6, :6], np.array(QUADRANT.split(), int).reshape(6, 6))
    np.testing.assert_array_equal(got[6], [0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0])


def test_the_quadrants_are_turned_copies() -> None:
    turned = np.rot90(region_map())  # what was top right is top left
    step = np.array([0, 1, 3, 4, 5, 2, 7, 8, 9, 6, 11, 12, 13, 10])
    np.testing.assert_array_equal(step[region_map()], turned)


def test_means_by_hand() -> None:
    rng = np.random.default_rng(0)
    window = rng.integers(0, 1000, (1, 2, 13, 13)).astype(np.float32)
    got = region_means(window)
    assert got.shape == (1, 13, 2)
    for region in range(1, 14):
        expected = window[0][:, region_map() == region].mean(axis=1)
        np.testing.assert_allclose(got[0, region - 1], expected, rtol=1e-5)


@given(st.integers(2, 20))
@settings(max_examples=19, deadline=None)
def test_squares_of_any_size_have_the_regions(radius: int) -> None:
    weights = region_weights(radius)
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-5)
    assert (weights >= 0).all()
    # Each region stays on its side of the middle.
    side = 2 * radius + 1
    y, x = np.mgrid[:side, :side] - radius
    centre = np.column_stack([weights @ y.ravel(), weights @ x.ravel()]) / radius
    np.testing.assert_allclose(centre[0], 0, atol=1e-5)
    for ring in range(3):
        signs = np.sign(centre[1 + 4 * ring : 5 + 4 * ring])
        np.testing.assert_array_equal(signs, [[-1, -1], [-1, 1], [1, 1], [1, -1]])


def test_what_lies_in_the_buffer_does_not_count() -> None:
    window = np.zeros((1, 1, 13, 13), np.float32)
    window[0, 0][region_map() == 0] = 1e6
    assert (region_means(window) == 0).all()


def test_only_pixels_in_the_movie_count() -> None:
    rng = np.random.default_rng(1)
    frames = rng.integers(100, 200, (3, 40, 40)).astype(np.uint16)
    ((_, got),) = stream_region_means(movie(frames), np.array([1]), np.array([0.0]), np.array([20.0]), Window(1, 1, 6))
    half = region_map()[6:]
    seen = frames[:, :7, 14:27].astype(float)
    for region in (1, 4, 5, 8, 9, 12, 13):
        np.testing.assert_allclose(got[0, region - 1], seen[:, half == region].mean(axis=1), rtol=1e-5)
    for above, below in ((2, 4), (6, 8), (10, 12)):  # nothing is seen of them: the others of the ring stand in
        ring = got[0, [below - 1, below]].mean(axis=0)
        np.testing.assert_allclose(got[0, above - 1], ring, rtol=1e-5)
        np.testing.assert_allclose(got[0, above], ring, rtol=1e-5)


def test_frames_outside_repeat_the_nearest() -> None:
    frames = np.arange(4, dtype=np.uint16)[:, None, None] * np.ones((1, 20, 20), np.uint16)
    ((_, got),) = stream_region_means(movie(frames), np.array([1]), np.array([10.0]), np.array([10.0]), Window(3, 5, 6))
    np.testing.assert_allclose(got[0, 5], [0, 0, 0, 1, 2, 3, 3, 3, 3])


def test_a_movie_smaller_than_the_square() -> None:
    frames = np.full((5, 3, 4), 7, np.uint16)
    ((_, got),) = stream_region_means(movie(frames), np.array([2]), np.array([1.0]), np.array([1.0]), Window(1, 1, 6))
    np.testing.assert_allclose(got, 7, rtol=1e-6)


def test_unknown_pixels_of_a_movie_do_not_spread() -> None:
    window = np.full((2, 3, 13, 13), 5, np.float32)
    window[0, 1, 6, 6], window[0, 2, 0, 0] = np.nan, np.inf
    np.testing.assert_allclose(region_means(window), 5, rtol=1e-6)
    assert np.isfinite(region_means(np.full((1, 3, 13, 13), np.nan, np.float32))).all()


# Sequences


def test_sampling_by_hand() -> None:
    np.testing.assert_allclose(mean_sampled(np.arange(6, dtype=np.float32), 3), [0.5, 2.5, 4.5])  # Eq 6, w = 2
    np.testing.assert_allclose(mean_sampled(np.array([3, 6, 9], np.float32), 2), [4, 8])  # the middle one is shared
    series = np.arange(41, dtype=np.float32)
    assert mean_sampled(series, 41) is series


@given(st.integers(1, 41), st.integers(0, 150), st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_all_added_frames_count_alike(samples: int, added: int, seed: int) -> None:
    series = np.random.default_rng(seed).random(samples + added).astype(np.float32)
    got = mean_sampled(series, samples)
    np.testing.assert_allclose(got.mean(), series.mean(), rtol=1e-4)
    each = mean_sampled(np.eye(samples + added, dtype=np.float32), samples).sum(axis=1)
    np.testing.assert_allclose(each, samples / (samples + added), rtol=1e-4)


@pytest.mark.parametrize("added", [0, 7, 41, 60, 123])
def test_added_frames_leave_the_event_in_its_place(added: int) -> None:
    sequence = Sequence.of(added_frames=added)
    assert (sequence.frames, sequence.samples) == (41 + added, 41)
    step = np.zeros(sequence.frames, np.float32)
    step[sequence.before :] = 1
    got = mean_sampled(step, 41)
    assert got[BEFORE - 1] == 0
    assert got[BEFORE] > 0
    assert (got[BEFORE + 1 :] > 0.99).all()


@given(st.integers(0, 2**32 - 1), st.floats(-1e4, 1e4), st.floats(0.01, 1e4))
@settings(max_examples=30, deadline=None)
def test_vectors_lie_within_0_and_1_whatever_the_camera(seed: int, offset: float, gain: float) -> None:
    means = np.random.default_rng(seed).random((3, 13, 20)).astype(np.float32)
    got = scaled(means)
    np.testing.assert_allclose(got.min(axis=(1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(got.max(axis=(1, 2)), 1, rtol=1e-6)
    again = scaled((offset + gain * means.astype(float)).astype(np.float32))
    np.testing.assert_allclose(again, got, atol=2e-3 + 2e-6 * abs(offset) / gain)


def test_no_contrast_is_0() -> None:
    assert (scaled(np.full((2, 13, 5), 812.0, np.float32)) == 0).all()


def test_frames_are_chosen_per_event() -> None:
    means = np.tile(np.arange(50, dtype=np.float32), (2, 13, 1))
    got = region_vectors(means, np.array([0, 9]), Sequence(10, 30, 41))
    np.testing.assert_allclose(got[0, 0], np.arange(41) / 40, atol=1e-6)
    np.testing.assert_allclose(got[1], got[0], atol=1e-6)


# Onsets


def curves(core: np.ndarray, around: float = 100.0) -> np.ndarray:
    out = np.full((1, REGIONS, len(core)), around, np.float32)
    out[0, 0] += core
    return out


@pytest.mark.parametrize("off", range(-SHIFT_AFTER, SHIFT_BEFORE + 1))
def test_the_onset_is_found_from_any_candidate_frame(off: int) -> None:
    core = np.zeros(60)
    core[25:] = 50 * np.exp(-np.arange(35) / 12)
    assert 25 + off + onset_shift(curves(core), 25 + off) == 25


def test_light_that_changes_everywhere_is_no_onset() -> None:
    core = np.zeros(60)
    core[28:] = 40
    means = curves(core)
    means[:, :, 20:] += 500  # the lamp
    assert onset_shift(means, 28) == 0


# Whole movies


def site(frames: int = 90, at: int = 40, dtype: str = "uint16") -> np.ndarray:
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:40, :50]
    spot = np.exp(-((y - 20) ** 2 + (x - 30) ** 2) / (2 * 1.6**2))
    time = np.arange(frames) - at
    course = np.where(time >= 0, np.exp(-np.maximum(time, 0) / 15), 0)
    light = 60 + 80 * course[:, None, None] * spot
    return np.clip(rng.poisson(light), 0, 255).astype(dtype)


def test_an_event_of_a_movie() -> None:
    ((rows, moved, got),) = stream_region_vectors(movie(site()), np.array([43]), np.array([20.2]), np.array([29.8]))
    assert (rows, moved.tolist(), got.shape, got.dtype) == (slice(0, 1), [40], (1, 13, BEFORE + AFTER + 1), np.float32)
    assert got[0, 0].argmax() in (BEFORE, BEFORE + 1)
    assert got[0, 0, :BEFORE].max() < 0.5 * got[0, 0, BEFORE]
    assert got[0, 9:].max() < 0.5


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_pixel_types_give_the_same(dtype: str) -> None:
    at = np.array([5, 43]), np.array([0.0, 20.0]), np.array([0.0, 30.0])
    a, b = (np.concatenate([v for _, _, v in stream_region_vectors(movie(site(dtype=d)), *at)]) for d in
            ("uint16", dtype))  # fmt: skip
    np.testing.assert_array_equal(a, b)


def test_without_alignment_the_frame_stays() -> None:
    ((_, moved, got),) = stream_region_vectors(
        movie(site()), np.array([43]), np.array([20.0]), np.array([30.0]), align=False
    )
    assert moved.tolist() == [43]
    assert got[0, 0].argmax() in (BEFORE - 3, BEFORE - 2)


def test_a_movie_shorter_than_a_sequence() -> None:
    ((_, moved, got),) = stream_region_vectors(movie(site(12, 5)), np.array([6]), np.array([20.0]), np.array([30.0]))
    assert moved.tolist() == [5]
    assert np.isfinite(got).all()
    np.testing.assert_array_equal(got[0, :, :5], got[0, :, [5]].T.repeat(5, axis=1))  # before the movie
    np.testing.assert_array_equal(got[0, :, 17:], got[0, :, [16]].T.repeat(24, axis=1))  # after it


def test_added_frames_reach_further() -> None:
    ((_, _, got),) = stream_region_vectors(
        movie(site(200, 60)), np.array([60]), np.array([20.0]), np.array([30.0]), added_frames=41
    )
    assert got.shape == (1, 13, 41)
    # Twice the time in as many values: the decay looks twice as fast.
    assert got[0, 0, BEFORE + 8] < 0.75 * got[0, 0, BEFORE]


def test_many_places_come_in_parts_and_the_same() -> None:
    frames = site()
    rng = np.random.default_rng(4)
    t = np.sort(rng.integers(0, 90, 3000))
    y, x = rng.uniform(0, 39, 3000), rng.uniform(0, 49, 3000)
    parts = list(stream_region_vectors(movie(frames), t, y, x))
    assert len(parts) > 1
    whole = np.concatenate([v for _, _, v in parts])
    some = np.array([0, 1200, 2999])
    ((_, _, alone),) = stream_region_vectors(movie(frames), t[some], y[some], x[some])
    np.testing.assert_array_equal(whole[some], alone)
