"""Hotspot areas step by step, on arrays whose answer is known by reason."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import ndimage

from ivea_fiji.errors import ParameterError
from ivea_fiji.hotspots.areas import active, centres, changes, surroundings
from ivea_fiji.hotspots.correction import correct, layer_gains
from ivea_fiji.hotspots.course import Course, abruptness, duration_error, follow, line
from ivea_fiji.hotspots.differences import darkest_strip, noise_map, noise_of_layers
from ivea_fiji.hotspots.layers import find_layers
from ivea_fiji.hotspots.learning import background_region, learn_alpha, read_region
from ivea_fiji.hotspots.linking import Linker, Region, regions
from ivea_fiji.hotspots.model import Areas, Hotspot, Trace
from ivea_fiji.hotspots.outlines import outline
from ivea_fiji.hotspots.places import at_sites, without_repeats
from ivea_fiji.hotspots.threshold import cleared, eroded, iterative_threshold, median_filter
from ivea_fiji.movie.mask import fill_outlines

MASKS = arrays.arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12)))


def steps(*levels: float, width: int = 8) -> np.ndarray:
    """Return an image of stripes, one per level, 8 px wide and 16 high."""
    return np.repeat(np.array(levels, np.float32), width)[None].repeat(16, axis=0)


# ---------------------------------------------------------------------------- layers and their correction


def test_layers_are_sorted_by_brightness() -> None:
    layers = find_layers(steps(500, 100, 300), 3, seed=1)
    np.testing.assert_array_equal(np.unique(layers.labels[:, :8]), [2])
    np.testing.assert_array_equal(np.unique(layers.labels[:, 8:16]), [0])
    np.testing.assert_allclose(layers.centres, [100, 300, 500], atol=0.1)
    assert np.unique(layers.paint(np.array([1, 2, 3]))[:, 16:]) == 2


def test_an_image_of_one_level_has_one_layer() -> None:
    assert find_layers(np.full((10, 12), 7.0), 5, seed=1).count == 1


def test_layers_are_the_same_for_the_same_seed() -> None:
    image = np.random.default_rng(0).gamma(4, 100, (60, 70))
    one, other = find_layers(image, 5, seed=3), find_layers(image, 5, seed=3)
    assert one.labels.tobytes() == other.labels.tobytes()
    assert one.centres.tobytes() == other.centres.tobytes()


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_eq_19_takes_back_brightening_and_dimming(factor: float) -> None:
    earlier = steps(100, 300, 500)
    layers = find_layers(earlier, 3, seed=1)
    now = steps(100, 300 * factor, 500)
    np.testing.assert_allclose(layer_gains(now, earlier, layers), [1, 1 / factor, 1])
    np.testing.assert_allclose(correct(now, earlier, layers), earlier, rtol=1e-6)
    np.testing.assert_allclose(correct(now, earlier, layers, "dart"), earlier, rtol=1e-6)
    np.testing.assert_allclose(layer_gains(now, earlier, layers, theta=0.5)[1], 1 + 0.5 * (1 / factor - 1))
    assert correct(now, earlier, layers, "none") is now


def test_an_event_does_not_darken_its_layer() -> None:
    """A fifth of the layer doubles; plain means would take a sixth off everything else."""
    rng = np.random.default_rng(0)
    earlier = steps(100, 500, width=40) + rng.normal(0, 1, (16, 80)).astype(np.float32)
    layers = find_layers(earlier, 2, seed=1)
    now = earlier + rng.normal(0, 1, earlier.shape).astype(np.float32)
    now[:, 40:48] *= 2
    quiet = np.s_[:, 48:]
    assert abs((correct(now, earlier, layers) - earlier)[quiet].mean()) < 1
    assert (correct(now, earlier, layers, "dart") - earlier)[quiet].mean() < -90


def test_a_layer_without_light_stays_as_it_is() -> None:
    earlier = steps(-20, 0)
    np.testing.assert_array_equal(layer_gains(earlier + 3, earlier, find_layers(earlier, 2, seed=1))[:1], [1])


def test_noise_of_layers() -> None:
    rng = np.random.default_rng(0)
    layers = find_layers(steps(100, 500, width=64), 2, seed=1)
    made = rng.normal(0, 1, (40, 16, 128)) * np.where(layers.labels == 1, 6, 2)
    noise = noise_of_layers(made.astype(np.float32), layers)
    np.testing.assert_allclose(noise, [2, 6], rtol=0.05)
    shown = noise_map(noise, layers, 1.0)
    np.testing.assert_allclose(shown[:, [0, -1]], [[1, noise[1] / noise[0]]] * 16, rtol=1e-3)
    np.testing.assert_array_equal(noise_map(np.zeros(2), layers, 1.0), 1)


def test_the_darkest_strip() -> None:
    image = np.full((120, 30), 9.0, np.float32)
    image[40:50] = 1
    assert darkest_strip(image) == (slice(40, 50), slice(0, 30))
    assert darkest_strip(image[:4]) == (slice(0, 4), slice(0, 30))


def test_the_background_region_can_be_named() -> None:
    image = np.zeros((60, 80), np.float32)
    assert background_region(" 10, 20,30,5", image) == (slice(20, 25), slice(10, 40))
    assert read_region(" ") is None
    for text, what in (("1,2,3", "x,y,width,height"), ("a,1,9,9", "x,y,width,height"), ("0,0,4,9", "too small"),
                       ("70,0,20,20", "80 x 60")):  # fmt: skip
        with pytest.raises(ParameterError, match=what):
            background_region(text, image)


# ---------------------------------------------------------------------------- thresholds


@settings(max_examples=60, deadline=None)
@given(MASKS, st.integers(0, 3))
def test_the_median_of_a_mask_is_a_count(mask: np.ndarray, radius: int) -> None:
    expected = ndimage.median_filter(mask.astype(np.uint8), 2 * radius + 1, mode="nearest")
    np.testing.assert_array_equal(median_filter(mask, radius), expected.astype(bool))


@settings(max_examples=60, deadline=None)
@given(arrays.arrays(np.float32, (9, 11), elements=st.integers(-50, 50)), st.integers(-40, 40))
def test_thresholding_and_eroding_go_in_either_order(change: np.ndarray, threshold: int) -> None:
    binary = ndimage.binary_erosion(np.pad(change, 1, "edge") > threshold, np.ones((3, 3)))[1:-1, 1:-1]
    np.testing.assert_array_equal(eroded(change) > threshold, binary)


@settings(max_examples=60, deadline=None)
@given(arrays.arrays(np.float32, (12, 12), elements=st.integers(-9, 255)), st.integers(0, 2))
def test_halving_finds_the_threshold_that_counting_up_finds(change: np.ndarray, radius: int) -> None:
    """The paper counts up until nothing is left."""
    found = iterative_threshold(change, radius)
    step = max(change.max(), 0) / 256
    assert not cleared(change, found, radius).any()
    if found > 0:
        assert cleared(change, found - step * 1.001, radius).any()
    counted = next((k for k in range(257) if not cleared(change, step * k, radius).any()), 0)
    assert found == pytest.approx(step * counted)


def test_alpha_comes_from_quiet_frames() -> None:
    quiet = np.full(10, 3.0)
    busy = np.concatenate([quiet, np.full(20, 50.0)])  # events in two frames of three
    background = np.full(30, 2.0)
    assert learn_alpha(busy, background) == learn_alpha(quiet, background[:10])
    assert learn_alpha(np.zeros(4), np.zeros(4)) == 1


# ---------------------------------------------------------------------------- regions and linking


def blob(y: int, x: int, side: int = 6, width: int = 40) -> Region:
    yy, xx = np.mgrid[y : y + side, x : x + side]
    return Region((yy * width + xx).ravel(), y + (side - 1) / 2, x + (side - 1) / 2, 2.0)


def test_regions_are_connected_at_corners_and_not_too_small() -> None:
    change = np.zeros((20, 40), np.float32)
    left = np.zeros_like(change, bool)
    left[3:6, 3:6] = left[6:9, 6:9] = True
    left[15, 30] = True
    change[7, 7] = 10
    found = regions(left, change, 4.0, 12)
    assert len(found) == 1  # the lone pixel is 9 px after widening
    assert found[0].strength == 2.5
    assert set(np.flatnonzero(left)[:18]) <= set(found[0].pixels)


def test_regions_with_common_pixels_are_one_candidate() -> None:
    linker = Linker((30, 40), gap=3, radius=0)
    assert linker.add(5, [blob(3, 3), blob(20, 20)]) == []
    linker.add(6, [blob(4, 4)])
    linker.add(8, [blob(6, 6)])
    closed = linker.add(10, []) + linker.finish()
    assert [(c.first, c.last, c.frames) for c in closed] == [(5, 5, 1), (5, 8, 3)]
    assert len(closed[1].pixels) == len(np.unique(np.concatenate([blob(k, k).pixels for k in (3, 4, 6)])))


def test_a_closed_candidate_is_not_taken_up_again() -> None:
    linker = Linker((30, 40), gap=2, radius=6)
    linker.add(5, [blob(3, 3)])
    assert len(linker.add(9, [blob(3, 3)])) == 1
    assert len(linker.finish()) == 1


def test_near_regions_are_one_candidate() -> None:
    for radius, number in ((6, 2), (8, 1)):
        linker = Linker((30, 40), gap=3, radius=radius)
        linker.add(1, [blob(3, 3)])
        linker.add(2, [blob(3, 10)])
        assert len(linker.finish()) == number


def test_the_order_of_regions_does_not_matter() -> None:
    frames = [[blob(3, 3), blob(3, 20)], [blob(4, 4), blob(5, 18)], [blob(20, 20), blob(6, 4)]]
    results = []
    for order in (1, -1):
        linker = Linker((30, 40), gap=3, radius=3)
        for t, found in enumerate(frames):
            linker.add(t, found[::order])
        results.append(sorted((c.first, c.last, c.pixels.tolist()) for c in linker.finish()))
    assert results[0] == results[1]


# ---------------------------------------------------------------------------- tracking


def test_an_event_ends_below_the_mid_intensity() -> None:
    trace = np.array([0, 0, 0, 4, 8, 10, 10, 9, 7, 6, 4, 3, 1, 0, 0, 8, 10, 10])
    course = follow(trace, first=4)
    assert (course.start, course.end, course.ended) == (4, 9, True)
    assert course.peak in (5, 6)


def test_one_bad_frame_ends_nothing() -> None:
    trace = np.array([0.0, 0, 0, 10, 10, 0, 10, 10, 9, 1, 0])
    assert follow(trace, first=3).end == 8


def test_an_event_that_lasts_is_not_complete() -> None:
    course = follow(np.array([0.0, 0, 5, 5, 5]), first=2)
    assert (course.start, course.end, course.ended) == (2, 4, False)


def test_a_line_is_exact_on_lines() -> None:
    values = 20 - 3.0 * np.arange(12)
    assert line(values, 5.5, 4) == pytest.approx((3.5, -3))
    assert line(values, 0, 4) == pytest.approx((20, -3))
    assert line(np.array([7.0]), 0, 3) == pytest.approx((7, 0))


def test_a_slow_end_does_not_come_with_the_first_dip() -> None:
    rng = np.random.default_rng(8)
    clean = np.concatenate([np.zeros(10), np.full(15, 100.0), 101 - 2.0 * np.arange(1, 51)])
    last = 24 + 25  # 51, the last that is at least 50
    ends = np.array([follow(clean + rng.normal(0, 4, 75), first=10).end for _ in range(200)])
    plain = np.array([_first_below(clean + rng.normal(0, 4, 75)) for _ in range(200)])
    assert follow(clean, first=10).end == last
    assert abs(ends.mean() - last) < 1 < abs(plain.mean() - last)
    assert np.mean(abs(ends - last) <= 1) > 0.8 > np.mean(abs(plain - last) <= 1)


def _first_below(trace: np.ndarray) -> int:
    return 9 + int(np.flatnonzero(trace[10:] < 0.5 * trace[10:].max())[0])


def test_the_error_of_a_duration_is_noise_over_slope() -> None:
    fall = np.concatenate([np.tile([-2.0, 2], 6), np.full(4, 100.0), 100 - 5.0 * np.arange(1, 21)])
    course = follow(fall, first=12)
    assert (course.start, course.end) == (12, 25)
    spread = np.tile([-2.0, 2], 6).std(ddof=1)
    assert duration_error(fall, course, slice(0, 12)) == pytest.approx(spread / 5)
    assert duration_error(10 * fall, course, slice(0, 12)) == pytest.approx(spread / 5)


def test_the_error_of_a_duration_is_unknown_or_bounded() -> None:
    trace = np.concatenate([np.tile([-2.0, 2], 6), np.full(10, 9.0)])
    assert np.isnan(duration_error(trace, follow(trace, first=12), slice(0, 12)))  # it has not ended
    ended = Course(12, 14, 18, ended=True)
    assert np.isnan(duration_error(trace, ended, slice(8, 12)))
    assert duration_error(trace, ended, slice(0, 12)) == 7  # it does not fall there


@settings(max_examples=80, deadline=None)
@given(arrays.arrays(float, st.integers(1, 40), elements=st.floats(-5, 50, width=16)), st.data())
def test_a_course_is_in_order(trace: np.ndarray, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(trace) - 1))
    course = follow(trace, first)
    assert 0 <= course.start <= course.peak <= course.end < len(trace)
    scaled = follow(trace * 4, first)
    assert (scaled.start, scaled.peak, scaled.end) == (course.start, course.peak, course.end)


def test_a_jump_is_abrupt_and_a_drift_to_the_same_height_is_not() -> None:
    rng = np.random.default_rng(2)
    noise = rng.normal(0, 1, 60)
    course = Course(start=25, peak=35, end=38, ended=True)
    jump, ramp = noise.copy(), noise.copy()
    jump[25:39] += 20
    ramp[5:39] += np.linspace(0, 20, 34)
    assert abruptness(jump, course, 3) > 10
    assert abruptness(ramp, course, 3) < 4.5
    assert abruptness(jump * 7, course, 3) == pytest.approx(abruptness(jump, course, 3))


def test_of_too_few_frames_nothing_is_known_of_the_unrest() -> None:
    assert np.isnan(abruptness(np.array([0.0, 0, 9, 9, 0]), Course(2, 2, 3, True), 3))
    assert abruptness(np.repeat([0.0, 5, 0], 10), Course(10, 12, 19, True), 3) == np.inf


def test_changes_take_back_layers_and_surroundings() -> None:
    frames = np.full((8, 30, 30), 100, np.uint16)
    frames[4:, 10:16, 10:16] += 50
    gains = np.ones((8, 1))
    frames[6] //= 2
    gains[6] = 2
    frames[7] += 10  # of the surroundings only what they have in common is known
    core = np.zeros((30, 30), bool)
    core[10:16, 10:16] = True
    change = changes(frames, gains, np.zeros((30, 30), np.uint8), surroundings(core), slice(0, 4), 0).counts
    np.testing.assert_allclose(change[:, core].mean(axis=1), [0, 0, 0, 0, 50, 50, 50, 50], atol=1e-4)
    np.testing.assert_allclose(change[:, 0, 0], 0, atol=1e-4)


def test_the_area_is_what_is_above_half_and_connected() -> None:
    change = np.zeros((3, 20, 20), np.float32)
    change[0, 5:9, 5:9] = 10
    change[1, 5:9, 5:13] = 6
    change[2, 5:9, 5:9] = 4
    change[1, 15:19, 15:19] = 9  # apart
    core = np.zeros((20, 20), bool)
    core[5:9, 5:9] = True
    masks = active(change, core, slice(0, 3), 0.5, 0)
    assert masks.sum(axis=(1, 2)).tolist() == [16, 32, 0]
    y, x = centres(change, masks)
    np.testing.assert_allclose([y[:2], x[:2]], [[6.5, 6.5], [6.5, 8.5]])
    assert np.isnan(y[2])


def test_a_travelling_area_is_followed_beyond_its_core() -> None:
    change = np.zeros((9, 12, 60), np.float32)
    for t in range(6):
        change[t, 4:8, 5 + 3 * t : 11 + 3 * t] = 10
    change[8, 4:8, 5:11] = 10  # later, at the same place: another event
    core = np.zeros((12, 60), bool)
    core[4:8, 5:11] = True
    masks = active(change, core, slice(0, 2), 0.5, 0, beyond=True)
    assert masks.sum(axis=(1, 2)).tolist() == [24, 24, 24, 24, 24, 24, 0, 0]
    assert np.flatnonzero(masks.any(axis=(0, 1))).tolist() == list(range(5, 26))
    assert active(change, core, slice(0, 2), 0.5, 0).sum(axis=(1, 2)).tolist() == [24, 24]


def test_relative_changes_are_those_of_the_transmitter() -> None:
    sensors = np.full((40, 40), 100.0)
    sensors[:, 20:] = 200
    sensors[:, 30:] = 10  # too dim to tell
    frames = np.repeat(sensors[None], 8, axis=0)
    frames[4:, 15:25, 15:35] *= 1.3
    core = np.zeros((40, 40), bool)
    core[15:25, 15:35] = True
    change = changes(frames, np.ones((8, 1)), np.zeros((40, 40), np.uint8), surroundings(core), slice(0, 4), 0)
    assert change.counts[5, 20, 17] == pytest.approx(30, rel=0.01)
    assert change.counts[5, 20, 25] == pytest.approx(60, rel=0.01)
    assert change.relative[5, 20, 17] == pytest.approx(change.relative[5, 20, 25], rel=0.01)
    assert change.relative[5, 20, 32] < 0.5 * change.relative[5, 20, 25]


def test_holes_belong_to_the_area() -> None:
    change = np.full((1, 9, 9), 10, np.float32)
    change[0, 4, 4] = 0
    core = np.zeros((9, 9), bool)
    core[2, 2] = True
    assert active(change, core, slice(0, 1), 0.5, 0).sum() == 81


# ---------------------------------------------------------------------------- outlines


def test_the_outline_of_a_pixel() -> None:
    assert outline(np.ones((1, 1), bool), 5, 3).tolist() == [[3, 5], [4, 5], [4, 6], [3, 6]]
    with pytest.raises(ValueError, match="no pixel"):
        outline(np.zeros((2, 2), bool))


@settings(max_examples=150, deadline=None)
@given(MASKS, st.data())
def test_an_outline_holds_its_pixels_and_no_others(mask: np.ndarray, data: st.DataObject) -> None:
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    if not count:
        return
    region = ndimage.binary_fill_holes(labels == data.draw(st.integers(1, count)))
    corners = outline(region)
    np.testing.assert_array_equal(fill_outlines([corners], region.shape), region)
    sides = np.abs(np.diff(np.vstack([corners, corners[:1]]), axis=0))
    assert ((sides == 0).sum(axis=1) == 1).all()  # along the edges of the pixels


# ---------------------------------------------------------------------------- repeats and sites


def event(start: int, end: int, pixels: range, peak_df: float = 10.0) -> Hotspot:
    none = np.zeros(0)
    areas = Areas(np.array([len(pixels)]), none, none, ())
    trace = Trace(0, none, none, none)
    footprint = np.array(pixels)
    return Hotspot(start, start, end, True, 0.0, float(pixels[0]), 1.0, 1.0, peak_df, 1.0, 0.2, 1, 0, footprint,
                   np.ones(len(pixels), np.int32), areas, trace)  # fmt: skip


def test_of_events_at_one_place_and_time_the_largest_stays() -> None:
    large, part, later = event(0, 20, range(100)), event(5, 9, range(10, 30)), event(21, 30, range(100))
    apart = event(0, 20, range(90, 190))
    assert without_repeats([part, later, large, apart]) == [large, apart, later]


def test_what_is_left_out_leaves_nothing_out() -> None:
    """A is part of B and B of C, but A and C have little in common: C and A stay."""
    a, b, c = event(0, 9, range(60)), event(0, 9, range(20, 110)), event(0, 9, range(45, 190))
    assert without_repeats([a, b, c]) == sorted([a, c], key=lambda e: e.x)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 9), st.integers(0, 40), st.integers(3, 30)), max_size=9),
       st.randoms())  # fmt: skip
def test_repeats_do_not_depend_on_the_order(rows: list[tuple[int, int, int, int]], chance) -> None:
    events = [event(start, start + more, range(at, at + size), peak_df=size) for start, more, at, size in rows]
    expected = [(e.start, e.end, e.footprint.tolist()) for e in without_repeats(events)]
    chance.shuffle(events)
    assert [(e.start, e.end, e.footprint.tolist()) for e in without_repeats(events)] == expected


def test_events_at_one_place_share_their_site() -> None:
    rows = at_sites([event(0, 3, range(20)), event(2, 4, range(50, 80)), event(9, 12, range(5, 25)),
                     event(20, 22, range(16, 40))], 100)  # fmt: skip
    assert [(e.event, e.site, e.at_site) for e in rows] == [(1, 1, 1), (2, 2, 1), (3, 1, 2), (4, 3, 1)]
