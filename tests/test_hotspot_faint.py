"""Faint, slow and repeated hotspots; and what is none: dark places, empty frames, light that moves."""

from __future__ import annotations

import numpy as np
import pytest
from movie_material import spot

from ivea_fiji.hotspot_areas import detect_hotspots
from ivea_fiji.hotspots.correction import layer_gains
from ivea_fiji.hotspots.course import Course, second_rise
from ivea_fiji.hotspots.faint import Rise, Window, find_faint, one_each
from ivea_fiji.hotspots.layers import Layers, find_layers
from ivea_fiji.hotspots.linking import Candidate, with_rest
from ivea_fiji.hotspots.movement import is_movement
from ivea_fiji.hotspots.survey import dark_level, is_lit, survey
from ivea_fiji.movie.sources import ArraySource
from ivea_fiji.movie.validity import Steady, usable_frames

SHAPE = (160, 128, 128)
DARK = 100.0


def layer(seed: int = 0, change: np.ndarray | float = 0.0, light: np.ndarray | float = 400.0) -> np.ndarray:
    """Return a still layer of `light` photons per pixel above a dark level of 100 counts ``(t, y, x)``."""
    rng = np.random.default_rng(seed)
    return (rng.poisson(np.broadcast_to(light * (1 + change), SHAPE)) + DARK).astype(np.float32)


def puff(first: int, y: float, x: float, df_f: float, course: np.ndarray) -> np.ndarray:
    """Return a relative change ``(t, y, x)``: a Gaussian of 4 px that runs through `course` from a frame on."""
    out = np.zeros(SHAPE)
    part = course[: SHAPE[0] - first]
    out[first : first + len(part)] = df_f * part[:, None, None] * spot(SHAPE[1:], y, x, 4.0)
    return out


def look(frames: np.ndarray):
    return survey(lambda start, stop: frames[start:stop], frames.shape, 32, 1)


# ---------------------------------------------------------------------------- the survey


def test_squares_are_means_and_odd_borders_repeat() -> None:
    frames = np.arange(2 * 6 * 5, dtype=np.float32).reshape(2, 6, 5)
    seen = look(frames)
    assert seen.coarse.shape == (2, 2, 2)
    assert seen.coarse[1, 0, 0] == pytest.approx(frames[1, :4, :4].mean())
    assert seen.coarse[1, 0, 1] == pytest.approx(frames[1, :4, 4].mean())


def test_the_dark_level_is_where_the_noise_ends() -> None:
    light = np.repeat(np.linspace(50, 800, 128)[None], 128, axis=0)
    frames = layer(light=light)
    lamp = 1 + 0.02 * np.sin(np.arange(SHAPE[0]))[:, None, None]  # a flickering lamp is no noise of pixels
    for some in (frames, (frames - DARK) * lamp + DARK):
        assert look(some).dark == pytest.approx(DARK, abs=8)


def test_without_noise_the_dark_level_is_not_above_0() -> None:
    flat = np.full((5, 8, 8), 70.0, np.float32)
    assert dark_level(flat, flat[0]) == 0


def usable(frames: np.ndarray) -> np.ndarray:
    """Tell the usable frames by their means and by what no light gives."""
    return usable_frames(frames.mean(axis=(1, 2)), float(np.percentile(np.median(frames, axis=0), 0.5)))


def test_empty_and_flashing_frames_are_none_and_lamps_may_flicker() -> None:
    rng = np.random.default_rng(0)
    levels = 1 + rng.normal(0, 0.01, 60)
    levels[[0, 20, 21, 40]] = 0, 0, 0, 3
    levels[30] = 0.9
    frames = levels[:, None, None] * np.linspace(100, 400, 64).reshape(8, 8)
    assert np.flatnonzero(~usable(frames)).tolist() == [0, 20, 21, 40]


def test_movies_that_change_as_a_whole_keep_their_frames() -> None:
    """Half of the frames dark: an alternating lamp, no fault of single frames."""
    frames = np.tile([1.0, 0.1], 30)[:, None, None] * np.linspace(100, 400, 64).reshape(8, 8)
    assert usable(frames).all()


def test_the_frame_before_stands_in_for_a_frame_that_is_none() -> None:
    frames = np.arange(8, dtype=np.float32)[:, None, None] * np.ones((1, 3, 3), np.float32)
    usable = np.array([False, True, True, False, False, True, True, True])
    steady = Steady(ArraySource(frames), usable)
    assert steady.shape == (8, 3, 3)
    assert steady.read(0, 8)[:, 0, 0].tolist() == [1, 1, 2, 2, 2, 5, 6, 7]
    assert steady.read(3, 5)[:, 0, 0].tolist() == [2, 2]
    assert frames[3, 0, 0] == 3  # the movie itself is left alone


def test_places_without_light_are_not_lit() -> None:
    light = np.full((128, 128), 400.0)
    light[:32, :32] = 0.5
    lit = look(layer(light=light)).lit
    assert not lit[:7, :7].any()
    assert lit[9:].all()
    corner = np.arange(8)[:, None] * 128 + np.arange(8)
    assert not is_lit(corner.ravel(), lit, 128)
    assert is_lit(corner.ravel() + 60 * 128, lit, 128)


# ---------------------------------------------------------------------------- faint areas


def test_what_no_pixel_shows_is_clear_in_the_mean() -> None:
    """8 % of 400 photons are 1.6 standard deviations of a pixel; 16 px over 4 frames have eight times that."""
    change = puff(80, 60, 70, 0.08, np.exp(-np.arange(30) / 8))
    found = find_faint(look(layer(change=change)), SHAPE[1:], 20, 1)
    assert len(found) == 1
    assert np.hypot(found[0].y - 60, found[0].x - 70) < 4
    assert abs(found[0].first - 80) <= 4
    assert find_faint(look(layer()), SHAPE[1:], 20, 1) == []


@pytest.mark.parametrize("rise", [1, 6, 15])
def test_faint_and_slow_rises_are_found_where_and_when_they_are(rise: int) -> None:
    course = np.concatenate([np.linspace(0, 1, rise + 1)[1:], np.exp(-np.arange(40) / 12)])
    result = detect_hotspots(layer(change=puff(70, 60, 70, 0.1, course)))
    assert len(result.events) == 1
    event = result.events[0]
    assert event.faint == (rise == 15)
    assert np.hypot(event.y - 60, event.x - 70) < 5
    assert abs(event.peak - (70 + rise)) <= 6
    # The mean of the area, blurred by as much as the spot is wide, and of some frames: less than the 40 photons it is.
    assert 8 < event.peak_df < 30


def test_nothing_faint_is_found_in_dark_places() -> None:
    """A tenth of a photon on no light is a change of any size of the brightness, and nothing to see."""
    light = np.full(SHAPE[1:], 400.0)
    light[:48, :48] = 0.2
    change = puff(80, 20, 20, 20.0, np.exp(-np.arange(30) / 8)) + puff(80, 90, 90, 0.15, np.exp(-np.arange(30) / 8))
    events = detect_hotspots(layer(light=light, change=change)).events
    assert [(round(e.y / 10), round(e.x / 10)) for e in events] == [(9, 9)]


def test_empty_frames_are_told_and_feign_nothing() -> None:
    frames = layer()
    frames[[30, 31, 90]] = DARK
    result = detect_hotspots(frames)
    assert result.events == ()
    assert any("3 of 160 frames are dark" in note and "31, 32, 91" in note for note in result.notes)


def test_of_rises_with_common_frames_at_one_place_the_most_marked_stays() -> None:
    short, long = Window(4, 1, 12, 2), Window(8, 5, 14, 4)
    best = Rise(9.0, 50, 10, 10, 1.0, short)
    far, later = Rise(6.0, 52, 30, 10, 1.0, short), Rise(6.5, 90, 10, 10, 1.0, short)
    rises = [Rise(7.0, 52, 11, 10, 2.0, long), best, far, later]
    assert one_each(rises) == [best, later, far]
    outshining = Rise(200.0, 51, 20, 10, 1.0, short)
    assert one_each([*rises, outshining]) == [outshining, later]


# ---------------------------------------------------------------------------- second peaks


def test_a_second_peak_starts_where_the_light_has_fallen_below_half_of_both() -> None:
    up, down = np.linspace(0, 100, 6), np.linspace(100, 30, 8)
    trace = np.concatenate([np.zeros(10), up, down, np.linspace(35, 110, 6), np.linspace(100, 0, 10)])
    first = Course(13, 15, 20, ended=True)
    rise = second_rise(trace, first, spread=2.0)
    assert rise is not None
    assert 23 < rise <= 29
    assert second_rise(trace, first, spread=20.0) is None  # no more than its noise
    shallow = np.concatenate([trace[:20], np.full(4, 62.0), np.linspace(62, 110, 6), np.linspace(100, 0, 10)])
    assert second_rise(shallow, first, spread=2.0) is None  # one event with two peaks
    assert second_rise(trace, Course(13, 15, 39, ended=False), 2.0) is None


def test_both_of_two_peaks_are_events() -> None:
    one = np.concatenate([np.linspace(0, 1, 6), np.linspace(1, 0.4, 10)])
    course = np.concatenate([one, np.linspace(0.45, 1.1, 6), np.linspace(1, 0, 20)])
    events = detect_hotspots(layer(change=puff(60, 60, 70, 0.6, course))).events
    assert [(abs(e.peak - at) <= 3, e.site) for e, at in zip(events, (66, 82), strict=True)] == [(True, 1), (True, 1)]
    assert events[0].end < events[1].start


def candidate(first: int, last: int, pixels: range) -> Candidate:
    return Candidate(first, last, np.array(pixels), last - first + 1, 0.0, 0.0, 1.0)


def test_a_candidate_is_compared_with_what_was_before_the_one_before_it() -> None:
    one, two, three = candidate(50, 54, range(40)), candidate(65, 68, range(20, 60)), candidate(80, 82, range(30, 70))
    apart, later = candidate(66, 70, range(500, 540)), candidate(120, 124, range(40))
    told = {c.first: c.rest for c in with_rest([later, three, two, apart, one], 23)}
    assert told == {50: -1, 65: 50, 66: -1, 80: 50, 120: -1}


def test_a_layer_at_one_place_has_the_gain_of_the_next_darker_one() -> None:
    """The brightest layer is the event itself: its own gain would take the event back."""
    image = np.full((60, 60), 100.0, np.float32)
    image[:, 30:] = 300
    image[10:16, 10:16] = 900
    layers = find_layers(image, 3, seed=1)
    assert layers.crowded == (False, False, True)
    brighter = image.copy()
    brighter[10:16, 10:16] = 1800
    np.testing.assert_allclose(layer_gains(brighter, image, layers), 1)
    plain = Layers(layers.labels, layers.centres, layers.samples)
    np.testing.assert_allclose(layer_gains(brighter, image, plain), [1, 1, 0.5])


# ---------------------------------------------------------------------------- movement


def test_light_that_disappears_beside_as_it_appears_here_is_movement() -> None:
    rng = np.random.default_rng(0)
    still = 100 + rng.normal(0, 1, (40, 60, 60)).astype(np.float32)
    appears = still.copy()
    appears[20:, 20:30, 20:30] += 50
    moves = appears.copy()
    moves[:20, 20:30, 32:42] += 50
    footprint = np.zeros((60, 60), bool)
    footprint[20:30, 20:30] = True
    lamp, course = np.ones(40, np.float32), Course(20, 25, 39, ended=False)
    assert not is_movement(appears, lamp, footprint, course, slice(0, 17), 3)
    assert is_movement(moves, lamp, footprint, course, slice(0, 17), 3)
    flicker = np.linspace(1, 0.5, 40).astype(np.float32)  # a lamp that fades takes light from beside, too
    assert not is_movement(appears * flicker[:, None, None], 1 / flicker, footprint, course, slice(0, 17), 3)


def test_a_bright_body_that_moves_is_no_hotspot_and_one_that_lights_up_is() -> None:
    before, after = spot(SHAPE[1:], 60, 60, 5.0), spot(SHAPE[1:], 60, 75, 5.0)
    there = np.arange(SHAPE[0])[:, None, None] >= 80
    moves, lights_up = np.where(there, after, before), np.where(there, after, 0.0)
    assert detect_hotspots(layer(change=moves)).events == ()
    events = detect_hotspots(layer(change=lights_up)).events
    assert [(e.start, round(e.y), round(e.x)) for e in events] == [(80, 60, 75)]
