"""Learning from a user's labels: what is frozen stays, what is held out is not learned, bad input is one sentence."""

from __future__ import annotations

import json
import shlex
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from model_material import SMALL, Rising, make_card, write_tiny

from ivea_fiji.classify import classify
from ivea_fiji.cli.main import make_app
from ivea_fiji.commands.registry import COMMANDS
from ivea_fiji.datasets.cut import Usable
from ivea_fiji.errors import Cancelled, DatasetError, ModelError, ParameterError
from ivea_fiji.evaluation import Marks
from ivea_fiji.events.prior import adapt_to_movie
from ivea_fiji.movie.movie import Movie
from ivea_fiji.movie.sources import ArraySource
from ivea_fiji.networks.card import ClassEntry, ModelCard, ModelFolder
from ivea_fiji.networks.registry import list_models, verify_model
from ivea_fiji.params.random import RandomParams
from ivea_fiji.params.refine import RefineParams
from ivea_fiji.progress import Silent
from ivea_fiji.results.rois import Mark, write_rois
from ivea_fiji.simulation.sparks import simulate_sparks
from ivea_fiji.simulation.writer import write_simulation
from ivea_fiji.training import dataset, validation
from ivea_fiji.training.child import child_card, take_over
from ivea_fiji.training.dataset import STORED_FRAMES, STORED_SIZE, Samples
from ivea_fiji.training.labelled import OWN, Labelled, judge, judge_samples, study
from ivea_fiji.training.labels import AMBIGUOUS
from ivea_fiji.training.own import check_sources, prepare, read_sources
from ivea_fiji.training.refine import refine, repeated

CARD = make_card()
SIZE = {"frames": 90, "height": 96, "width": 96}


def flashes(*events: tuple[int, int, int]) -> Movie:
    """Return a quiet movie with bright flashes at (frame, y, x) that fade."""
    rng = np.random.default_rng(0)
    out = rng.normal(200, 4, (120, 96, 96))
    yy, xx = np.mgrid[:96, :96]
    for t, y, x in events:
        spot = np.exp(-((yy - y) ** 2 + (xx - x) ** 2) / 6)
        for k in range(t, 120):
            out[k] += 150 * spot * np.exp(-(k - t) / 4)
    return Movie(ArraySource(out.clip(0).astype(np.uint16)), "cell", frame_interval_s=0.1)


def labels(*rows: tuple[int, float, float, int]) -> Usable:
    frame, y, x, class_id = (np.array(c) for c in zip(*sorted(rows), strict=True))
    n = len(frame)
    return Usable(
        tuple(map(str, range(n))), frame.astype(int), y.astype(float), x.astype(float), class_id.astype(int),
        np.full(n, 12), np.ones(n, bool),
    )


EVENTS = ((20, 30, 30), (50, 60, 30), (80, 30, 60), (100, 60, 60))
PARAMS = RandomParams(threads=1)


def studied(said: Usable, *, complete: bool, movie: Movie | None = None, classifier: object = None):
    one = Labelled(movie or flashes(*EVENTS), said, complete)
    return study(one, CARD, classifier or Rising(), PARAMS, 0, 1, Silent())


# Labelled movies


def test_labels_go_to_their_candidates() -> None:
    # Clicked a little beside the middle, early and late.
    one = studied(labels((18, 31.5, 29, 0), (53, 61, 31, 0), (80, 30, 60, 2)), complete=False)
    assert sorted(one.label[one.label >= 0].tolist()) == [0, 0, 2]
    assert one.unfound == 0
    for t, y, x in EVENTS[:3]:
        near = np.abs(one.truth.frame - t) + np.hypot(one.truth.y - y, one.truth.x - x)
        assert near.min() < 2.5
    # The fourth event is not labelled, and nobody said that all are: it teaches nothing.
    fourth = (np.hypot(one.found.y - 60, one.found.x - 60) < 3) & (np.abs(one.frame - 100) < 4)
    assert fourth.any()
    assert (one.label[fourth] == AMBIGUOUS).all()
    assert set(one.samples.label[one.samples.label >= 0].tolist()) == {0, 2}


def test_what_is_not_labelled_is_no_event_only_where_all_is_labelled() -> None:
    said = labels(*((*e, 0) for e in EVENTS[:3]))
    one = studied(said, complete=True)
    fourth = (np.hypot(one.found.y - 60, one.found.x - 60) < 3) & (np.abs(one.frame - 100) < 4)
    assert (one.label[fourth] < 0).all()
    assert (one.label[fourth] != AMBIGUOUS).any()


def test_unlabelled_places_are_named_by_the_network_and_its_mistakes_are_learned_from() -> None:
    one = studied(labels((20, 30, 30, 0)), complete=True)
    wrong = one.samples.label[one.samples.label < 0]
    assert len(wrong) >= 3
    # `Rising` takes the other flashes for events, and of artefacts for the fluctuation -2.
    assert (wrong == -2).any()


def test_a_label_where_nothing_changes_is_learned_and_counted() -> None:
    one = studied(labels((20, 30, 30, 0), (60, 85, 85, 0)), complete=True)
    assert one.unfound == 1
    assert (one.samples.label >= 0).sum() == 2
    assert len(one.truth) == 2
    scored = judge(one, CARD, Rising())
    assert scored.whole
    assert len(scored.truth) == 2


def test_artefact_labels_keep_their_class() -> None:
    said = labels((20, 30, 30, 0), (50, 60, 30, -3), (80, 30, 60, -1))
    one = studied(said, complete=False)
    for (t, y, x), class_id in zip(EVENTS[1:3], (-3, -1), strict=True):
        here = (np.hypot(one.found.y - y, one.found.x - x) < 3) & (np.abs(one.frame - t) < 4)
        assert (one.label[here] == class_id).any()


def test_labelled_places_are_judged_as_detection_does_in_the_whole_movie() -> None:
    """How common events are is told by all candidates, also by those without a label and those learned from."""
    card = CARD.model_copy(update={"event_share": 0.9})
    one = studied(labels(*((*e, 0) for e in EVENTS[-2:])), complete=False)
    scored = judge(one, card, Rising(), first=EVENTS[-1][0] - 5)
    assert len(scored.probabilities) < len(one.found)
    everything = classify(one.labelled.movie, one.found, card, Rising(), one.radius)
    adapted = adapt_to_movie(everything.probabilities, card.event_columns, 0.9)[:, card.event_columns].sum(axis=1)
    where = zip(one.frame, one.found.y, one.found.x, adapted, strict=True)
    places = {(int(f), float(y), float(x)): chance for f, y, x, chance in where}
    chance = validation.movie_chance(scored, card)
    told = [places[int(f), float(y), float(x)] for f, y, x in zip(scored.frame, scored.y, scored.x, strict=True)]
    np.testing.assert_allclose(chance, told, rtol=1e-5)
    raw = scored.probabilities[:, card.event_columns].sum(axis=1)
    assert np.abs(chance - raw).max() > 0.01
    # A calibration changes all of them, or the adaptation would compare unlike things.
    hotter = validation.calibrated(scored, 2.0, 0.5, card.event_columns)
    both = np.concatenate([scored.probabilities, scored.unjudged])
    wanted = validation.apply_calibration(np.log(both.astype(float).clip(1e-9)), 2.0, 0.5, card.event_columns)
    np.testing.assert_allclose(np.concatenate([hotter.probabilities, hotter.unjudged]), wanted, rtol=1e-5)


def test_a_part_of_a_movie_is_judged_alone() -> None:
    one = studied(labels(*((*e, 0) for e in EVENTS)), complete=True)
    scored = judge(one, CARD, Rising(), first=70)
    assert scored.frame.min() >= 70
    assert len(scored.truth) == 2
    assert scored.group == OWN
    chances = [validation.movie_chance(scored, CARD)]
    row = validation.sweep([scored], chances, 10.0, 4.5, 12.0)[OWN]
    assert max(c.f1 for c in row) == 1


def test_samples_without_a_movie_are_judged_one_by_one() -> None:
    x = np.zeros((4, STORED_FRAMES, STORED_SIZE, STORED_SIZE), np.uint16)
    some = Samples(x, np.array([0, 0, -1, -2]), np.zeros(4, int))
    patches = np.zeros((4, 28, 32, 32), np.float32)
    patches[[0, 2], 13:] = 1  # what `Rising` takes for events: one is, one is not
    scored = judge_samples(some, patches, CARD, Rising())
    assert not scored.whole
    row = validation.sweep([scored], [validation.movie_chance(scored, CARD)], 10.0, 4.5, 12.0)[OWN]
    at = row[0]
    assert (at.hits, at.false, at.missed) == (1, 1, 1)


def test_own_samples_get_their_share() -> None:
    label = np.r_[np.zeros(10, int), np.full(100, -1)]
    rows = repeated(label, 1000, 0.5)
    assert 900 <= len(rows) <= 1200
    events = (label[rows] >= 0).sum()
    assert 0.3 <= events / (label[rows] < 0).sum() <= 0.6
    assert set(rows.tolist()) == set(range(110))
    assert len(repeated(label, 0, 0.5)) == 150  # events five times, nothing else to keep up with


# Sources


def spark_folder(folder: Path, seeds: tuple[int, ...] = (11, 12, 13), events: int = 6) -> Path:
    """Write small spark movies with all events labelled as class 10."""
    for seed in seeds:
        sim = simulate_sparks(seed, events=events, **SIZE)
        write_simulation(sim, folder, f"cell{seed}")
        marks = [
            Mark(f"{n}-event {{{n}}} | frame {e.frame + 1}_class_10", e.frame + 1, e.y, e.x, 3.0, 10)
            for n, e in enumerate(sim.events, 1)
        ]
        write_rois(folder / f"cell{seed}_training_rois.zip", marks)
        for other in ("_truth_rois.zip", "_truth.csv", "_recipe.json"):
            (folder / f"cell{seed}{other}").unlink()
    return folder


@pytest.fixture(scope="module")
def sparks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return spark_folder(tmp_path_factory.mktemp("sparks"))


def own_of(paths: list[Path], params: RefineParams, card: ModelCard = CARD):
    given = read_sources(paths, params, Silent())
    check_sources(given, params, card)
    return prepare(given, params, card, Rising(), Silent())


def with_spark(card: ModelCard = CARD) -> ModelCard:
    return card.model_copy(update={"classes": (*card.classes, ClassEntry(id=10, name="spark", title="spark"))})


def test_movies_are_held_out_whole(sparks: Path) -> None:
    own = own_of([sparks], RefineParams(all_labelled=True))
    assert not set(own.learn.movie) & set(own.held.movie)
    assert own.split == "1 of 3 movies held out"
    assert (own.learn.label == 10).any()
    assert (own.held.label == 10).any()
    (scored,) = own.judged(with_spark(), _Wide(12))
    assert (scored.label == 10).any()


class _Wide(Rising):
    """`Rising` for a card with a class more."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self._classes = classes

    def predict(self, patches: np.ndarray) -> np.ndarray:
        got = super().predict(patches)
        return np.pad(got, ((0, 0), (0, self._classes - got.shape[1])))


def test_one_movie_is_cut_in_time_and_that_is_said(sparks: Path, tmp_path: Path) -> None:
    for file in sparks.glob("cell11*"):
        shutil.copy(file, tmp_path)
    given = read_sources([tmp_path / "cell11.tif"], RefineParams(all_labelled=True), Silent())
    own = prepare(given, RefineParams(all_labelled=True), CARD, Rising(), Silent())
    assert own.split == "the last part of the only movie held out"
    assert any("only one movie" in note for note in own.notes)
    (_, first), = own._held_movies
    assert first > 0


def test_a_label_file_and_its_movie_name_the_same(sparks: Path) -> None:
    one, other = (
        read_sources([sparks / name], RefineParams(), Silent()) for name in ("cell12.tif", "cell12_training_rois.zip")
    )
    assert one.events == other.events == 6
    assert [m.movie.name for m in one.movies] == [m.movie.name for m in other.movies]


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({}, r"All 18 labels are events; label some places that are none"),
        ({"start": "new", "all_labelled": True}, r"There are 18 labelled events, and learning takes 60 at least"),
    ],
)
def test_labels_that_teach_nothing(sparks: Path, params: dict, sentence: str) -> None:
    with pytest.raises(DatasetError, match=sentence):
        own_of([sparks], RefineParams(**params))


def test_two_events_are_too_few(tmp_path: Path) -> None:
    spark_folder(tmp_path, (11,), events=2)
    with pytest.raises(DatasetError, match="There are 2 labelled events, and learning takes 8 at least; label more"):
        own_of([tmp_path], RefineParams(all_labelled=True))


def test_sources_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"There is no .*nothing.h5"):
        read_sources([tmp_path / "nothing.h5"], RefineParams(), Silent())
    with pytest.raises(DatasetError, match="Nothing that was named holds a label"):
        read_sources([tmp_path], RefineParams(), Silent())
    (tmp_path / "bad.h5").write_bytes(b"no data set at all")
    with pytest.raises(DatasetError, match=r"'bad.h5' is damaged or no data set"):
        read_sources([tmp_path / "bad.h5"], RefineParams(), Silent())


def test_a_damaged_movie_is_left_out_and_named(sparks: Path, tmp_path: Path) -> None:
    for file in sparks.iterdir():
        shutil.copy(file, tmp_path)
    (tmp_path / "cell12.tif").write_bytes((sparks / "cell12.tif").read_bytes()[:3000])
    given = read_sources([tmp_path], RefineParams(), Silent())
    assert len(given.movies) == 2
    assert any(note.startswith("cell12.tif: ") for note in given.notes)


def test_a_data_set_of_another_shape(sparks: Path, tmp_path: Path) -> None:
    from ivea_fiji.datasets import collect

    pytest.importorskip("h5py")
    collect(sparks, tmp_path / "other.h5", frames_before=10)
    with pytest.raises(DatasetError, match=r"samples of 25 frames \(10 before the peak\).* needs 28"):
        own_of([tmp_path / "other.h5"], RefineParams(all_labelled=True))


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ("10=spark, 11=wave", "no label has the class 11"),
        ("10=fusion", "a name stands for two classes"),
        ("spark", "'spark' is not like '10=spark'"),
    ],
)
def test_names_that_fit_no_class(sparks: Path, names: str, sentence: str) -> None:
    given = read_sources([sparks], RefineParams(), Silent())
    with pytest.raises(ParameterError, match=sentence):
        child_card(RefineParams(class_names=names), CARD, given)


def test_a_new_network_has_the_labelled_classes_alone(sparks: Path) -> None:
    given = read_sources([sparks], RefineParams(), Silent())
    card = child_card(RefineParams(start="new", class_names="10=spark"), CARD, given)
    assert [(c.id, c.name) for c in card.classes] == [(10, "spark"), (-1, "noise")]


# Freezing


def some_samples(n: int = 40, ids: tuple[int, ...] = (0, -1)) -> Samples:
    rng = np.random.default_rng(0)
    x = (rng.random((n, STORED_FRAMES, STORED_SIZE, STORED_SIZE)) * 40000).astype(np.uint16)
    label = np.array(ids)[np.arange(n) % len(ids)]
    x[label >= 0, 15:, 12:22, 12:22] += 25000
    return Samples(x, label, np.arange(n) % 4)


@pytest.mark.parametrize("trainable", ["head", "transformer", "all", "fresh"])
def test_what_is_frozen_does_not_change(trainable: str, tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    from ivea_fiji.networks.evit import build_evit
    from ivea_fiji.training.fit import Schedule, fit

    keras.utils.set_random_seed(0)
    model = build_evit(SMALL, 2)
    before = {layer.name: layer.get_weights() for layer in model.layers}
    schedule = Schedule(epochs=2, batch=16, trainable=trainable, copies=2)
    fit(model, some_samples(), [some_samples(8)], (0, -1), 28, schedule, tmp_path, Silent())

    def same(name: str) -> bool:
        after = model.get_layer(name).get_weights()
        return all(np.array_equal(a, b) for a, b in zip(before[name], after, strict=True))

    names = [layer.name for layer in model.layers if before[layer.name]]
    assert not same("classes")
    assert not same("head")
    learns_transformer = trainable != "head"
    assert same("attention_0") == (not learns_transformer)
    learns_encoder = trainable in ("all", "fresh")
    assert same("encoder_0") == (not learns_encoder)
    # Mean and variance of the normalisation: only a fresh network measures them.
    norms = [n for n in names if n.startswith("encoder_norm")]
    statistics = [np.array_equal(a, b) for n in norms for a, b in
                  zip(before[n][-2:], model.get_layer(n).get_weights()[-2:], strict=True)]  # fmt: skip
    assert all(statistics) == (trainable != "fresh")
    if trainable == "head":
        assert [n for n in names if not same(n)] == ["head", "classes"]


@pytest.mark.parametrize("trainable", ["head", "all"])
def test_samples_that_shall_not_change_keep_their_answers(trainable: str, tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    from ivea_fiji.networks.evit import build_evit
    from ivea_fiji.training.batches import centred
    from ivea_fiji.training.fit import Schedule, fit

    some = some_samples(24)
    schedule = Schedule(epochs=6, batch=12, rate=0.01, trainable=trainable, copies=1)
    moved = []
    for unchanged in (None, np.ones(len(some), bool)):
        keras.utils.set_random_seed(0)
        model = build_evit(SMALL, 2)
        before = np.asarray(model(centred(some.x, 28), training=False))
        folder = tmp_path / str(unchanged is None)
        fit(model, some, [], (0, -1), 28, schedule, folder, Silent(), unchanged=unchanged)
        moved.append(np.abs(np.asarray(model(centred(some.x, 28), training=False)) - before).mean())
    assert moved[1] < 0.5 * moved[0]


def test_a_bias_of_new_events_is_fitted_to_labels() -> None:
    card = CARD.model_copy(update={"classes": (*CARD.classes, ClassEntry(id=10, name="spark", title="spark"))})
    rng = np.random.default_rng(0)
    label = np.where(np.arange(400) % 8 == 0, 10, -1)
    logits = rng.normal(0, 0.5, (400, len(card.classes)))
    logits[:, [c.id for c in card.classes].index(-1)] += 6.0
    logits[label == 10, -1] += 4.0
    chance = validation.apply_calibration(logits, 1.0, 0.0, [])
    place, one = np.zeros(400), np.ones(400)
    movie = validation.Scored(
        OWN, Marks.of(place[:0], place[:0], place[:0]), 0.0, 400, 0.01, np.arange(400), place, place, one, one,
        chance.astype(np.float32), label,
    )  # fmt: skip
    bias = validation.fit_bias([movie], card, [len(card.classes) - 1])
    assert 2 < bias < 8
    raised = validation.calibrated(movie, 1.0, bias, [len(card.classes) - 1]).probabilities
    said = validation.event_chance(raised, card.event_columns)
    assert said.mean() == pytest.approx(1 / 8, abs=0.03)
    assert said[label == 10].mean() > 2 * chance[label == 10][:, card.event_columns].sum(axis=1).mean()
    assert validation.fit_bias([replace(movie, label=np.full(400, 10))], card, [len(card.classes) - 1]) == 0


def test_the_optimiser_knows_the_head_alone() -> None:
    keras = pytest.importorskip("keras")
    from ivea_fiji.networks.evit import build_evit
    from ivea_fiji.training.freeze import take_apart

    keras.utils.set_random_seed(0)
    model = build_evit(SMALL, 2)
    parts = take_apart(model, "head")
    parts.learning.compile(keras.optimizers.Adam())
    parts.learning.optimizer.build(parts.learning.trainable_variables)
    assert [v.path for v in parts.learning.trainable_variables] == [
        "head/kernel", "head/bias", "classes/kernel", "classes/bias",
    ]  # fmt: skip
    x = np.random.default_rng(1).random((5, 28, 32, 32)).astype(np.float32)
    whole = np.asarray(model(x, training=False))
    np.testing.assert_allclose(np.asarray(parts.learning(parts.frozen(x).astype(np.float32))), whole, atol=2e-3)


def test_the_head_grows_and_keeps_its_columns(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    from ivea_fiji.networks.evit import build_evit

    parent = write_tiny(tmp_path / "tiny")
    old, grown = build_evit(SMALL, 11), build_evit(SMALL, 13)
    old.load_weights(parent.checked(parent.card.weights_file))
    take_over(grown, build_evit, parent, 13)
    np.testing.assert_array_equal(grown.get_layer("classes").get_weights()[0][:, :11],
                                  old.get_layer("classes").get_weights()[0])  # fmt: skip
    x = np.random.default_rng(1).random((5, 28, 32, 32)).astype(np.float32)
    was, now = np.asarray(old(x, training=False)), np.asarray(grown(x, training=False))
    assert now.shape == (5, 13)
    assert now[:, 11:].max() < was.min()
    np.testing.assert_array_equal(now[:, :11].argmax(axis=1), was.argmax(axis=1))


def test_event_f1_of_groups_at_one_threshold() -> None:
    pytest.importorskip("tensorflow")
    from ivea_fiji.training.fit import event_f1

    event = np.array([True, True, False, False])
    assert event_f1([np.array([0.9, 0.8, 0.2, 0.1])], [event]) == 1
    low, high = np.array([0.3, 0.3, 0.1, 0.1]), np.array([0.9, 0.9, 0.6, 0.6])
    assert event_f1([low], [event]) == event_f1([high], [event]) == 1
    assert event_f1([low, high], [event, event]) < 1  # no threshold serves both
    assert event_f1([np.array([0.9])], [np.array([False])]) == 0


def test_the_best_epoch_is_kept_and_learning_ends(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    from ivea_fiji.networks.evit import build_evit
    from ivea_fiji.training.fit import CURVES, Schedule, fit, read_curve

    keras.utils.set_random_seed(0)
    model = build_evit(SMALL, 2)
    told: list[str] = []

    class Listener(Silent):
        def update(self, stage: str, done: int, total: int) -> None:
            told.append(stage)

    schedule = Schedule(epochs=30, batch=16, rate=0.02, trainable="head", copies=1, patience=2)
    fit(model, some_samples(), [some_samples(8)], (0, -1), 28, schedule, tmp_path, Listener())
    rows = read_curve(tmp_path / CURVES)
    score = [float(r["score"]) for r in rows]
    assert len(rows) < 30
    assert int(np.argmax(score)) == len(rows) - 3  # two passes without a better one
    assert any(stage.startswith("training, loss ") and ", F1 " in stage for stage in told)
    model.get_layer("head").set_weights([w * 0 for w in model.get_layer("head").get_weights()])
    model_again = keras.Model(model.get_layer("sequence").output, model.output)
    model_again.load_weights(tmp_path / "best.weights.h5")
    assert any(w.any() for w in model.get_layer("head").get_weights())


# A whole refinement


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return a folder of models with an untrained one, 'tiny'; stock movies are small."""
    pytest.importorskip("tensorflow")
    from ivea_fiji.simulation.paper import simulate_paper
    from ivea_fiji.simulation.physics import simulate_physics

    size = {"frames": 60, "height": 80, "width": 80}
    monkeypatch.setattr(dataset, "training_movie", lambda seed: simulate_physics(seed, events=8, **size))
    monkeypatch.setattr(validation, "simulate_physics", lambda seed, **v: simulate_physics(seed, **v, **size))
    monkeypatch.setattr(validation, "simulate_paper", lambda **v: simulate_paper(**v, events=4, vesicles=5, **size))
    models = tmp_path / "models"
    write_tiny(models / "tiny")
    monkeypatch.setenv("IVEA_MODELS_PATH", str(models))
    return models


QUICK = {
    "model": "tiny", "all_labelled": True, "replay_movies": 3, "stock_movies": 2, "epochs": 3, "workers": 1,
    "class_names": "10=Calcium spark",
}  # fmt: skip


def test_a_refinement(small: Path, sparks: Path) -> None:
    made = refine(sparks, small, new_name="mine", **QUICK)
    card = made.folder.card
    assert verify_model(made.folder) == []
    assert verify_model(made.folder, "keras") == []
    assert "mine" in [m.card.name for m in list_models()]
    assert not (small / "mine-work").exists()
    assert sorted(p.name for p in (small / "mine").iterdir()) == [
        "card.json", "evit.onnx", "evit.weights.h5", "report.png", "sample.npz",
    ]  # fmt: skip
    parent = ModelFolder(small / "tiny").card
    assert card.classes == (*parent.classes, ClassEntry(id=10, name="calcium_spark", title="calcium spark"))
    assert card.parent == "tiny 0.1"
    assert (card.nu, card.spread_radius, card.repeat_frames) == (parent.nu, parent.spread_radius, parent.repeat_frames)
    assert card.metrics["held_out"] == "1 of 3 movies held out"
    assert set(card.metrics["before"]) == set(card.metrics["after"]) == {"own", "stock", "groups"}
    assert made.after["groups"][OWN] == made.after["own"]
    assert sum(card.training["data"]["learned_from"].values()) > 20
    assert "F1 on held-out labels" in made.sentence
    command = card.training["command"]
    assert command.startswith(f"ivea refine {sparks.name} --new-name mine --model tiny --all-labelled --class-names ")
    make_app().parse_args(shlex.split(command)[1:], exit_on_error=False, print_error=False)

    # What is frozen is the parent's to the last bit.
    import h5py

    with h5py.File(small / "tiny" / "evit.weights.h5") as a, h5py.File(small / "mine" / "evit.weights.h5") as b:
        shared = [n for n in _arrays(a) if not n.startswith(("layers/dense_", "layers/dense/"))]
        changed = [n for n in _arrays(a) if n in _arrays(b) and not np.array_equal(a[n][()], b[n][()])]
    assert len(shared) > 20
    assert len(changed) <= 4

    # The same again answers the same, bit for bit; the name that is taken stays as it is.
    again = refine(sparks, small, new_name="again", **QUICK)
    assert again.folder.card.files["sample.npz"] == card.files["sample.npz"]
    assert again.folder.card.metrics == card.metrics
    with pytest.raises(ParameterError, match=r"There is a model .mine. in .* already; choose another name"):
        refine(sparks, small, new_name="mine", **QUICK)

    # And a refined model is refined again.
    quick = {**QUICK, "model": "mine", "new_name": "more", "trainable": "transformer", "class_names": ""}
    more = refine(sparks, small, **quick)
    assert len(more.folder.card.classes) == len(card.classes)
    assert more.folder.card.parent == "mine 1.0.0"


def _arrays(file) -> list[str]:
    import h5py

    names: list[str] = []
    file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
    return names


def test_a_refinement_that_was_stopped_goes_on(small: Path, sparks: Path) -> None:
    class Stop(Silent):
        def __init__(self, stage: str) -> None:
            self.seen: list[str] = []
            self._stage = stage

        def update(self, stage: str, done: int, total: int) -> None:
            self.seen.append(stage)

        def cancelled(self) -> bool:
            return any(s.startswith(self._stage) for s in self.seen)

    with pytest.raises(Cancelled):
        refine(sparks, small, new_name="mine", progress=Stop("training"), **QUICK)
    assert not (small / "mine").exists()
    assert "mine" not in [m.card.name for m in list_models()]
    listener = Stop("never")
    made = refine(sparks, small, new_name="mine", progress=listener, **QUICK)
    assert "movies" not in listener.seen  # replay samples were kept
    assert verify_model(made.folder) == []
    assert not (small / "mine-work").exists()


def test_a_new_model_of_labels_alone(small: Path, sparks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ivea_fiji.training import own

    monkeypatch.setitem(own.FEWEST, "new", 10)
    made = refine(sparks, small, new_name="fresh", start="new", **QUICK)
    assert made.before == {}
    assert made.after["stock"] is None
    assert made.folder.card.parent == ""
    assert any("that is few, and refining a model would do better" in note for note in made.notes)
    assert verify_model(made.folder) == []


def test_a_data_set_alone(small: Path, sparks: Path, tmp_path: Path) -> None:
    from ivea_fiji.datasets import collect

    labelled = tmp_path / "labelled"
    shutil.copytree(sparks, labelled)
    for file in labelled.glob("*_training_rois.zip"):
        from ivea_fiji.results.rois import read_rois

        marks = read_rois(file)
        more = [replace(m, name=f"{n}-no | frame {m.frame}_class_-2", y=(m.y + 40) % 90, class_id=-2)
                for n, m in enumerate(marks, 100)]  # fmt: skip
        write_rois(file, [*marks, *more])
    collect(labelled, tmp_path / "mine.h5")
    quick = {**QUICK, "all_labelled": False}
    made = refine(tmp_path / "mine.h5", small, new_name="mine", **quick)
    assert made.folder.card.training["data"]["datasets"] == ["mine.h5"]
    assert made.after["own"]["f1"] >= 0


def test_the_command_of_the_menu(small: Path, sparks: Path) -> None:
    command = COMMANDS["train_or_refine_model"]
    params = command.params.make(label_folder=str(sparks), new_name="mine", **QUICK)
    reply = command.run(params, None, Silent())
    assert "mine: F1 on held-out labels" in reply.message
    assert "every dialog now finds it" in reply.message.lower()
    (table,) = reply.tables
    header, *rows = Path(table.path).read_text(encoding="utf-8").splitlines()
    assert header.startswith("movies,f1_before")
    assert rows[-1].startswith(OWN)
    assert Path(reply.pictures[0].path).stat().st_size > 10_000
    with pytest.raises(ParameterError, match="Name the folder of labelled movies"):
        command.run(command.params.make(), None, Silent())


def test_the_command_line(small: Path, sparks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from ivea_fiji.cli.main import main

    assert main(["refine", "--new-name", "mine"]) == 2
    assert "Name what to learn from" in capsys.readouterr().err
    assert main(["refine", str(sparks), "--new-name", "../mine"]) == 2
    assert "cannot be the name of a model" in capsys.readouterr().err
    given = ["refine", str(sparks), "--new-name", "mine", "--json"]
    for name, value in QUICK.items():
        given += [f"--{name.replace('_', '-')}"] + ([] if value is True else [str(value)])
    assert main(given) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["model"] == "mine"
    assert told["after"]["own"]["f1"] >= 0


def test_only_networks_that_can_learn_are_refined(small: Path, sparks: Path) -> None:
    with pytest.raises(ModelError, match="There is no model 'nobody'"):
        refine(sparks, small, **{**QUICK, "model": "nobody"})
