"""Samples, labels and augmentation by hand; a whole training in small."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivea_fiji.errors import Cancelled, MissingDependencyError, ParameterError
from ivea_fiji.evaluation import Marks
from ivea_fiji.networks.card import EvitConfig
from ivea_fiji.networks.registry import verify_model
from ivea_fiji.params.training import TrainingParams
from ivea_fiji.progress import Silent
from ivea_fiji.random_bursts import detect_random
from ivea_fiji.simulation.paper import simulate_paper
from ivea_fiji.simulation.physics import simulate_physics
from ivea_fiji.simulation.truth import SimulatedMovie, TrueEvent
from ivea_fiji.training import dataset, run, validation
from ivea_fiji.training.batches import augmented, centred, one_hot
from ivea_fiji.training.dataset import STORED_FRAMES, STORED_SIZE, Samples, empty_samples, join, movie_samples
from ivea_fiji.training.labels import AMBIGUOUS, label_candidates
from ivea_fiji.training.report import confusion
from ivea_fiji.training.store import in_one, is_stored, read_samples, write_samples

SMALL = {"frames": 60, "height": 80, "width": 80}

# Labels


def truth(*events: TrueEvent, artefacts: list[tuple] | None = None) -> SimulatedMovie:
    rows = np.array(artefacts or [], np.float32).reshape(-1, 4)
    return SimulatedMovie(np.zeros((1, 1, 1), np.uint16), events, rows, 0.1, 0.1)


def event(class_id: int = 0, frame: int = 50, y: float = 30, x: float = 30, **values) -> TrueEvent:
    given = {"kind": "ph_sensitive", "duration": 5.0, "amplitude": 100.0, "sigma": 1.5, "peak_z": 10.0}
    return TrueEvent(class_id=class_id, frame=frame, y=y, x=x, **{**given, **values})


def label(sim: SimulatedMovie, *rows: tuple[float, float, float]) -> list[int]:
    frame, y, x = np.array(rows, float).T
    return label_candidates(sim, frame.astype(int), y, x).tolist()


@pytest.mark.parametrize("class_id", [0, 1, 2])
def test_an_event_labels_its_candidate(class_id: int) -> None:
    assert label(truth(event(class_id)), (51, 31, 30), (51, 70, 70)) == [class_id, -1]


def test_the_nearest_candidate_gets_the_event_and_its_like_nothing() -> None:
    assert label(truth(event()), (51, 31, 31), (50, 30, 30), (52, 29, 30)) == [AMBIGUOUS, 0, AMBIGUOUS]


def test_what_is_clearly_beside_or_after_is_a_repeat() -> None:
    sim = truth(event())
    assert label(sim, (50, 30, 30), (50, 30, 35))[1] == -2  # beside a centred candidate
    assert label(sim, (50, 30, 30), (65, 30, 30))[1] == -2  # its tail
    assert label(sim, (50, 30, 30), (90, 30, 30))[1] == -1  # long gone


def test_what_is_too_faint_teaches_nothing() -> None:
    assert label(truth(event(peak_z=2.0)), (50, 30, 30), (60, 32, 30)) == [AMBIGUOUS, AMBIGUOUS]
    assert label(truth(event(peak_z=float("nan"))), (50, 30, 30)) == [AMBIGUOUS]


def test_too_early_too_late_or_too_far_is_not_the_event() -> None:
    for row in ((44, 30, 30), (58, 30, 30), (50, 35, 30)):
        assert label(truth(event()), row) != [0]


def test_two_events_have_a_candidate_each() -> None:
    sim = truth(event(0), event(2, y=36), event(1, frame=100))
    assert label(sim, (50, 30, 30), (50, 36, 30), (100, 30, 30)) == [0, 2, 1]


def test_artefacts_by_place_and_time() -> None:
    sim = truth(artefacts=[(-3, 20, 10, 10), (-6, 40, 50, 50), (-5, 70, np.nan, np.nan)])
    rows = [(21, 11, 10), (42, 50, 52), (70, 5, 60), (71, 40, 40), (30, 10, 10), (20, 30, 30)]
    assert label(sim, *rows) == [-3, -6, -5, -5, -1, -1]


def test_an_event_beats_an_artefact() -> None:
    sim = truth(event(), artefacts=[(-2, 50, 30, 30)])
    assert label(sim, (50, 30, 30)) == [0]


def test_no_candidates_no_labels() -> None:
    none = np.zeros(0)
    assert len(label_candidates(truth(event(), artefacts=[(-2, 1, 1, 1)]), none, none, none)) == 0


# Samples and batches


@pytest.fixture(scope="module")
def samples() -> Samples:
    return movie_samples(2004)


def test_samples_of_a_movie(samples: Samples) -> None:
    assert len(samples) > 20
    assert samples.x.shape == (len(samples), STORED_FRAMES, STORED_SIZE, STORED_SIZE)
    assert samples.x.dtype == np.uint16
    assert (samples.movie == 2004).all()
    assert AMBIGUOUS not in samples.label
    assert (samples.label >= 0).any()
    assert (samples.label < 0).any()
    flat = samples.x.reshape(len(samples), -1)
    assert (flat.min(axis=1) == 0).all()
    assert (flat.max(axis=1) >= 65534).all()


def test_the_same_seed_gives_the_same_samples(samples: Samples) -> None:
    again = movie_samples(2004)
    np.testing.assert_array_equal(again.x, samples.x)
    np.testing.assert_array_equal(again.label, samples.label)


def test_another_process_gives_the_same_samples(samples: Samples) -> None:
    other, _ = run.simulated(range(2004, 2006), 2, Silent())
    np.testing.assert_array_equal(other.x, samples.x)


def test_joining(samples: Samples) -> None:
    both = join([samples, empty_samples(), samples])
    assert len(both) == 2 * len(samples)
    assert len(join([])) == 0


def test_one_hot() -> None:
    got = one_hot(np.array([2, -1, 0]), (0, 1, 2, -1))
    np.testing.assert_array_equal(got, [[0, 0, 1, 0], [0, 0, 0, 1], [1, 0, 0, 0]])


@pytest.mark.parametrize("frames", [28, 26])
def test_batches_have_shape_and_range(samples: Samples, frames: int) -> None:
    for got in (centred(samples.x[:9], frames), augmented(samples.x[:9], frames, np.random.default_rng(0))):
        assert got.shape == (9, frames, 32, 32)
        assert got.dtype == np.float32
        flat = got.reshape(9, -1)
        np.testing.assert_allclose(flat.min(axis=1), 0)
        np.testing.assert_allclose(flat.max(axis=1), 1, rtol=1e-6)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_augmentation_moves_little_and_keeps_the_content(seed: int) -> None:
    x = np.zeros((1, STORED_FRAMES, STORED_SIZE, STORED_SIZE), np.uint16)
    t, c = dataset.JITTER_FRAMES + dataset.BEFORE, STORED_SIZE // 2
    x[0, t, c - 1 : c + 1, c - 1 : c + 1] = 60000
    got = augmented(x, 28, np.random.default_rng(seed))[0]
    bright = np.argwhere(got > 0.7)
    assert len(bright) == 4
    assert np.abs(bright[:, 0] - dataset.BEFORE).max() <= dataset.JITTER_FRAMES
    assert np.abs(bright[:, 1:].mean(axis=0) - 15.5).max() <= dataset.JITTER_PX


def test_augmentation_is_by_its_seed(samples: Samples) -> None:
    a, b, c = (augmented(samples.x[:5], 28, np.random.default_rng(s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a, c)
    assert samples.x.dtype == np.uint16


def test_movies_are_split_whole() -> None:
    n = 600
    rng = np.random.default_rng(0)
    movie = rng.integers(100, 160, n)
    every = Samples(np.zeros((n, 1, 1, 1), np.uint16), rng.choice([0, 1, 2, -1, -4, AMBIGUOUS], n), movie)
    kept, held = (every.take(rows) for rows in run.split(every, (0, 1, -1, -4)))
    assert not set(kept.movie) & set(held.movie)
    assert set(kept.movie) | set(held.movie) == set(movie)
    assert len(held) > 0
    for part in (kept, held):
        assert set(part.label) == {0, 1, -1, -4}


def test_of_few_movies_the_last_is_held_out() -> None:
    movie = np.array([120, 120, 121, 122])
    every = Samples(np.zeros((4, 1, 1, 1), np.uint16), np.array([0, -1, 0, -1]), movie)
    kept, held = (every.take(rows) for rows in run.split(every, (0, -1)))
    assert (kept.movie.tolist(), held.movie.tolist()) == ([120, 120, 121], [122])


def test_stored_samples_are_read_where_they_are_asked_for(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)

    def some(n: int, movie: int) -> Samples:
        x = rng.integers(0, 65536, (n, 3, 2, 2)).astype(np.uint16)
        return Samples(x, rng.integers(-3, 3, n), np.full(n, movie))

    parts = [some(4, 7), some(0, 8), some(3, 9)]
    one = write_samples(tmp_path / "one", iter(parts))
    assert isinstance(one.x, np.memmap)
    whole = np.concatenate([p.x for p in parts])
    np.testing.assert_array_equal(one.x, whole)
    np.testing.assert_array_equal(read_samples(tmp_path / "one").label, np.concatenate([p.label for p in parts]))
    assert one.movie.tolist() == [7] * 4 + [9] * 3
    other = write_samples(tmp_path / "other", [some(5, 11)])
    both = in_one([one, other])
    assert both.x.shape == (12, 3, 2, 2)
    rows = np.array([11, 0, 6, 7, 7, 4])
    np.testing.assert_array_equal(both.x[rows], np.concatenate([whole, other.x])[rows])
    np.testing.assert_array_equal(both.x[2:9], np.concatenate([whole, other.x])[2:9])
    np.testing.assert_array_equal(both.take(both.movie == 9).x, parts[2].x)


def test_no_samples_are_stored_as_well(tmp_path: Path) -> None:
    assert not is_stored(tmp_path)
    assert len(write_samples(tmp_path, [empty_samples()])) == 0
    assert is_stored(tmp_path)
    assert read_samples(tmp_path).x.shape == empty_samples().x.shape


def test_rounds_use_new_movies_and_none_of_validation() -> None:
    params = TrainingParams(training_movies=10, hard_movies=5, hard_rounds=3)
    seeds = [set(run._seeds(params, k)) for k in range(4)]
    assert [len(s) for s in seeds] == [10, 5, 5, 5]
    assert len(set().union(*seeds)) == 25
    assert max(set().union(*seeds)) < validation.FIRST_SEED


def test_rare_classes_weigh_more() -> None:
    pytest.importorskip("tensorflow")
    from ivea_fiji.training.fit import _class_weights

    label = np.repeat([0, 1, -1], [10, 40, 1000])
    weight = _class_weights(label, (0, 1, -1))
    assert weight[0] > weight[1] > weight[2]
    assert weight.max() / weight.min() <= 9.01
    counts = np.array([10, 40, 1000])
    assert (weight * counts).sum() == pytest.approx(counts.sum(), rel=1e-5)


def test_loss_is_least_for_the_truth() -> None:
    pytest.importorskip("tensorflow")
    from ivea_fiji.training.fit import event_loss

    loss = event_loss((0, 1, -1, -2))
    target = np.eye(4, dtype=np.float32)[[0, 0, 0]]
    said = np.array([[0.97, 0.01, 0.01, 0.01], [0.01, 0.97, 0.01, 0.01], [0.01, 0.01, 0.97, 0.01]], np.float32)
    right, other_kind, missed = np.asarray(loss(target, said))
    assert right < other_kind < missed
    # By hand: cross-entropy, and twice that of being a fusion.
    assert right == pytest.approx(-np.log(0.97) - 2 * np.log(0.98), rel=1e-3)
    assert missed == pytest.approx(-np.log(0.01) - 2 * np.log(0.02), rel=1e-3)


def test_confusion() -> None:
    table = confusion(np.array([0, 0, -1]), np.array([0, -1, -1]), [0, -1])
    np.testing.assert_array_equal(table, [[1, 1], [0, 1]])


# Calibration and thresholds


def scored(chance: list[float], label: list[int], group: str = "mixed training") -> validation.Scored:
    """Return a movie whose candidates lie far apart, one class of fusion and one artefact."""
    n = len(chance)
    p = np.array(chance, np.float32)
    at = np.arange(n) * 40
    events = [k for k, c in enumerate(label) if c >= 0]
    return validation.Scored(
        group, Marks.of(at[events], at[events] * 1.0, at[events] * 1.0), 0.0, 1000, 0.1, at, at * 1.0, at * 1.0,
        np.ones(n), np.ones(n), np.column_stack([p, 1 - p]), np.array(label),
    )  # fmt: skip


@pytest.fixture(scope="module")
def two_classes():
    from model_material import make_card

    card = make_card()
    return card.model_copy(update={"classes": tuple(c for c in card.classes if c.id in (0, -1))})


def test_calibration_makes_chances_true(two_classes) -> None:
    rng = np.random.default_rng(0)
    true = rng.random(20000) < 0.2
    honest = rng.normal(np.where(true, 1.5, -1.5), 1.5)
    honest = 1 / (1 + np.exp(-(2 * 1.5 / 1.5**2 * honest + np.log(0.2 / 0.8))))
    loud = 1 / (1 + np.exp(-(2 * np.log(honest / (1 - honest)) + 3)))  # twice too sure, and too fond of events
    movie = scored(loud.tolist(), np.where(true, 0, -1).tolist())
    temperature, bias = validation.fit_calibration([movie], two_classes)
    assert temperature == pytest.approx(2, rel=0.1)
    assert bias == pytest.approx(-1.5, abs=0.15)


def test_the_threshold_is_chosen_between_truth_and_rest(two_classes) -> None:
    movies = [scored([0.9, 0.8, 0.7, 0.4, 0.3], [0, 0, 0, -1, -1]), scored([0.45], [-1], "none shifted")]
    rule, table = validation.choose(movies, two_classes)
    assert 0.45 < rule.threshold <= 0.7
    assert rule.nu in validation.NUS
    assert rule.spread_radius in validation.SPREAD_RADII
    assert rule.repeat_frames in validation.REPEAT_FRAMES
    k = int(np.abs(validation.THRESHOLDS - rule.threshold).argmin())
    assert table["mixed training"][k].f1 == 1
    assert table["none shifted"][k].false == 0


# A whole training


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Make everything small, and note the seeds of training movies that are made."""
    pytest.importorskip("tensorflow")
    made: list[int] = []

    def movie(seed: int) -> SimulatedMovie:
        made.append(seed)
        return simulate_physics(seed, events=8, **SMALL)

    monkeypatch.setattr(dataset, "training_movie", movie)
    monkeypatch.setattr(run, "EvitConfig", partial(EvitConfig, filters=(4, 4, 8), features=8, heads=2))
    monkeypatch.setattr(validation, "simulate_physics", lambda seed, **v: simulate_physics(seed, **v, **SMALL))
    monkeypatch.setattr(validation, "simulate_paper",
                        lambda **v: simulate_paper(**v, events=4, vesicles=5, **SMALL))
    return made


PARAMS = TrainingParams(
    movie_seed=2000,
    name="toy", training_movies=4, training_epochs=1, hard_movies=2, hard_epochs=1, validation_movies=5, workers=1,
    batch=32,
)  # fmt: skip


def test_a_training_and_how_it_goes_on(small: list[int], tmp_path: Path) -> None:
    class StopInHardMovies:
        def __init__(self) -> None:
            self.seen: list[str] = []

        def update(self, stage: str, done: int, total: int) -> None:
            self.seen.append(stage)

        def cancelled(self) -> bool:
            return len(self.seen) > 1 and self.seen[-2].startswith("training") and self.seen[-1] == "movies"

    with pytest.raises(Cancelled):
        run.train(PARAMS, tmp_path, StopInHardMovies())
    assert small == [2000, 2001, 2002, 2003, 2004, 2005]
    first_round = tmp_path / "toy-work" / "round0" / "evit.weights.h5"
    weights = first_round.read_bytes()
    assert not (tmp_path / "toy").exists()

    folder = run.train(PARAMS, tmp_path)
    assert small[6:] == [2004, 2005]  # the first movies and the first round are not made again
    assert first_round.read_bytes() == weights
    assert verify_model(folder) == []
    assert verify_model(folder, "keras") == []
    card = folder.card
    assert (card.name, card.config.frames, len(card.classes)) == ("toy", 28, 11)
    assert card.training["parameters"] == PARAMS.model_dump()
    assert card.training["command"].startswith("ivea train --name toy --training-movies 4")
    assert 0 < card.threshold < 1
    assert len(card.metrics["validation_movies"]) == 5
    assert (folder.path / "report.png").stat().st_size > 10_000

    # And the model is of use.
    stack = simulate_physics(7, events=8, **SMALL).frames
    result = detect_random(stack, model=str(folder.path), threads=1)
    assert result.model["name"] == "toy"


def test_a_smaller_network_starts_from_a_larger(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    from ivea_fiji.networks.evit import build_evit

    donor, small = build_evit(EvitConfig(), 11), build_evit(EvitConfig(frames=26), 10)
    donor.save_weights(tmp_path / "evit.weights.h5")
    ids = tuple(c.id for c in run._card(PARAMS.model_copy(update={"frames": 26})).classes)
    run._start_from(small, tmp_path / "evit.weights.h5", ids)
    for name in ("encoder_0", "frame_features", "attention_0"):
        for a, b in zip(donor.get_layer(name).get_weights(), small.get_layer(name).get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
    kernel = donor.get_layer("classes").get_weights()[0]
    # Latent fusion, the third class, is left out.
    np.testing.assert_array_equal(small.get_layer("classes").get_weights()[0], np.delete(kernel, 2, axis=1))


def test_nothing_to_learn_from(small: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "movie_samples", lambda seed: empty_samples())
    with pytest.raises(ParameterError, match="too few samples to learn from; ask for more movies"):
        run.train(PARAMS, tmp_path)


def test_training_without_tensorflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "ivea-fiji\[train\]"'):
        run.train(PARAMS, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_few_samples_are_one_batch() -> None:
    pytest.importorskip("tensorflow")
    from ivea_fiji.training.fit import Schedule, _Batches

    x = np.zeros((5, STORED_FRAMES, STORED_SIZE, STORED_SIZE), np.uint16)
    some = Samples(x, np.zeros(5, int), np.zeros(5, int))
    batches = _Batches(some, (0, -1), 28, replace(Schedule(), batch=128))
    assert len(batches) == 1
    assert batches[0][0].shape == (5, 28, 32, 32)
