"""Slow responses and flashes on traces, curves and movies whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from movie_material import as_movie
from synapse_material import SITES, flash, rule_model, synapses

from ivea_fiji.events.classes import RISE, SHORT_FUSION, STIMULATION, SYNAPTIC_FUSION
from ivea_fiji.events.model import Candidates
from ivea_fiji.stationary_bursts import detect_stationary
from ivea_fiji.synapses.activations import Called
from ivea_fiji.synapses.flashes import find_flashes
from ivea_fiji.synapses.model import Stimulus
from ivea_fiji.synapses.slow import SlowRises, averaged, fit_ramp, fitted, frames_together
from ivea_fiji.synapses.slow_answers import answered, answers, stimulus_of, with_slow

FRAMES = 400


def ramp(start: int, lasts: int, frames: int = FRAMES) -> np.ndarray:
    """Return what rises in a straight line from frame `start` on and stays."""
    return np.clip((np.arange(frames) - start + 1) / lasts, 0, 1)


def means(trace: np.ndarray, together: int = 8) -> np.ndarray:
    return trace[: len(trace) // together * together].reshape(-1, together).mean(axis=1)


def places(frame: list[int], y: list[float], x: list[float]) -> Candidates:
    one = np.ones(len(frame), np.float32)
    rows = np.array(y, np.float32), np.array(x, np.float32)
    return Candidates(np.array(frame, np.int32), *rows, 9 * one, 9 * one, one, one.astype(np.int8))


def rising(first: list[int], *, chance: float = 0.9) -> SlowRises:
    """Return slow rises of 32 frames that begin at these frames, each at a place of its own."""
    n = len(first)
    net = np.array([means(100 * ramp(t, 32)) for t in first], np.float32)
    where = places(first, [20.0 * k + 10 for k in range(n)], [10.0] * n)
    return SlowRises(where, np.full(n, 16), np.full(n, 4), np.full(n, chance), net, 8)


def called(onset: list[int], y: list[float], class_id: int = 0) -> Called:
    n = len(onset)
    y_x = np.column_stack([y, [10.0] * n]) if n else np.zeros((0, 2))
    return Called(
        places(onset, y, [10.0] * n), np.array(onset, np.int64), np.full(n, class_id), ("fusion",) * n,
        np.full(n, 0.9), y_x, np.arange(n), np.zeros(n, np.int64),
    )  # fmt: skip


class TestAverages:
    @pytest.mark.parametrize(("frames", "together"), [(20, 0), (71, 0), (72, 3), (150, 6), (192, 8), (3000, 8)])
    def test_short_movies_are_averaged_less(self, frames, together):
        assert frames_together(frames) == together

    def test_means_of_every_eight(self):
        stack = np.arange(20 * 6 * 5, dtype=np.uint16).reshape(20, 6, 5)
        found = averaged(as_movie(stack), 8, 1)
        assert found.shape == (2, 6, 5)
        np.testing.assert_allclose(found.read(0, 2), stack[:16].reshape(2, 8, 6, 5).mean(axis=1))

    def test_large_ones_are_kept_in_a_file(self, monkeypatch):
        from ivea_fiji.synapses import slow

        monkeypatch.setattr(slow, "_IN_MEMORY", 0)
        stack = np.arange(24 * 6 * 5, dtype=np.uint16).reshape(24, 6, 5)
        np.testing.assert_allclose(averaged(as_movie(stack), 8, 1).read(1, 2)[0], stack[8:16].mean(axis=0))


class TestRamps:
    @pytest.mark.parametrize("start", [101, 106, 120])
    @pytest.mark.parametrize("lasts", [4, 16, 48])
    def test_the_beginning_is_known_to_a_part_of_an_average(self, start, lasts):
        trace = means(50 + 10 * ramp(start, lasts))
        first, found, explained = fit_ramp(trace, (start + lasts // 2) // 8, 8)
        assert abs(first - start) <= 2
        assert abs(found - lasts) <= 4
        assert explained > 0.99

    def test_a_rise_that_began_long_before_is_followed_back(self):
        first, _, _ = fit_ramp(means(ramp(100, 120)), 28, 8)
        assert abs(first - 100) <= 16

    def test_a_wave_and_noise_are_no_ramp(self):
        wave = np.sin(np.arange(FRAMES) / 6)
        noise = np.random.default_rng(1).normal(0, 1, FRAMES)
        found = fitted(
            places([20, 20, 20], [5, 25, 45], [5, 5, 5]), np.array([20, 20, 20]), np.full(3, 0.9), np.full(3, 4),
            np.array([means(wave), means(noise), means(ramp(160, 32))], np.float32), 8,
        )  # fmt: skip
        assert found.candidates.y.tolist() == [45]
        assert abs(int(found.candidates.frame[0]) - 160) <= 2
        assert found.half.tolist() == [16]


class TestAnswers:
    def test_many_that_begin_together_tell_a_stimulus(self):
        slow = rising([*range(160, 166), 30, 90, 260, 330])
        kept, alone, stimuli = answers(slow, called([], []), [], (FRAMES, 220, 20), 4.5, 1.1, threshold=0.8, find=True)
        assert [s.kind for s in stimuli] == ["stimulus"]
        assert abs(stimuli[0].start - 162) <= 4
        begins = stimuli[0].start
        assert sorted(kept.candidates.frame.tolist()) == [max(t, begins) for t in range(160, 166)]
        assert sorted(r.frame for r in alone) == [30, 90, 260, 330]
        assert {r.class_id for r in alone} == {RISE.id}

    def test_those_that_come_by_themselves_are_no_event(self):
        slow = rising(list(range(20, 340, 40)))
        kept, alone, stimuli = answers(slow, called([], []), [], (FRAMES, 220, 20), 4.5, 1.1, threshold=0.8, find=True)
        assert (len(kept), len(alone), stimuli) == (0, 8, [])

    def test_a_stimulus_that_is_known_is_not_found_again(self):
        known = [Stimulus(1, "stimulus", 158, 280, True)]
        slow = rising([*range(160, 166), 30])
        kept, _, stimuli = answers(slow, called([], []), known, (FRAMES, 220, 20), 4.5, 1.1, threshold=0.8, find=True)
        assert stimuli == known
        assert len(kept) == 6
        unlikely = rising([160, 161, 162], chance=0.7)
        kept, _, _ = answers(unlikely, called([], []), known, (FRAMES, 220, 20), 4.5, 1.1, threshold=0.8, find=True)
        assert len(kept) == 0

    def test_what_few_of_all_places_answer_is_no_stimulus(self):
        events = called([100, 101, 102, *[200] * 28], [20.0 * k + 10 for k in range(31)])
        few, many = Stimulus(1, "stimulus", 99, 110, False), Stimulus(2, "stimulus", 198, 250, False)
        assert answered([few, many], events) == [Stimulus(1, "stimulus", 198, 250, False)]
        named = Stimulus(1, "stimulus", 99, 110, True)
        assert answered([named, many], events) == [named, many]

    def test_what_is_an_event_already_is_not_told_twice(self):
        known = [Stimulus(1, "stimulus", 158, 280, True)]
        events = called([170, 300], [10.0, 30.0])
        kept, _, _ = answers(rising([160, 161]), events, known, (FRAMES, 90, 20), 4.5, 1.1, threshold=0.8, find=True)
        assert kept.candidates.y.tolist() == [30]  # the event at 300 there is another one
        every = with_slow(events, kept, (FRAMES, 90, 20), 4.5)
        assert every.onset.tolist() == [161, 170, 300]
        assert every.class_id.tolist() == [STIMULATION.id, SYNAPTIC_FUSION.id, SYNAPTIC_FUSION.id]
        assert every.half.tolist() == [16, 0, 0]
        assert every.place[0] == every.place[2] != every.place[1]

    def test_a_shock_and_ammonium_are_not_answered_slowly(self):
        first = np.array([91, 92, 100, 116, 117, 300, 301])
        long, shock = Stimulus(1, "stimulus", 100, 107, False), Stimulus(2, "stimulus", 300, 302, False)
        assert stimulus_of(first, [long]).tolist() == [-1, 100, 100, 100, -1, -1, -1]
        assert (stimulus_of(first, [shock]) < 0).all()
        assert (stimulus_of(first, [Stimulus(1, "ammonium", 100, 200, False)]) < 0).all()


class TestFlashes:
    def curves(self, **places: float) -> np.ndarray:
        """Return quiet curves ``(1, 13, 41)`` with a flash of one frame in the middle (1) and what is asked for."""
        rng = np.random.default_rng(3)
        out = np.full((1, 13, 41), 0.3) + rng.normal(0, 0.01, (1, 13, 41))
        out[0, 0, 11] += 0.5 * places.get("middle", 1)
        out[0, 1:5, 11] += 0.5 * places.get("around", 0.3)
        out[0, 9, 11] += 0.5 * places.get("beside", 0)
        out[0, 0, 25] += 0.5 * places.get("again", 0)
        out[0, 6, 13:16] += 0.5 * places.get("passing", 0)
        return out.astype(np.float32)

    def test_one_frame_that_stands_out(self):
        flash_, shift = find_flashes(self.curves(), 10)
        assert (flash_.tolist(), shift.tolist()) == ([True], [1])

    @pytest.mark.parametrize(
        "other", [{"middle": 0.1}, {"around": 0.0}, {"beside": -0.8}, {"again": 0.9}, {"passing": 0.7}]
    )
    def test_noise_a_hot_pixel_a_jump_blinking_and_passing_are_none(self, other):
        flash_, shift = find_flashes(self.curves(**other), 10)
        assert (flash_.tolist(), shift.tolist()) == ([False], [0])


class TestMovie:
    def test_slow_responses_are_found_with_their_stimulus(self, monkeypatch):
        rule_model(monkeypatch)
        courses = {k: ramp(200 + k, 100) for k in range(len(SITES))}
        courses[0] = courses[0] + flash(FRAMES, 80)
        result = detect_stationary(as_movie(synapses(courses, FRAMES, height=80, seed=4)), threads=1)
        slow = [e for e in result.events if abs(e.onset - 202) <= 8]
        assert [e.site for e in sorted(slow, key=lambda e: e.site)] == [1, 2, 3, 4, 5]
        assert {(e.class_id, e.stimulus) for e in slow} == {(STIMULATION.id, 1)}
        assert all(e.onset < e.frame <= e.onset + 32 for e in slow)
        assert max(e.peak_frame - e.onset for e in slow) > 60, [(e.onset, e.frame, e.peak_frame) for e in slow]
        (stimulus,) = result.stimuli
        assert abs(stimulus.start - 202) <= 6
        assert len(result.sites) == len(SITES)

    def test_one_that_rises_alone_is_no_event(self, monkeypatch):
        rule_model(monkeypatch)
        courses = {2: ramp(200, 60)}
        result = detect_stationary(as_movie(synapses(courses, FRAMES, seed=5)), threads=1)
        assert not [e for e in result.events if abs(e.onset - 200) < 60]
        assert not result.stimuli
        named = detect_stationary(as_movie(synapses(courses, FRAMES, seed=5)), threads=1, stimuli="201-300")
        assert [e.site for e in named.events if e.stimulus] == [1]

    def test_a_release_of_one_frame_is_a_short_fusion(self, monkeypatch):
        rule_model(monkeypatch)
        once = np.zeros(100)
        once[50] = 2
        result = detect_stationary(as_movie(synapses({2: once}, 100, seed=6)), threads=1, correct_drift="no")
        short = [e for e in result.events if e.class_id == SHORT_FUSION.id]
        assert [(e.onset, e.frame, round(e.y), round(e.x)) for e in short] == [(50, 50, 48, 40)]
