"""What the truth of a simulated synapse movie says can be seen in the movie."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from ivea_fiji.errors import ParameterError
from ivea_fiji.events.classes import AMMONIUM, FOCUS, SHORT_FUSION, STIMULATION, SYNAPSE_ARTEFACTS, SYNAPSE_EVENTS
from ivea_fiji.params.simulation import SimulationParams
from ivea_fiji.simulation import release, slow_responses, synapse_scene
from ivea_fiji.simulation.neurites import boutons, neurites, travel
from ivea_fiji.simulation.release import ReleaseRanges
from ivea_fiji.simulation.simulate import simulate
from ivea_fiji.simulation.synapses import RANGES, SynapseMovie, simulate_synapses
from ivea_fiji.simulation.writer import read_truth, write_simulation

SIZE = {"frames": 160, "height": 96, "width": 112}


@pytest.fixture(scope="module")
def movies() -> list[SynapseMovie]:
    return [simulate_synapses(seed, kind=kind, **SIZE)
            for seed, kind in enumerate(("spontaneous", "stimulated", "ammonium", "none", "mixed"))]  # fmt: skip


def test_the_same_seed_gives_the_same_movie(movies: list[SynapseMovie]) -> None:
    again = simulate_synapses(1, kind="stimulated", **SIZE)
    np.testing.assert_array_equal(again.frames, movies[1].frames)
    assert again.events == movies[1].events
    assert (again.sites, again.stimuli, again.recipe) == (movies[1].sites, movies[1].stimuli, movies[1].recipe)
    assert not np.array_equal(simulate_synapses(9, kind="stimulated", **SIZE).frames, movies[1].frames)


def test_kinds(movies: list[SynapseMovie]) -> None:
    spontaneous, stimulated, ammonium, none, _ = movies
    assert {e.kind for e in spontaneous.events} <= {"spontaneous", "short"}
    assert len(spontaneous.events) > 3
    assert not spontaneous.stimuli
    assert stimulated.stimuli
    assert {e.kind for e in stimulated.events} <= {"electrical", "agonist", "evoked"}
    assert {e.class_id for e in ammonium.events} == {AMMONIUM.id}
    assert not none.events
    assert len(none.artefacts) > 10


def test_truth_lies_within_the_movie_and_belongs_to_sites(movies: list[SynapseMovie]) -> None:
    known = {c.id for c in SYNAPSE_EVENTS}
    for sim in movies:
        sites = {s.site: s for s in sim.sites}
        assert list(sites) == list(range(1, len(sites) + 1))
        count = dict.fromkeys(sites, 0)
        for event in sim.events:
            assert event.class_id in known
            assert 0 <= event.frame < SIZE["frames"]
            near = sites[event.site]
            assert np.hypot(event.y - near.y, event.x - near.x) < 3 + sim.recipe["largest_shift_px"]
            count[event.site] += 1
        assert [s.events for s in sim.sites] == list(count.values())
        ids = set(sim.artefacts[:, 0].astype(int))
        assert ids <= {c.id for c in SYNAPSE_ARTEFACTS}


def test_blinking_is_a_fluctuation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synapse_scene, "_LOCAL", {"blinking": 1.0})
    sim = simulate_synapses(1, kind="none", **SIZE)
    assert set(sim.artefacts[:, 0].astype(int)) <= {c.id for c in SYNAPSE_ARTEFACTS}
    assert (sim.artefacts[:, 0] == -2).any()


def test_stimuli_are_when_the_boutons_answer(movies: list[SynapseMovie]) -> None:
    for sim in movies[1:3]:
        starts = {s.first for s in sim.stimuli}
        assert all(0 <= s.first <= s.last < SIZE["frames"] for s in sim.stimuli)
        for event in sim.events:
            assert any(0 <= event.frame - t <= 3 for t in starts)
        assert all(e.class_id in (0, STIMULATION.id, AMMONIUM.id) for e in sim.events)


def test_all_boutons_answer_to_ammonium(movies: list[SynapseMovie]) -> None:
    assert {e.site for e in movies[2].events} == {s.site for s in movies[2].sites}


def test_visible_events_can_be_seen() -> None:
    movies = [simulate_synapses(seed, kind="spontaneous", **SIZE) for seed in (2, 4, 6)]
    clear = [(sim, e) for sim in movies for e in sim.events if e.peak_z > 12 and 5 < e.frame < 150]
    assert clear
    for sim, event in clear:
        y, x = round(event.y), round(event.x)
        core = sim.frames[:, max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2].mean(axis=(1, 2), dtype=float)
        assert core[event.frame : event.frame + 2].max() > core[event.frame - 4 : event.frame].mean()


def test_spontaneous_events_of_one_bouton_are_apart() -> None:
    sim = simulate_synapses(5, frames=400, height=96, width=96, kind="mixed", events=300)
    for site in sim.sites:
        own = sorted(e.frame for e in sim.events if e.site == site.site and e.kind in ("spontaneous", "short"))
        assert all(b - a > 20 for a, b in pairwise(own))


@pytest.mark.parametrize("ranges", RANGES)
def test_ranges(ranges: str) -> None:
    sim = simulate_synapses(11, ranges=RANGES[ranges], **SIZE)
    assert sim.frames.shape == (160, 96, 112)
    assert sim.frames.dtype == np.uint16


def test_short_fusion_is_short_and_fusion_is_not() -> None:
    rng, r = np.random.default_rng(0), ReleaseRanges()
    for _ in range(50):
        short, long = release.short_fusion(rng, r, 60).values, release.fusion(rng, r, 60).values
        assert np.count_nonzero(short > 0.5 * short.max()) <= 5
        assert np.count_nonzero(long > 0.5 * long.max()) >= 5
        assert long[:3].max() > 0.5 * long.max()


def test_responses_begin_at_once_and_end_after_the_train() -> None:
    rng, r = np.random.default_rng(1), ReleaseRanges()
    for _ in range(50):
        got = release.response(rng, r, 120, 30).values
        assert got[12] > 0.7 * got.max()
        assert (np.diff(got[:30]) >= 0).all()
        assert (np.diff(got[32:]) < 0).all()


def test_neurites_and_boutons_stay_where_they_should() -> None:
    rng = np.random.default_rng(2)
    ways = neurites(rng, 100, 140, 6)
    assert len(ways) == 6
    for way in ways:
        assert np.allclose(np.hypot(*np.diff(way, axis=0).T), 1)
        assert (way > -25).all()
        assert (way < (125, 165)).all()
    set_ = boutons(rng, ways, 100, 140, (8, 20), 7, (1, 2))
    at = np.array([(b.y, b.x) for b in set_])
    gap = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)) + 99 * np.eye(len(at))
    assert gap.min() >= 7
    path = travel(rng, ways[0], 200, (0.2, 1.5))
    assert np.hypot(*np.diff(path, axis=0).T).max() < 2
    off = np.hypot(*(path[:, None] - ways[0][None]).transpose(2, 0, 1)).min(axis=1)
    assert off.max() < 1.5


def test_files_and_recipe(tmp_path: Path) -> None:
    sim = simulate(SimulationParams(recipe="synapses", kind="spontaneous", seed=4, frames=80, height=64, width=64))
    assert isinstance(sim, SynapseMovie)
    files = write_simulation(sim, tmp_path, "syn")
    assert [(e.frame, e.class_id) for e in read_truth(files["truth"])] == [(e.frame, e.class_id) for e in sim.events]
    with open(files["truth"], encoding="utf-8") as file:
        assert [int(row["site"]) for row in csv.DictReader(file)] == [e.site for e in sim.events]
    assert '"sites"' in files["recipe"].read_text(encoding="utf-8")


def test_kinds_of_other_recipes_are_refused() -> None:
    with pytest.raises(ParameterError, match="has no events of the kind 'latent'"):
        SimulationParams.make(recipe="synapses", kind="latent")


def test_short_fusion_has_its_own_class() -> None:
    sim = simulate_synapses(0, kind="spontaneous", **SIZE)
    assert {e.class_id for e in sim.events if e.kind == "short"} <= {SHORT_FUSION.id}


def test_slow_responses_rise_slowly_and_begin_with_their_stimulus() -> None:
    slow = []
    for seed in range(9_155_000, 9_155_004):
        sim = simulate_synapses(seed, kind="slow", frames=300, height=96, width=112)
        assert {s.kind for s in sim.stimuli} == {"slow"}
        mine = [e for e in sim.events if e.kind == "slow"]
        assert all(any(0 <= e.frame - s.first <= 8 for s in sim.stimuli) for e in mine)
        slow += mine
    assert len(slow) > 5
    assert {e.class_id for e in slow} == {STIMULATION.id}
    assert max(e.duration for e in slow) > 15 > min(e.duration for e in slow)


@pytest.mark.parametrize("lasts", [40, 160])
def test_a_slow_response_is_high_when_its_rise_is_over(lasts: int) -> None:
    rng = np.random.default_rng(5)
    ranges = slow_responses.SlowRanges(fatigue=(1e6, 2e6))
    for _ in range(30):
        course = slow_responses.slow_response(rng, ranges, 400, lasts, stays=False)
        top = int(np.ceil(course.rising))
        assert 0 < course.values[0] <= 1
        assert (np.diff(course.values[: lasts + 1]) >= -1e-5).all()
        assert course.values[top : lasts + 1].min() > 0.88
        assert course.values[-1] < 0.95


def test_a_restless_movie_has_slow_changes_and_no_event() -> None:
    sim = simulate_synapses(9_156_001, kind="restless", frames=300, height=96, width=112)
    assert not sim.events
    assert not sim.stimuli
    still = simulate_synapses(9_156_001, kind="none", frames=300, height=96, width=112)
    wide, none = ((s.artefacts[:, 0] == FOCUS.id).sum() for s in (sim, still))
    assert wide > none
    course = slow_responses.wander(np.random.default_rng(1), slow_responses.SlowRanges(wander=(0.2, 0.3)), 2000)
    assert 0.1 < course.std() < 0.4
    assert np.abs(np.diff(course)).max() < 0.05
