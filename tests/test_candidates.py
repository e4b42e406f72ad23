"""Candidates: what changed is found once, at its place; what does not change is not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from movie_material import as_movie, flash, noise, spot, step_down, step_up
from scipy.ndimage import map_coordinates

from ivea_fiji.candidates import detect, find_candidates, learn_thresholds
from ivea_fiji.candidates.differences import blur, differences, match_brightness
from ivea_fiji.candidates.linking import Peaks, link, merge_directions
from ivea_fiji.candidates.maxima import _local_maxima, find_maxima
from ivea_fiji.candidates.thresholds import noise_map
from ivea_fiji.errors import Cancelled
from ivea_fiji.events.model import Candidates
from ivea_fiji.params import RandomParams

FIELDS = ("frame", "y", "x", "strength", "peak", "sigma", "direction")


def found(stack: np.ndarray, least: float = 7, **values) -> Candidates:
    """Return the clear candidates of a movie: noise alone hardly reaches 7 standard deviations."""
    params = RandomParams(threads=1, **values)
    movie = as_movie(stack)
    candidates = find_candidates(movie, learn_thresholds(movie, params), params)
    return candidates[candidates.peak > least]


def rows(c: Candidates) -> list[tuple[int, int, int]]:
    return sorted(zip(c.frame.tolist(), c.y.tolist(), c.x.tolist(), strict=True))


def same(a: Candidates, b: Candidates) -> None:
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)


# Difference images


def test_difference_is_signed_and_relative_to_the_frame_lag_before() -> None:
    stack = np.zeros((6, 32, 32), np.float32)
    stack[:] = np.random.default_rng(0).normal(100, 10, (32, 32))
    stack[2, 10, 10] += 50
    change = differences(stack, 2)
    assert change.shape == (5, 32, 32)
    # Entry i belongs to frame i + 1: frame 2 is brighter than frame 0, frame 4 darker than frame 2.
    assert change[1, 10, 10] == pytest.approx(50, abs=1)
    assert change[3, 10, 10] == pytest.approx(-50, abs=1)
    assert np.abs(change[[0, 2, 4], 10, 10]).max() < 1
    # Frame 1 has no frame 2 before it: it is compared with the first.
    stack[1, 20, 20] += 30
    assert differences(stack, 2)[0, 20, 20] == pytest.approx(30, abs=1)


def test_flicker_and_bleaching_leave_nothing() -> None:
    picture = 100 + 900 * spot((64, 64), 20, 30) + 400 * spot((64, 64), 45, 12, 6)
    brightness = 1 + 0.3 * np.sin(np.arange(20)) * np.exp(-np.arange(20) / 10)
    stack = (picture[None] * brightness[:, None, None] + 7 * np.arange(20)[:, None, None]).astype(np.float32)
    plain = np.abs(stack[4:] - stack[:-4]).max()
    assert plain > 100
    assert np.abs(differences(blur(stack, 1), 4)).max() < 1e-3 * plain


@given(st.floats(0.55, 1.9), st.floats(-200, 200))
@settings(max_examples=20, deadline=None)
def test_gain_and_offset_are_recovered(gain: float, offset: float) -> None:
    rng = np.random.default_rng(1)
    reference = rng.normal(500, 50, (64, 64)).astype(np.float32)
    got = match_brightness(reference, (gain * reference + offset).astype(np.float32))
    assert got == pytest.approx((gain, offset), abs=0.05)


def test_an_event_does_not_pull_the_brightness() -> None:
    reference = np.random.default_rng(2).normal(500, 50, (64, 64)).astype(np.float32)
    image = reference * 1.2
    image[8:16, 8:16] += 5000
    gain, offset = match_brightness(reference, image)
    assert gain == pytest.approx(1.2, rel=0.03)
    assert gain * 500 + offset == pytest.approx(600, rel=0.01)


def test_spots_that_brighten_together_are_no_lamp() -> None:
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:128, :128]
    spots = [np.exp(-((y - a) ** 2 + (x - b) ** 2) / 5) for a in range(12, 128, 26) for b in range(12, 128, 26)]
    heights, answers = rng.uniform(20, 60, len(spots)), rng.uniform(0, 60, len(spots))
    rest = 100 + np.tensordot(heights, spots, 1)
    before = (rest + rng.normal(0, 3, y.shape)).astype(np.float32)
    after = (rest + np.tensordot(answers, spots, 1) + rng.normal(0, 3, y.shape)).astype(np.float32)
    gain, offset = match_brightness(before, after)
    assert gain == 1
    assert offset == pytest.approx(0, abs=2)
    lamp = (1.3 * rest + rng.normal(0, 3, y.shape)).astype(np.float32)
    assert match_brightness(before, lamp)[0] == pytest.approx(1.3, abs=0.05)


def test_no_blur_keeps_the_counts() -> None:
    frames = np.arange(24, dtype=np.uint16).reshape(2, 3, 4)
    out = blur(frames, 0)
    assert out.dtype == np.float32
    np.testing.assert_array_equal(out, frames)


# Noise map


@pytest.mark.parametrize("sigma", [0.0, 1.0, 2.0])
def test_noise_map_tells_the_noise(sigma: float) -> None:
    movie = as_movie(noise(60, 80, 80, sd=10, seed=3))
    kernel = cv2.getGaussianKernel(2 * int(np.ceil(3 * sigma)) + 1, sigma) if sigma else np.ones((1, 1))
    expected = np.sqrt(2) * 10 * (kernel**2).sum()
    sd = noise_map(movie, 4, sigma)
    assert np.median(sd) == pytest.approx(expected, rel=0.05)
    assert np.abs(sd / expected - 1).max() < 0.35


def test_noise_map_follows_the_place() -> None:
    stack = noise(60, 64, 64, sd=5, seed=4)
    stack[:, :, 32:] = noise(60, 64, 32, sd=20, seed=5)
    sd = noise_map(as_movie(stack), 4, 1)
    assert np.median(sd[:, 44:]) / np.median(sd[:, :20]) == pytest.approx(4, rel=0.1)


def test_noise_map_needs_no_quiet_frames() -> None:
    quiet = noise(60, seed=6)
    busy = quiet.copy()
    for t in (5, 35):  # the difference is active in about half of the frames
        flash(busy, t, 32, 32, 300, decay=2)
    before, after = (noise_map(as_movie(s), 4, 1)[32, 32] for s in (quiet, busy))
    assert after / before < 1.5


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_noise_map_is_positive_without_noise(dtype: type) -> None:
    stack = np.full((20, 32, 32), 50, np.float32)
    flash(stack, 10, 16, 16, 100)
    sd = noise_map(as_movie(stack.astype(dtype)), 4, 1)
    assert (sd > 0).all()
    assert np.isfinite(sd).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_an_event_in_a_movie_without_noise_is_found(dtype: type) -> None:
    stack = np.full((30, 48, 48), 50, np.float32)
    flash(stack, 12, 20, 31, 150)
    got = found(stack.astype(dtype))
    assert (20, 31) in [(y, x) for _, y, x in rows(got[got.peak > 0.5 * got.peak.max()])]


def test_movies_of_few_frames() -> None:
    stack = noise(6, seed=7)
    step_up(stack, 3, 30, 30, 400)
    assert [(y, x) for _, y, x in rows(found(stack))] == [(30, 30)]
    # Two frames cannot tell noise from change, but are no fault.
    assert found(stack[2:4], 0).frame.max(initial=1) == 1


# Thresholds


def test_first_frames_finds_an_event_after_a_quiet_start() -> None:
    stack = noise(60, seed=8)
    flash(stack, 30, 20, 40, 150)
    got = found(stack, least=0, threshold="first_frames")
    assert any(abs(t - 30) <= 4 and abs(y - 20) <= 1 and abs(x - 40) <= 1 for t, y, x in rows(got))


def test_first_frames_is_blinded_by_a_bright_start_and_the_noise_map_is_not() -> None:
    stack = noise(60, seed=8)
    flash(stack, 2, 50, 50, 3000, decay=30)
    flash(stack, 30, 20, 40, 80)
    there = [any(abs(y - 20) <= 1 and abs(x - 40) <= 1 and abs(t - 30) <= 4 for t, y, x in rows(c))
             for c in (found(stack, 0, threshold="first_frames"), found(stack, 0))]
    assert there == [False, True]


def test_threshold_factor_scales_and_prominence_is_taken() -> None:
    movie = as_movie(noise(20))
    one, two = (learn_thresholds(movie, RandomParams(threshold_factor=f)) for f in (1, 2))
    assert (two.height, two.prominence, two.mean) == (2 * one.height, 2 * one.prominence, 2 * one.mean)
    assert two.fwhm == one.fwhm
    assert learn_thresholds(movie, RandomParams(prominence=1.5)).prominence == 1.5


def test_a_higher_factor_finds_a_part() -> None:
    stack = noise(40, seed=9)
    for k in range(5):
        flash(stack, 20, 10 + 10 * k, 30, 40 + 30 * k)
    few, many = (found(stack, 0, threshold_factor=f) for f in (2.5, 1))
    assert 0 < len(few) < len(many)
    assert set(rows(few)) <= set(rows(many))


# One candidate per event


@pytest.mark.parametrize(("make", "direction"), [(flash, 0), (step_up, 1), (step_down, -1)])
def test_one_event_gives_one_candidate(make, direction: int) -> None:
    stack = noise(50, seed=10)
    make(stack, 25, 40, 22)
    got = found(stack)
    assert len(got) == 1
    assert (got.y[0], got.x[0], got.direction[0]) == (40, 22, direction)
    assert abs(int(got.frame[0]) - 25) <= 3


def test_strength_and_width_of_a_known_spot() -> None:
    stack = noise(50, seed=11, sd=5)
    step_up(stack, 25, 30, 30, 100, sigma=2)
    got = found(stack)
    assert len(got) == 1
    # Blurring by 1 px widens the spot of 2 px to sqrt(5) px and lowers it by 4 / 5.
    noise_sd = np.sqrt(2) * 5 * (cv2.getGaussianKernel(7, 1) ** 2).sum()
    assert got.sigma[0] == pytest.approx(np.sqrt(5), rel=0.15)
    assert got.peak[0] == pytest.approx(80 / noise_sd, rel=0.2)
    assert 0 < got.strength[0] < got.peak[0]


@pytest.mark.parametrize("t", [1, 2, 3, 47, 48, 49])
def test_first_and_last_frames(t: int) -> None:
    stack = noise(50, seed=12)
    flash(stack, t, 30, 30)
    got = found(stack)
    assert [(y, x) for _, y, x in rows(got)] == [(30, 30)]
    assert abs(int(got.frame[0]) - t) <= 3


def test_a_vesicle_that_is_gone_in_the_second_or_last_frame() -> None:
    for t in (1, 49):
        stack = noise(50, seed=13)
        step_down(stack, t, 30, 30)
        got = found(stack)
        assert [(y, x) for _, y, x in rows(got)] == [(30, 30)]
        assert got.direction[0] == -1
        assert 0 <= got.frame[0] < 50


@pytest.mark.parametrize(
    ("y", "x"), [(0, 0), (0, 63), (63, 0), (63, 63), (0, 30), (63, 30), (30, 0), (30, 63), (1, 1), (62, 31)]
)
def test_borders_and_corners(y: int, x: int) -> None:
    stack = noise(40, seed=14)
    flash(stack, 20, y, x, 300)
    got = found(stack)
    assert len(got) == 1
    assert abs(got.y[0] - y) <= 1
    assert abs(got.x[0] - x) <= 1


@pytest.mark.parametrize(("height", "width"), [(24, 90), (90, 24), (8, 8)])
def test_movies_that_are_not_square(height: int, width: int) -> None:
    stack = noise(30, height, width, seed=15)
    flash(stack, 15, 4, width - 4, 300)
    assert (4, width - 4) in [(y, x) for _, y, x in rows(found(stack))]


def test_neighbours_are_told_apart() -> None:
    stack = noise(40, seed=16)
    flash(stack, 20, 30, 26)
    flash(stack, 20, 30, 34)
    assert sorted((y, x) for _, y, x in rows(found(stack))) == [(30, 26), (30, 34)]


def test_two_events_at_one_place_apart_in_time() -> None:
    stack = noise(80, seed=17)
    flash(stack, 20, 30, 30)
    flash(stack, 50, 30, 30)
    got = found(stack)
    assert [(y, x) for _, y, x in rows(got)] == [(30, 30)] * 2
    np.testing.assert_allclose(got.frame, [20, 50], atol=3)


def test_noise_alone_gives_few() -> None:
    assert len(found(noise(100, seed=18), least=0)) <= 20


def test_candidates_are_sorted_by_frame() -> None:
    stack = noise(60, seed=19)
    for k, t in enumerate((50, 10, 30, 22)):
        flash(stack, t, 10 + 14 * k, 30)
    assert (np.diff(found(stack, 0).frame) >= 0).all()


# Maxima


def test_maxima_by_hand() -> None:
    image = np.zeros((20, 20), np.float32)
    image[5, 5], image[5, 8], image[15, 15] = 10, 8, 3
    got = find_maxima(image, 5, 3, 1)
    assert sorted(zip(got.y.tolist(), got.x.tolist(), strict=True)) == [(5, 5), (5, 8)]
    np.testing.assert_allclose(got.mean, np.array([10, 8]) / 9, rtol=1e-6)


def test_prominence_is_the_drop_on_the_way_to_a_higher_maximum() -> None:
    image = np.zeros((20, 20), np.float32)
    image[5, 5:10] = 10, 6, 6, 6, 8
    assert len(find_maxima(image, 5, 1.5, 1).y) == 2
    assert len(find_maxima(image, 5, 2.5, 1).y) == 1


def test_a_plateau_is_one_maximum() -> None:
    image = np.zeros((20, 20), np.float32)
    image[8:11, 8:11] = 10
    assert len(find_maxima(image, 5, 1, 1).y) == 1


@pytest.mark.parametrize("border", [0, 5])
def test_a_plateau_of_half_the_image_is_one_maximum_soon(border: int) -> None:
    # A masked movie that becomes much brighter: pairs of all pixels outside the cell would take gigabytes.
    image = np.zeros((400, 400), np.float32)
    image[border:300, border:300] = 10
    assert len(_local_maxima(image[None], 5)[0]) == 1
    got = find_maxima(image, 5, 1, 1)
    assert (got.y.tolist(), got.x.tolist()) == ([border], [border])


def test_width_of_a_gaussian() -> None:
    got = find_maxima(spot((41, 41), 20, 20, 2), 0.5, 0.1, 1)
    assert got.fwhm == pytest.approx([2.3548 * 2], rel=0.03)


def test_nothing_above_the_height() -> None:
    got = find_maxima(np.ones((10, 10), np.float32), 1, 0.1, 1)
    assert len(got.y) == len(got.fwhm) == 0


# Linking


def peaks(frame, y, x, mean=None, fwhm=3.0) -> Peaks:
    n = len(frame)
    mean = np.ones(n, np.float32) if mean is None else np.array(mean, np.float32)
    return Peaks(np.array(frame, np.int32), np.array(y, np.float32), np.array(x, np.float32), mean + 1, mean,
                 np.full(n, fwhm, np.float32))


@pytest.mark.parametrize(("later", "links"), [(1, 1), (4, 1), (5, 2)])
def test_linking_time(later: int, links: int) -> None:
    assert len(link(peaks([0, later], [9, 9], [9, 9]), 3, 4)) == links


@pytest.mark.parametrize(("distance", "links"), [(0, 1), (3, 1), (3.1, 2)])
def test_linking_radius(distance: float, links: int) -> None:
    assert len(link(peaks([0, 1], [9, 9], [9, 9 + distance]), 3, 4)) == links


def test_the_strongest_stands_for_a_link() -> None:
    assert link(peaks([0, 1, 2], [9, 9, 9], [9, 9, 9], [1, 5, 2]), 3, 4).tolist() == [1]


def test_a_peak_joins_the_nearest() -> None:
    got = link(peaks([0, 0, 1], [9, 9, 9], [9, 13, 11.5], [1, 1, 7]), 3, 4)
    assert got.tolist() == [0, 2]


def test_a_link_ends_after_twelve_frames() -> None:
    frame = np.arange(0, 40, 4)
    # 0-12 is one, 16-28 the next, 32-36 the last.
    assert len(link(peaks(frame, np.full(10, 9), np.full(10, 9)), 3, 4)) == 3


def test_many_peaks_link_like_few() -> None:
    rng = np.random.default_rng(0)
    y, x = rng.uniform(0, 4000, (2, 100))
    frame = np.repeat([0, 1], 100)
    many = link(peaks(frame, np.r_[y, y], np.r_[x, x]), 1, 4)
    assert many.tolist() == list(range(100))


def test_merging_by_hand() -> None:
    bright = peaks([10], [20], [20], [3])
    for wait, joined in ((-4, True), (8, True), (9, False), (-5, False)):
        both = merge_directions(bright, peaks([10 + wait + 4], [20], [21], [5]), 4, 3)
        assert both.direction.tolist() == ([0] if joined else [1, -1] if wait > 0 else [-1, 1])
        assert both.strength.max() == 5
    apart = merge_directions(bright, peaks([14], [20], [24], [5]), 4, 3)
    assert sorted(apart.direction) == [-1, 1]
    # A dimming without a brightening lies between the two frames that were subtracted.
    assert merge_directions(peaks([], [], []), peaks([30], [1], [2]), 4, 3).frame.tolist() == [28]


# The same whatever the blocks, threads, scale and view


def scene() -> np.ndarray:
    stack = noise(70, 56, 64, seed=20)
    for t, y, x, height in ((1, 10, 10, 200), (5, 40, 20, 300), (33, 20, 50, 150), (34, 45, 45, 250), (68, 8, 30, 250)):
        flash(stack, t, y, x, height)
    step_down(stack, 20, 28, 28, 200)
    return stack


@pytest.mark.parametrize("frames", [1, 7, 11, 32])
@pytest.mark.parametrize("lag", [1, 4, 9])
def test_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch, frames: int, lag: int) -> None:
    stack = scene()
    monkeypatch.setattr(detect, "_BLOCK_PIXELS", 10**9)
    whole = found(stack, 0, lag=lag)
    monkeypatch.setattr(detect, "_BLOCK_PIXELS", frames * 56 * 64)
    same(whole, found(stack, 0, lag=lag))
    assert len(whole) >= 6


def test_threads_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detect, "_BLOCK_PIXELS", 9 * 56 * 64)
    movie = as_movie(scene())
    thresholds = learn_thresholds(movie, RandomParams())
    one, two, many = (find_candidates(movie, thresholds, RandomParams(threads=n)) for n in (1, 2, 5))
    same(one, two)
    same(one, many)


def test_a_lag_longer_than_the_movie() -> None:
    stack = noise(12, seed=21)
    step_up(stack, 6, 30, 30, 400)
    assert {(y, x) for _, y, x in rows(found(stack, lag=100))} == {(30, 30)}


@given(st.floats(0.05, 100), st.floats(-1000, 1000))
@settings(max_examples=12, deadline=None)
def test_gain_and_offset_of_the_camera_do_not_matter(gain: float, offset: float) -> None:
    stack = scene()
    plain, other = found(stack), found((stack * gain + offset).astype(np.float32))
    np.testing.assert_allclose(rows(other), rows(plain), atol=0.02)
    np.testing.assert_allclose(other.peak, plain.peak, rtol=0.02)
    np.testing.assert_allclose(other.strength, plain.strength, rtol=0.02)


@given(st.integers(0, 3), st.booleans())
@settings(max_examples=8, deadline=None)
def test_turning_and_mirroring_turns_the_candidates(quarters: int, mirror: bool) -> None:
    stack = scene()
    height, width = stack.shape[1:]
    view = np.rot90(stack, quarters, (1, 2))
    if mirror:
        view = view[:, :, ::-1]
    got = found(np.ascontiguousarray(view))
    where = np.mgrid[:height, :width]  # what place of the scene each pixel of the view shows
    where = np.rot90(where, quarters, (1, 2))
    where = where[:, :, ::-1] if mirror else where
    places = np.stack([got.y, got.x])  # which may lie between pixels
    y, x = (map_coordinates(axis.astype(float), places, order=1) for axis in where)
    back = sorted(zip(got.frame.tolist(), y.tolist(), x.tolist(), strict=True))
    np.testing.assert_allclose(back, rows(found(stack)), atol=1e-3)


def test_the_whole_is_the_frames_moved_in_time() -> None:
    stack = noise(60, seed=22)
    flash(stack, 25, 30, 30)
    later = np.concatenate([noise(20, seed=23), stack])
    a, b = found(stack), found(later)
    assert rows(b) == [(t + 20, y, x) for t, y, x in rows(a)]


# Progress


def test_progress_ends_full_and_can_stop() -> None:
    class Watch:
        def __init__(self, stop: bool) -> None:
            self.seen, self._stop = [], stop

        def update(self, stage: str, done: int, total: int) -> None:
            self.seen.append((stage, done, total))

        def cancelled(self) -> bool:
            return self._stop

    movie, params = as_movie(noise(30)), RandomParams(threads=1)
    thresholds = learn_thresholds(movie, params)
    watch = Watch(False)
    find_candidates(movie, thresholds, params, watch)
    assert watch.seen[-1] == ("candidates", 30, 30)
    with pytest.raises(Cancelled):
        find_candidates(movie, thresholds, params, Watch(True))


def ring(at: int = 20) -> np.ndarray:
    """A docked vesicle that empties into a cloud: its middle stays as bright, the rim brightens."""
    y, x = np.mgrid[:64, :64] - 32
    square = y**2 + x**2
    # A bright rest of the picture, so that the cloud does not look like a lamp that changes.
    stack = noise(seed=4) + (2000 * (x < -20)).astype(np.float32)
    stack[:at] += 200 * np.exp(-square / (2 * 2.0**2))
    stack[at:] += 200 * np.exp(-square / (2 * 4.0**2))
    return stack


def test_a_cloud_whose_middle_stays_as_bright_is_found_in_its_middle() -> None:
    def farthest(**changes) -> float:
        got = found(ring(), **changes)
        best = int(got.strength.argmax())
        return float(np.hypot(got.y[best] - 32, got.x[best] - 32))

    assert farthest(wide_search=False) > 3
    assert farthest() < 1.5
