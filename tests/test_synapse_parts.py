"""Parts of the search for synapses on arrays whose answer is known: places, links, stimuli, traces, drift."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from movie_material import as_movie, noise, spot, step_up
from synapse_material import response

from ivea_fiji.errors import ParameterError
from ivea_fiji.params.stationary import StationaryParams
from ivea_fiji.synapses.candidates import SLOW, Rises, find_rises, learn_scales
from ivea_fiji.synapses.drift import SteadySource, estimate_drift, largest, steady
from ivea_fiji.synapses.linking import find_places, link_rises
from ivea_fiji.synapses.model import Stimulus
from ivea_fiji.synapses.responses import find_end, find_start, wash_out
from ivea_fiji.synapses.sites import find_peak, keep_one, total_pool
from ivea_fiji.synapses.stimulus import (
    Onsets,
    activity_ratio,
    assign_stimulus,
    find_stimuli,
    given_stimuli,
    parse_ranges,
    sensitivity,
)
from ivea_fiji.synapses.traces import baselines, frames_of_rest, measure_sites, noise_of


def rises(rows: list[tuple[float, ...]]) -> Rises:
    """Make rises of rows (frame, y, x, mean), sorted by frame."""
    t, y, x, mean = np.array(sorted(rows), float).reshape(-1, 4).T
    full = np.full(len(t), 3.0, np.float32)
    return Rises(t.astype(np.int32), y, x, 2 * mean, mean, full, np.ones(200, np.float32))


class TestRises:
    def test_a_step_is_found_where_and_when_it_is(self):
        stack = noise(60, sd=5)
        step_up(stack, 30, 20, 41, 80)
        movie, params = as_movie(stack), StationaryParams()
        scales = learn_scales(movie, params)
        assert [s.step for s in scales] == [1, SLOW]
        found = find_rises(movie, scales, params)
        near = np.hypot(found.y - 20, found.x - 41) < 2
        fast = near & (found.frame >= 30) & (found.frame < 30 + params.lag)
        assert fast.sum() >= params.lag
        assert found.frame[near].min() >= 30 - SLOW
        assert np.all(np.diff(found.frame) >= 0)

    def test_a_slow_rise_is_seen_between_averages(self):
        stack = noise(100, sd=10)
        ramp = np.clip((np.arange(100) - 30) / 40, 0, 1) * 60
        stack += ramp[:, None, None].astype(np.float32) * spot((64, 64), 32, 32)
        movie, params = as_movie(stack), StationaryParams()
        scales = learn_scales(movie, params)

        def seen(some):
            found = find_rises(movie, some, params)
            return int((np.hypot(found.y - 32, found.x - 32) < 2).sum())

        assert seen(scales[:1]) == 0
        assert seen(scales) > 0

    def test_dimming_and_a_flickering_lamp_are_no_rises(self):
        stack = noise(60, sd=3)
        stack[:30] += 100 * spot((64, 64), 20, 20)
        for y, x in ((40, 40), (10, 50), (50, 12), (54, 54), (30, 55), (12, 34), (40, 10)):
            stack += 300 * spot((64, 64), y, x)
        stack[25] *= 1.2
        movie, params = as_movie(stack), StationaryParams()
        found = find_rises(movie, learn_scales(movie, params), params)
        assert not (np.hypot(found.y - 40, found.x - 40) < 3).any()
        assert not (np.hypot(found.y - 20, found.x - 20) < 3).any()


class TestPlaces:
    def test_points_of_two_synapses(self):
        y = [10, 10.4, 9.8, 10, 11]
        x = [10, 10.2, 9.9, 20, 20]
        centre, place = find_places(y, x, [1, 1, 1, 2, 2], (40, 40), 3)
        assert place.tolist() == [0, 0, 0, 1, 1]
        assert centre[1] == pytest.approx((10.5, 20))

    def test_nothing(self):
        centre, place = find_places([], [], [], (10, 10), 3)
        assert (centre.shape, place.shape) == ((0, 2), (0,))

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), min_size=1, max_size=60), st.integers(1, 6))
    def test_every_point_has_a_place_near_it(self, points, radius):
        y, x = np.array(points, float).T
        centre, place = find_places(y, x, np.ones(len(y)), (30, 30), radius)
        assert set(place) == set(range(len(centre)))
        # Points are within the radius of a pixel, and their mean is no further from it.
        assert np.hypot(*(centre[place] - np.column_stack([y, x])).T).max() <= 2 * radius + 1e-9
        again = find_places(y[::-1], x[::-1], np.ones(len(y)), (30, 30), radius)
        np.testing.assert_allclose(again[0], centre)

    def test_time_grows_with_the_points_only(self):
        """Twenty thousand points of one place would be two hundred million pairs."""
        rng = np.random.default_rng(0)
        y, x = rng.normal(20, 0.8, (2, 20_000))
        centre, place = find_places(y, x, np.ones(20_000), (40, 40), 6)
        assert len(centre) == 1 == len(set(place))


class TestLinks:
    def test_a_break_in_time_makes_two_candidates(self):
        found = link_rises(rises([(10, 5, 5, 1), (11, 5, 6, 3), (14, 5, 5, 2), (30, 5, 5, 4)]), (20, 20), 3, 4)
        assert found.frame.tolist() == [11, 30]
        assert found.strength.tolist() == [3, 4]
        assert (found.y[0], found.x[0]) == (5, 6)

    def test_it_begins_with_the_first_strong_rise(self):
        found = link_rises(rises([(10, 5, 5, 0.4), (12, 5, 5, 1.5), (13, 5, 5, 2)]), (20, 20), 3, 4)
        assert found.frame.tolist() == [12]

    def test_places_are_kept_apart(self):
        found = link_rises(rises([(10, 5, 5, 1), (10, 5, 15, 1), (11, 5, 15, 2)]), (20, 20), 3, 4)
        assert found.x.tolist() == [5, 15]
        assert found.frame.tolist() == [10, 10] or found.frame.tolist() == [10, 11]

    def test_nothing(self):
        assert len(link_rises(rises([]), (20, 20), 3, 4)) == 0


class TestGivenStimuli:
    @pytest.mark.parametrize("text", ["auto", " AUTO ", ""])
    def test_to_be_found(self, text):
        assert parse_ranges(text, "Stimuli") is None

    def test_none(self):
        assert parse_ranges("none", "Stimuli") == []

    @pytest.mark.parametrize("text", ["300-600,700-1300", "700-1300; 300-600", "300-600_700-1300"])
    def test_ranges(self, text):
        assert parse_ranges(text, "Stimuli") == [(300, 600), (700, 1300)]

    @pytest.mark.parametrize("text", ["300", "a-b", "600-300", "0-5", "1-5, 3-8", "-5-3", "1-5,"])
    def test_faults_name_the_field(self, text):
        with pytest.raises(ParameterError, match="Stimuli"):
            parse_ranges(text, "Stimuli")

    def test_frames_are_those_of_the_part_analysed(self):
        movie = as_movie(noise(20, 16, 16), first_frame=100, frames_per_step=2)
        (one,) = given_stimuli(movie, [(105, 110)], "stimulus", "Stimuli")
        assert (one.start, one.end, one.given) == (2, 4, True)
        (cut,) = given_stimuli(movie, [(90, 500)], "stimulus", "Stimuli")
        assert (cut.start, cut.end) == (0, 19)
        with pytest.raises(ParameterError, match="outside"):
            given_stimuli(movie, [(1, 50)], "stimulus", "Stimuli")


class TestFoundStimuli:
    def found(self, onsets: list[tuple[int, int]], courses: dict[int, np.ndarray], class_id: int = 4, sites: int = 12):
        rng = np.random.default_rng(1)
        net = rng.normal(0, 1, (sites, 200)).astype(np.float32)
        for k, course in courses.items():
            net[k] += 10 * course
        frame, site = np.array(onsets).T
        return find_stimuli(Onsets(frame, site, np.full(len(frame), class_id)), net, 1.1)

    def test_a_train(self):
        courses = {k: response(200, 80, 120) for k in range(10)}
        (one,) = self.found([(80 + k % 3, k) for k in range(10)], courses)
        assert abs(one.start - 80) <= 1
        assert abs(one.end - 120) <= 2
        assert one.kind == "stimulus"

    def test_a_shock_ends_when_all_are_high(self):
        courses = {k: np.where(np.arange(200) >= 80, np.exp(-(np.arange(200) - 80) / 20), 0) for k in range(10)}
        (one,) = self.found([(80, k) for k in range(10)], courses, class_id=0)
        assert one.start in (79, 80)
        assert one.end == 80

    def test_ammonium_is_told_by_its_class(self):
        courses = {k: response(200, 100, 150, decay=4) for k in range(10)}
        (one,) = self.found([(101, k) for k in range(10)], courses, class_id=5)
        assert one.kind == "ammonium"
        assert abs(one.start - 100) <= 1
        assert abs(one.end - 150) <= 2

    def test_two_stimuli(self):
        courses = {k: response(200, 40, 60) + response(200, 120, 140) for k in range(10)}
        first, second = self.found([(40, k) for k in range(10)] + [(121, k) for k in range(8)], courses)
        assert abs(first.start - 40) <= 1
        assert abs(second.start - 120) <= 2
        assert first.end < second.start

    def test_scattered_releases_are_no_stimulus(self):
        rng = np.random.default_rng(5)
        onsets = [(int(t), int(k)) for t, k in zip(rng.integers(0, 190, 150), rng.integers(0, 40, 150), strict=True)]
        assert self.found(onsets, {}, class_id=0, sites=40) == []

    def test_two_synapses_are_too_few(self):
        assert self.found([(80, 0), (80, 1)], {}) == []

    def test_one_synapse_that_fires_often_is_no_stimulus(self):
        assert self.found([(t, 0) for t in range(80, 96, 2)], {}) == []


class TestResponses:
    def test_start_of_a_slow_rise(self):
        course = response(200, 80, 150, rise=8.0) * 10 + np.random.default_rng(0).normal(0, 0.2, 200)
        assert abs(find_start(course, 80, 90) - 80) <= 2

    def test_end_on_a_falling_level(self):
        course = 10 * response(200, 50, 110) - np.linspace(0, 3, 200) + np.random.default_rng(0).normal(0, 0.3, 200)
        assert abs(find_end(course, 50, 199, lasting=True) - 110) <= 3

    def test_a_response_that_never_falls_lasts(self):
        course = 10 * response(200, 50, 199)
        assert find_end(course, 50, 199, lasting=True) == 199
        assert wash_out(course, 50, 199) == 199


def test_synchronous_is_what_begins_in_a_stimulus_or_soon_after():
    stimuli = [Stimulus(1, "stimulus", 50, 60, False), Stimulus(2, "stimulus", 68, 80, False)]
    number, latency = assign_stimulus(np.array([46, 47, 50, 66, 70, 70, 91]), stimuli, 10)
    assert number.tolist() == [0, 1, 1, 2, 2, 2, 0]
    assert latency[[1, 2, 3]].tolist() == [-3, 0, -2]
    assert np.isnan(latency[[0, 6]]).all()


class TestSensitivity:
    def test_bleaching_noise_is_usual(self):
        slow = np.linspace(1.3, 0.7, 600).astype(np.float32)
        assert np.abs(activity_ratio(slow) - 1).max() < 0.2
        assert (sensitivity(slow, 1.25) == 1).all()

    def test_it_is_raised_while_everything_brightens(self):
        activity = np.ones(400, np.float32)
        activity[100:150] = 1.5
        activity[300:310] = 9
        found = sensitivity(activity, 1.1)
        assert found[120] == pytest.approx(1.5)
        assert found[305] == 2
        assert (found[:90] == 1).all()
        assert (found[160:290] == 1).all()


class TestTraces:
    def test_disc_and_ring(self):
        stack = np.full((6, 40, 40), 100, np.uint16)
        stack[3:, 19:22, 19:22] += 290  # 9 of the 29 pixels of the disc
        got = measure_sites(as_movie(stack), np.array([[20.0, 20.0]]), 3)
        assert got.raw[0].tolist() == [100] * 3 + [190] * 3
        assert got.background[0].tolist() == [100] * 6
        assert got.net[0].tolist() == [0] * 3 + [90] * 3
        assert got.mean_image[20, 20] == 245

    def test_a_neighbour_is_no_background(self):
        stack = np.full((4, 40, 40), 100, np.float32)
        stack[2:, 18:23, 26:31] += 500
        got = measure_sites(as_movie(stack), np.array([[20.0, 20.0], [20.0, 28.0]]), 3)
        assert got.background[0].tolist() == [100] * 4
        alone = measure_sites(as_movie(stack), np.array([[20.0, 20.0]]), 3)
        assert alone.background[0, 3] > 120

    def test_at_the_edge(self):
        got = measure_sites(as_movie(np.full((3, 20, 20), 7, np.uint8)), np.array([[0.0, 0.0], [19.4, 19.4]]), 3)
        assert (got.raw == 7).all()
        assert (got.background == 7).all()

    def test_no_site(self):
        got = measure_sites(as_movie(noise(5, 20, 20)), np.zeros((0, 2)), 3)
        assert got.raw.shape == (0, 5)
        assert got.mean_image.shape == (20, 20)

    def test_rest_is_before_the_stimulus_and_in_no_event(self):
        rest = frames_of_rest((2, 30), np.array([0, 0]), np.array([5, 25]), 4, 20)
        assert np.flatnonzero(rest[0]).tolist() == [0, 1, 2, *range(9, 20)]
        assert np.flatnonzero(rest[1]).tolist() == list(range(20))
        late = frames_of_rest((1, 30), np.array([0]), np.array([2]), 10, 8)
        assert np.flatnonzero(late[0]).tolist() == list(range(12, 30))

    def test_levels(self):
        values = np.array([[1.0, 2, 3, 4, 100, 100, 100], [5, 5, 5, 5, 5, 5, 9]])
        rest = np.array([[1, 1, 1, 1, 1, 0, 0], [1, 0, 0, 0, 0, 0, 0]], bool)
        assert baselines(values, rest)[0] == 3
        assert baselines(values, rest)[1] == 5

    def test_noise(self):
        values = np.random.default_rng(0).normal(0, 2, (3, 4000)) + np.linspace(0, 500, 4000)
        assert noise_of(values) == pytest.approx(2, rel=0.1)


class TestEvents:
    def test_the_best_of_one_activation_stays(self):
        site, frame = np.array([0, 0, 0, 1, 0]), np.array([10, 15, 22, 15, 40])
        keep = keep_one(site, frame, np.array([1.0, 3, 2, 1, 1]), 12)
        assert keep.tolist() == [False, True, False, True, True]

    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 60), st.integers(1, 9)), max_size=30))
    def test_those_that_stay_are_apart(self, rows):
        site, frame, score = np.array(rows, float).reshape(-1, 3).T.astype(int)
        keep = keep_one(site, frame, score.astype(float), 12)
        for k in range(3):
            times = np.sort(frame[keep & (site == k)])
            assert (np.diff(times) >= 12).all()
            gone = frame[~keep & (site == k)]
            assert all((np.abs(times - t) < 12).any() for t in gone)

    def test_the_peak_of_a_flash_is_not_that_of_what_follows(self):
        net = np.zeros(60)
        net[20:23] = (8, 10, 9)
        net[40:] = 50
        assert find_peak(net, 20, 60) == 21

    def test_the_peak_of_a_long_response_is_its_top(self):
        net = 10 * response(100, 30, 60)
        assert abs(find_peak(net, 30, 90) - 60) <= 1

    def test_pool(self):
        net = np.zeros((2, 60), np.float32)
        net[0, 30:50] = np.minimum(np.arange(20) * 10, 80)
        pool = total_pool(net, np.array([0.0, 0.0]), np.array([1.0, 1.0]), 30, 49)
        assert pool[0] == 80
        assert np.isnan(pool[1])


class TestDrift:
    def moving(self, way: np.ndarray) -> np.ndarray:
        rng = np.random.default_rng(2)
        places = rng.uniform(10, 70, (15, 2))
        clean = [sum(200 * spot((80, 80), y + dy, x + dx) for y, x in places) for dy, dx in way]
        return (np.stack(clean) + rng.normal(100, 5, (len(way), 80, 80))).astype(np.float32)

    def test_a_slow_drift(self):
        way = np.column_stack([np.linspace(0, 3, 80), np.linspace(0, -2, 80)])
        found = estimate_drift(as_movie(self.moving(way)))
        assert np.abs(found - way).max() < 0.3
        assert largest(found) == pytest.approx(np.hypot(3, 2), abs=0.5)

    def test_a_still_movie(self):
        assert largest(estimate_drift(as_movie(self.moving(np.zeros((40, 2)))))) < 0.1

    def test_noise_tells_nothing(self):
        assert largest(estimate_drift(as_movie(noise(40)))) < 0.5

    def test_a_stage_that_jumps(self):
        way = np.zeros((90, 2))
        way[30] = 2.0, -1.0  # for one frame
        way[60:] += 1.5, 2.5  # for good
        found = estimate_drift(as_movie(self.moving(way)))
        assert np.abs(found - way).max() < 0.3

    def test_flashes_move_nothing(self):
        frames = self.moving(np.zeros((60, 2)))
        frames[30:40] += 600 * spot((80, 80), 20, 60)
        assert largest(estimate_drift(as_movie(frames))) < 0.15

    def test_threads_change_nothing(self):
        movie = as_movie(self.moving(np.column_stack([np.linspace(0, 3, 60), np.zeros(60)])))
        np.testing.assert_array_equal(estimate_drift(movie), estimate_drift(movie, threads=3))

    def test_a_large_image_is_averaged_down(self):
        way = np.zeros((40, 2))
        way[20:] = 3.0, -2.0
        movie = self.moving(way)
        large = np.stack([cv2.resize(frame, (800, 800), interpolation=cv2.INTER_LINEAR) for frame in movie])
        assert np.abs(estimate_drift(as_movie(large)) - 10 * way).max() < 2

    def test_what_is_moved_back(self):
        still, far = self.moving(np.zeros((40, 2))), np.zeros((40, 2))
        far[20:] = 2.0, 0.0
        assert not steady(as_movie(still), "auto").corrected
        assert steady(as_movie(still), "yes").corrected
        moving = as_movie(self.moving(far))
        assert not steady(moving, "no").corrected
        found = steady(moving, "auto")
        assert found.corrected
        at = np.array([0, 39])
        y, x = found.in_file(at, np.array([10.0, 10.0]), np.array([5.0, 5.0]))
        np.testing.assert_allclose(y, [10, 12], atol=0.2)
        np.testing.assert_allclose(x, [5, 5], atol=0.2)

    def test_frames_are_moved_back(self):
        way = np.column_stack([np.linspace(0, 3, 40), np.zeros(40)])
        movie = as_movie(self.moving(way))
        steady = SteadySource(movie.source, way)
        assert steady.shape == movie.shape
        assert largest(estimate_drift(as_movie(steady.read(0, 40)))) < 0.15
        np.testing.assert_array_equal(steady.read(5, 9), steady.read(0, 40)[5:9])
