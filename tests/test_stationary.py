"""Stationary bursts from movie to result, with a network whose rule is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from movie_material import as_movie
from synapse_material import SITES, flash, response, rule_model, synapses

import ivea_fiji
from ivea_fiji.errors import Cancelled, ModelError, MovieError, ParameterError
from ivea_fiji.movie.movie import Movie
from ivea_fiji.movie.sources import ArraySource
from ivea_fiji.params.stationary import StationaryParams
from ivea_fiji.stationary_bursts import check_settings, detect_stationary
from ivea_fiji.synapses.model import StationaryResult

FRAMES = 120


@pytest.fixture(autouse=True)
def model(monkeypatch):
    rule_model(monkeypatch)


def evoked(**changes) -> np.ndarray:
    """Four synapses answer a stimulus from frame 60 to 75 (from 0), the fifth releases by itself at 20, 45 and 100."""
    alone = sum(flash(FRAMES, t, 6) for t in (20, 45, 100))
    return synapses({**{k: response(FRAMES, 60, 75) for k in range(4)}, 4: alone}, FRAMES, **changes)


def at(result: StationaryResult, k: int) -> list[int]:
    """Return the onsets of the events at one of `SITES`."""
    y, x = SITES[k]
    return [e.onset for e in result.events if np.hypot(e.y - y, e.x - x) < 3]


@pytest.fixture(scope="module")
def result():
    patch = pytest.MonkeyPatch()
    rule_model(patch)
    movie = Movie(ArraySource(evoked()), "evoked", frame_interval_s=0.1, pixel_size_um=0.2)
    found = detect_stationary(movie)
    patch.undo()
    return found


class TestEvoked:
    def test_every_synapse_is_one_site(self, result):
        assert len(result.sites) == len(SITES)
        places = np.array([(s.y, s.x) for s in result.sites])
        assert np.abs(places - np.array(sorted(SITES))).max() < 1

    def test_sites_know_their_events(self, result):
        lone = next(s for s in result.sites if np.hypot(s.y - 76, s.x - 66) < 3)
        events = [result.events[number - 1] for number in lone.events]
        assert [e.activation for e in events] == [1, 2, 3]
        assert all(e.site == lone.site for e in events)
        assert lone.synchronous == 0
        for onset, true in zip([e.onset for e in events], (20, 45, 100), strict=True):
            assert abs(onset - true) <= 1

    def test_the_stimulus_is_found(self, result):
        (stimulus,) = result.stimuli
        assert (stimulus.number, stimulus.kind, stimulus.given) == (1, "stimulus", False)
        assert abs(stimulus.start - 60) <= 2

    def test_events_know_their_stimulus(self, result):
        for k in range(4):
            (number,) = {e.stimulus for e in result.events if e.onset in at(result, k)}
            assert number == 1
        synchronous = [e for e in result.events if e.stimulus]
        assert len(synchronous) == 4
        assert all(e.latency == e.onset - result.stimuli[0].start for e in synchronous)
        assert all(abs(e.latency) <= 3 for e in synchronous)
        assert all(np.isnan(e.latency) for e in result.events if not e.stimulus)

    def test_peaks_are_where_the_trace_is_highest(self, result):
        for event in result.events:
            true = 75 if event.stimulus else event.onset
            assert abs(event.frame - true) <= (14 if event.stimulus else 2)
            assert event.frame >= event.onset

    def test_traces(self, result):
        net, df_f0 = result.site_values("net"), result.site_values("df_f0")
        assert net.shape == (5, FRAMES)
        # The disc of 3 px holds 29 pixels of a spot with a standard deviation of 1.7 px.
        r2 = np.array([y * y + x * x for y in range(-3, 4) for x in range(-3, 4) if y * y + x * x <= 9])
        share = np.exp(-r2 / (2 * 1.7**2)).mean()
        level = np.array([s.level for s in result.sites])
        assert level == pytest.approx(100 * share, rel=0.1)
        k = next(s.site for s in result.sites if np.hypot(s.y - 20, s.x - 20) < 3) - 1
        top = net[k, 70:76].mean() - level[k]
        assert top == pytest.approx(150 * share, rel=0.12)
        assert df_f0[k, 70:76].mean() == pytest.approx(150 * share / (500 + 100 * share), rel=0.12)
        assert result.normalised_to == "peak"
        assert result.site_values("normalised").max(axis=1) == pytest.approx(1)

    def test_kinetics(self, result):
        lone = [e for e in result.events if e.onset in at(result, 4)]
        assert np.mean([e.kinetics.decay_tau for e in lone]) == pytest.approx(6, rel=0.35)
        assert all(abs(e.kinetics.onset_frame - e.onset) < 2 for e in lone)

    def test_notes(self, result):
        assert any(note.startswith("Found a stimulus at frames") for note in result.notes)
        assert not any("drift" in note for note in result.notes)


def test_stimuli_can_be_named():
    result = detect_stationary(as_movie(evoked()), stimuli="19-30, 58-80")
    assert [(s.start, s.end, s.given) for s in result.stimuli] == [(18, 29, True), (57, 79, True)]
    assert {e.stimulus for e in result.events if e.onset in at(result, 0)} == {2}
    assert [e.stimulus for e in result.events if e.onset in at(result, 4)] == [1, 0, 0]
    assert not any(note.startswith("Found") for note in result.notes)


def test_no_stimulus_is_looked_for_if_there_is_none():
    result = detect_stationary(as_movie(evoked()), stimuli="none", ammonium="none")
    assert result.stimuli == ()
    assert not any("stimulus" in note for note in result.notes)


def test_frames_of_stimuli_are_those_of_the_file():
    result = detect_stationary(as_movie(evoked()), stimuli="61-76", first_frame=41)
    assert (result.stimuli[0].start, result.stimuli[0].end) == (20, 35)
    reduced = detect_stationary(as_movie(evoked()), stimuli="61-76", reduce_frames=2, reduce_with="mean")
    assert (reduced.stimuli[0].start, reduced.stimuli[0].end) == (30, 37)


def test_the_total_pool_is_the_whole():
    frames = 160
    courses = {k: response(frames, 40, 55) + 4 * response(frames, 110, frames - 1) for k in range(5)}
    result = detect_stationary(as_movie(synapses(courses, frames)), stimuli="41-56", ammonium="111-160")
    assert result.normalised_to == "total_pool"
    true = [k for k, s in enumerate(result.sites) if min(np.hypot(s.y - y, s.x - x) for y, x in SITES) < 3]
    assert len(true) == 5
    values = result.site_values("normalised")[true]
    assert values[:, 140:].mean() == pytest.approx(1, abs=0.05)
    assert values[:, 52:56].mean() == pytest.approx(0.25, abs=0.04)
    assert detect_stationary(as_movie(synapses(courses, frames)), normalise_to="peak").normalised_to == "peak"


def test_drift_is_told_and_taken_out():
    still = evoked()
    moved = still.copy()
    from scipy.ndimage import shift

    way = np.linspace(0, 5, FRAMES)
    for t in range(FRAMES):
        moved[t] = shift(still[t], (way[t], 0), order=1, mode="nearest")
    plain = detect_stationary(as_movie(moved), correct_drift="no")
    assert any("drifts by" in note and "correct_drift" in note for note in plain.notes)
    assert np.abs(plain.drift[:, 0] - way).max() < 0.4
    assert not plain.corrected
    steady = detect_stationary(as_movie(moved))
    assert steady.corrected
    assert any(note.startswith("Drift was corrected") for note in steady.notes)
    assert sum(min(np.hypot(s.y - y, s.x - x) for y, x in SITES) < 2 for s in steady.sites) == 5
    lone = [e for e in steady.events if np.hypot(e.y - 76, e.x - 66) < 3]
    assert len(lone) == 3
    for event in lone:  # where the file shows it
        y, x = steady.file_position(event)
        assert abs(y - 76 - way[event.frame]) < 1
        assert abs(x - 66) < 1


def test_repeats_of_one_activation_are_one():
    once = synapses({2: flash(FRAMES, 50, 30)}, FRAMES)
    result = detect_stationary(as_movie(once))
    assert len(at(result, 2)) == 1
    both = synapses({2: flash(FRAMES, 40, 6) + flash(FRAMES, 70, 6)}, FRAMES)
    assert len(at(detect_stationary(as_movie(both)), 2)) == 2
    assert len(at(detect_stationary(as_movie(both), repeat_frames=50), 2)) == 1


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_pixel_types(dtype):
    stack = evoked()
    if dtype == np.uint8:
        stack = stack / 4
    result = detect_stationary(stack.clip(0, None).round().astype(dtype))
    assert len(result.sites) == 5
    assert abs(result.stimuli[0].start - 60) <= 2


def test_same_input_same_bytes(tmp_path):
    stack = evoked().astype(np.uint16)
    files = []
    for name, threads in (("one", 1), ("two", 3)):
        result = detect_stationary(stack, threads=threads)
        result = replace(result, params=StationaryParams())
        files.append(ivea_fiji.write_stationary(result, tmp_path / name, overview=False))
    for kind, path in files[0].items():
        if kind != "run":
            assert path.read_bytes() == files[1][kind].read_bytes(), kind


def test_the_mask_keeps_others_out(tmp_path):
    import tifffile

    mask = np.zeros((96, 88), np.uint8)
    mask[:40] = 255
    tifffile.imwrite(tmp_path / "mask.tif", mask)
    result = detect_stationary(as_movie(evoked()), cell_mask=str(tmp_path / "mask.tif"))
    assert {round(s.y) for s in result.sites} == {20}


def test_a_still_movie_has_no_event():
    result = detect_stationary(as_movie(synapses({}, 60)))
    assert (result.events, result.sites, result.stimuli) == ((), (), ())
    assert result.site_values("normalised").shape == (0, 60)
    assert any(note.startswith("No events were found") for note in result.notes)


def test_short_movies_are_padded_and_say_so():
    result = detect_stationary(as_movie(synapses({1: flash(24, 10, 8)}, 24)))
    assert len(at(result, 1)) == 1
    assert any("has 24 frames and the network looks at 41" in note for note in result.notes)


def test_added_frames_are_said_to_be_missing():
    result = detect_stationary(as_movie(evoked()), add_frames=100)
    assert any("looks at 141" in note for note in result.notes)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"stimuli": "sixty"}, "first and last"),
        ({"stimuli": "80-60"}, "80-60"),
        ({"stimuli": "10-30, 20-40"}, "overlap"),
        ({"stimuli": "500-600"}, "outside"),
        ({"ammonium": "0-5"}, "count from 1"),
        ({"classes": "flash"}, "flash"),
        ({"lag": 0}, "lag"),
    ],
)
def test_bad_parameters_get_one_sentence(changes, word):
    with pytest.raises(ParameterError, match=word) as error:
        detect_stationary(as_movie(evoked()), **changes)
    assert str(error.value).count(". ") == 0


def test_faults_are_found_before_a_batch():
    with pytest.raises(ParameterError, match="Stimuli"):
        check_settings(StationaryParams(stimuli="x"))
    assert check_settings(StationaryParams()).name == "rule"


def test_bad_movies_get_one_sentence(tmp_path):
    with pytest.raises(MovieError, match="blank"):
        detect_stationary(np.zeros((50, 20, 20), np.uint16))
    with pytest.raises(MovieError):
        detect_stationary(tmp_path / "missing.tif")


def test_a_network_of_another_module_is_refused(monkeypatch):
    monkeypatch.undo()
    with pytest.raises(ModelError, match="stationary"):
        detect_stationary(as_movie(evoked()), model="evit28")


def test_it_can_be_stopped():
    class Stop:
        def update(self, stage, done, total): ...

        def cancelled(self):
            return True

    with pytest.raises(Cancelled):
        detect_stationary(as_movie(evoked()), progress=Stop())
