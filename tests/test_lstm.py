"""The LSTM: its network, its card and files, its labels and augmentation, and a whole training in small."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from model_material import make_card

from ivea_fiji.errors import ModelError
from ivea_fiji.evaluation import Counts, Marks
from ivea_fiji.events.classes import AMMONIUM, FLUCTUATION, NOISE, SYNAPSE_ARTEFACTS, SYNAPSE_EVENTS
from ivea_fiji.networks.card import (
    CARD,
    LSTM_ONNX,
    LSTM_WEIGHTS,
    SAMPLE,
    ClassEntry,
    EvitConfig,
    LstmConfig,
    ModelCard,
    ModelFolder,
)
from ivea_fiji.networks.registry import find_model, verify_model
from ivea_fiji.networks.runtime import make_classifier
from ivea_fiji.params.training import LstmTrainingParams
from ivea_fiji.simulation.physics import simulate_physics
from ivea_fiji.simulation.synapse_scene import TrueRelease, TrueStimulus
from ivea_fiji.simulation.synapses import SynapseMovie, simulate_synapses
from ivea_fiji.synapses.regions import REGIONS, Sequence
from ivea_fiji.training import curves, lstm, pool, synapse_judge, validation
from ivea_fiji.training.batches import augmented, centred
from ivea_fiji.training.labels import AMBIGUOUS
from ivea_fiji.training.synapse_labels import label_synapses
from ivea_fiji.training.validation import Scored
from ivea_fiji.training.vectors import JITTER_FRAMES, _places, store, stored

CLASSES = (*SYNAPSE_EVENTS, *SYNAPSE_ARTEFACTS)
SMALL = LstmConfig(samples=7, filters=4, units=4, kernel=3)
SHIPPED = [Path(__file__).resolve().parents[1] / "models" / name for name in ("neuro-lstm", "granu-lstm")]


def card(**values) -> ModelCard:
    given = {
        "module": "stationary", "architecture": "lstm", "config": SMALL, "before": 2, "after": 4,
        "classes": tuple(ClassEntry(id=c.id, name=c.name, title=c.title) for c in CLASSES),
    }  # fmt: skip
    return make_card("tiny-lstm", **{**given, **values})


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> ModelFolder:
    pytest.importorskip("tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    from ivea_fiji.networks.build import build_network
    from ivea_fiji.training.export import write_model

    keras.utils.set_random_seed(1)
    folder = tmp_path_factory.mktemp("models") / "tiny-lstm"
    write_model(build_network(card()), card(), vectors(4, 7), folder)
    return ModelFolder(folder)


def vectors(n: int, samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((n, REGIONS, samples)).astype(np.float32)


# Network and files


def test_nine_classes_with_the_signs_of_the_house() -> None:
    assert len(CLASSES) == 9
    assert [c.is_event for c in CLASSES] == [True] * 4 + [False] * 5
    assert len({c.id for c in CLASSES}) == len({c.name for c in CLASSES}) == 9


def test_files_are_named_after_the_architecture(tiny: ModelFolder) -> None:
    assert {p.name for p in tiny.path.iterdir()} == {CARD, LSTM_WEIGHTS, LSTM_ONNX, SAMPLE}
    assert (tiny.card.weights_file, tiny.card.onnx_file) == (LSTM_WEIGHTS, LSTM_ONNX)
    assert verify_model(tiny) == []
    assert verify_model(tiny, "keras") == []


def test_both_runtimes_agree(tiny: ModelFolder) -> None:
    x = vectors(70, 7, 5)
    a, b = (make_classifier(tiny, runtime, threads=2).predict(x) for runtime in ("onnx", "keras"))
    assert a.shape == (70, 9)
    np.testing.assert_allclose(a.sum(axis=1), 1, rtol=1e-5)
    assert np.abs(a - b).max() < 1e-5
    assert np.abs(a[:5] - a[5:10]).max() > 1e-5


def test_an_lstm_is_no_evit(tiny: ModelFolder) -> None:
    with pytest.raises(ModelError, match="'tiny-lstm' is no eViT"):
        _ = tiny.card.evit


def test_sizes_must_be_those_of_the_architecture(tmp_path: Path) -> None:
    values = json.loads(card().model_dump_json())
    for changes in ({"architecture": "evit"}, {"config": EvitConfig().model_dump()}, {"module": "elsewhere"}):
        (tmp_path / CARD).write_text(json.dumps({**values, **changes}), encoding="utf-8")
        with pytest.raises(ModelError, match="damaged"):
            ModelFolder(tmp_path)


def test_cards_of_before_stay_valid() -> None:
    for name in ("evit28", "evit26"):
        before = find_model(name).card
        assert (before.module, before.architecture, type(before.config)) == ("random", "evit", EvitConfig)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.name)
def test_shipped(path: Path) -> None:
    folder = ModelFolder(path)
    assert verify_model(folder) == []
    shipped = folder.card
    assert isinstance(shipped.config, LstmConfig)
    frames = {"neuro-lstm": 41, "granu-lstm": 21}[path.name]
    assert shipped.config.samples == shipped.before + shipped.after + 1 == frames
    assert shipped.module == {"neuro-lstm": "stationary", "granu-lstm": "random"}[path.name]


# Vectors of training


def test_stored_vectors_have_margins() -> None:
    sequence = stored(2, 4)
    assert sequence == Sequence(4, 6, 11)
    means = np.tile(np.arange(30, dtype=np.float32), (3, REGIONS, 1))
    x = store(means, np.array([0, 5, 19]), sequence)
    assert (x.shape, x.dtype) == ((3, REGIONS, 11), np.uint16)
    assert (x[:, 0, 0] == 0).all()
    assert (x[:, 0, -1] == 65535).all()
    np.testing.assert_allclose(centred(x, 7)[0, 0], np.arange(7) / 6, atol=1e-4)


def test_turned_places_keep_the_middle_and_the_rings() -> None:
    places = _places()
    assert (places[:, :, 0] == 0).all()
    for ring in range(3):
        got = np.sort(places[:, :, 1 + 4 * ring : 5 + 4 * ring], axis=2)
        assert (got == np.arange(1 + 4 * ring, 5 + 4 * ring)).all()
    assert len({tuple(p) for p in places.reshape(8, REGIONS)}) == 8
    np.testing.assert_array_equal(places[0, 0], np.arange(REGIONS))
    # Neighbours stay neighbours: opposite quadrants are opposite in every copy.
    assert (np.abs(places[:, :, 1] - places[:, :, 3]) == 2).all()


def test_augmentation_moves_a_little_and_is_by_its_seed() -> None:
    x = np.zeros((40, REGIONS, 11), np.uint16)
    x[:, 0, JITTER_FRAMES + 2 :] = 60000
    x[:, 1] = 20000
    a, b, c = (augmented(x, 7, np.random.default_rng(s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a, c)
    assert (a.shape, a.dtype) == ((40, REGIONS, 7), np.float32)
    onset = (a[:, 0] > 0.5).argmax(axis=1)
    assert set(onset) <= set(range(5))
    assert len(set(onset)) > 2
    assert {int(k) for k in a[:, 1:5].mean(axis=2).argmax(axis=1)} == {0, 1, 2, 3}


# Labels


def truth(*events: TrueRelease, artefacts: list[tuple] | None = None) -> SynapseMovie:
    rows = np.array(artefacts or [], np.float32).reshape(-1, 4)
    return SynapseMovie(np.zeros((1, 1, 1), np.uint16), events, rows, 0.1, 0.1)


def event(class_id: int = 0, frame: int = 50, y: float = 30, x: float = 30, **values) -> TrueRelease:
    given = {"kind": "spontaneous", "duration": 1.5, "amplitude": 100.0, "sigma": 1.5, "peak_z": 10.0, "site": 1}
    return TrueRelease(class_id=class_id, frame=frame, y=y, x=x, **{**given, **values})


def label(sim: SynapseMovie, *rows: tuple[float, float, float]) -> list[int]:
    frame, y, x = np.array(rows, float).T
    return label_synapses(sim, frame.astype(int), y, x).tolist()


def test_what_ammonium_shows_beside_synapses_is_a_fluctuation() -> None:
    sim = replace(truth(event(5, frame=100, duration=6)), stimuli=(TrueStimulus("ammonium", 100, 140),))
    assert label(sim, (101, 30, 30), (104, 60, 60), (80, 60, 60)) == [5, FLUCTUATION.id, NOISE.id]
    electrical = replace(sim, stimuli=(TrueStimulus("electrical", 100, 140),))
    assert label(electrical, (104, 60, 60)) == [NOISE.id]


@pytest.mark.parametrize("class_id", [c.id for c in SYNAPSE_EVENTS])
def test_an_event_labels_its_candidate_and_what_is_far_is_noise(class_id: int) -> None:
    assert label(truth(event(class_id)), (51, 31, 30), (51, 70, 70), (120, 30, 30)) == [class_id, -1, -1]


def test_others_that_rise_with_it_teach_nothing_or_spilled_light() -> None:
    assert label(truth(event()), (50, 30, 30), (54, 30, 31)) == [0, AMBIGUOUS]
    assert label(truth(event()), (50, 30, 30), (51, 30, 36)) == [0, FLUCTUATION.id]
    assert label(truth(event()), (50, 33, 30), (51, 30, 36)) == [0, AMBIGUOUS]  # nothing in its middle


def test_a_slow_response_may_be_found_again() -> None:
    assert label(truth(event(AMMONIUM.id)), (50, 30, 30), (80, 30, 30)) == [AMMONIUM.id, AMBIGUOUS]
    assert label(truth(event(0)), (50, 30, 30), (80, 30, 30)) == [0, -1]


def test_too_faint_or_too_far_is_no_event() -> None:
    assert label(truth(event(peak_z=2.0)), (50, 30, 30)) == [AMBIGUOUS]
    assert label(truth(event()), (50, 36, 30)) == [AMBIGUOUS]
    assert label(truth(event()), (60, 30, 30)) == [-1]


def test_neighbours_have_a_candidate_each() -> None:
    assert label(truth(event(), event(4, y=37, site=2)), (50, 30, 30), (51, 37, 30)) == [0, 4]
    assert label(truth(event(), event(4, y=32, site=2)), (50, 31.8, 30)) == [4]  # of two, the nearer


def test_artefacts_by_place_and_time() -> None:
    sim = truth(artefacts=[(-3, 20, 10, 10), (-9, 40, 50, 50), (-5, 70, np.nan, np.nan)])
    assert label(sim, (21, 11, 10), (42, 50, 52), (70, 5, 60), (30, 10, 10)) == [-3, -9, -5, -1]


# Movies


def test_samples_of_a_movie(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curves, "synapse_movie", lambda seed: small_movie(seed, kind="spontaneous"))
    a, b = curves.synapse_samples(5), curves.synapse_samples(5)
    np.testing.assert_array_equal(a.x, b.x)
    np.testing.assert_array_equal(a.label, b.label)
    assert a.x.shape[1:] == (REGIONS, 41 + 2 * JITTER_FRAMES)
    assert (a.label >= 0).any()
    assert (a.label < 0).any()
    assert AMBIGUOUS not in a.label
    # An event brightens in the middle: what the sequence is centred on.
    bright = centred(a.x, 41)[a.label >= 0][:, 0]
    assert (bright[:, 10:13].mean(axis=1) > bright[:, 5:9].mean(axis=1)).mean() > 0.9


def test_random_samples_are_those_of_the_other_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        curves.dataset, "training_movie", lambda seed: simulate_physics(seed, frames=60, height=80, width=80, events=8)
    )
    got = curves.random_samples(2004, few=10**6)
    patches = curves.dataset.movie_samples(2004, few=10**6)
    assert got.x.shape[1:] == (REGIONS, 21 + 2 * JITTER_FRAMES)
    assert len(got) == len(patches)
    # Peaks of curves and of patches may differ by a frame, and with them an artefact's name.
    assert (got.label == patches.label).mean() > 0.9
    np.testing.assert_array_equal(got.label[got.label >= 0], patches.label[patches.label >= 0])


def small_movie(seed: int, **values) -> SynapseMovie:
    return simulate_synapses(seed, **{**values, "frames": 90, "height": 64, "width": 64})


def scored(chance: list[float], at: list[tuple[float, float, float]], events: list[int], group: str) -> Scored:
    frame, y, x = np.array(at, float).T
    p = np.array(chance, np.float32)
    true = Marks.of(frame[events], y[events], x[events], peak_z=20.0)
    return Scored(
        group, true, 6.0, 500, 0.1, frame.astype(int), y, x, np.ones(len(p)), np.ones(len(p)),
        np.column_stack([p, 1 - p]), np.where(np.isin(np.arange(len(p)), events), 0, -1),
    )  # fmt: skip


def test_the_threshold_keeps_the_precision() -> None:
    two = card(classes=tuple(c for c in card().classes if c.id in (0, -1)))
    at = [(10, 10, 10), (40, 10, 10), (70, 10, 10), (10, 30, 30), (12, 10, 10)]
    movies = [scored([0.95, 0.92, 0.9, 0.6, 0.5], at, [0, 1, 2], "mixed shifted")]
    rule, table = synapse_judge.SynapseJudge(1).choose(movies, two)
    k = int(np.abs(validation.THRESHOLDS - rule.threshold).argmin())
    assert table["mixed shifted"][k] == Counts(3, 0, 0)
    assert 0.6 < rule.threshold <= 0.9


def test_reports_of_one_synapse_are_one_event() -> None:
    movie = scored([0.9, 0.8, 0.9], [(10, 10, 10), (14, 11, 10), (40, 10, 10)], [0, 2], "mixed shifted")
    chance = np.array([0.9, 0.8, 0.9])
    assert len(synapse_judge.events_of(movie, chance, 0.5, 10.0)) == 2
    assert len(synapse_judge.events_of(movie, chance, 0.5, 3.0)) == 3
    assert len(synapse_judge.events_of(movie, chance, 0.95, 3.0)) == 0


class InProcess:
    """Stands in for the pool: its processes would not know of the small movies."""

    made: ClassVar[list] = []

    def __init__(self, *args, **kwargs) -> None: ...

    def __enter__(self) -> InProcess:
        return self

    def __exit__(self, *args) -> None: ...

    def map(self, make, items, chunksize: int):
        for item in items:
            self.made.append(item)
            yield make(item)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("module", ["stationary", "random"])
def test_a_training(module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tensorflow")
    monkeypatch.setattr(pool, "ProcessPoolExecutor", InProcess)
    monkeypatch.setattr(lstm, "LstmConfig", partial(LstmConfig, filters=4, units=4))
    monkeypatch.setattr(curves, "synapse_movie", lambda seed: small_movie(seed, kind="spontaneous"))
    monkeypatch.setattr(synapse_judge, "simulate_synapses", small_movie)
    small = {"frames": 60, "height": 80, "width": 80}
    monkeypatch.setattr(curves.dataset, "training_movie", lambda seed: simulate_physics(seed, events=8, **small))
    monkeypatch.setattr(validation, "simulate_physics", lambda seed, **v: simulate_physics(seed, **v, **small))
    monkeypatch.setattr(validation, "_GROUPS", (("mixed", "training"), ("none", "shifted")))
    params = LstmTrainingParams(
        name="toy", module=module, movie_seed=2000, training_movies=5, training_epochs=1, validation_movies=5, workers=2
    )
    folder = lstm.train_lstm(params, tmp_path)
    made = len(InProcess.made)
    assert verify_model(folder) == []
    assert (folder.card.module, folder.card.architecture) == (module, "lstm")
    assert folder.card.training["command"].startswith("ivea train-lstm --name toy")
    assert (folder.path / "report.png").stat().st_size > 10_000
    before = (folder.path / LSTM_WEIGHTS).read_bytes()
    again = lstm.train_lstm(params, tmp_path)  # goes on after the fit: only the validation movies are made again
    assert len(InProcess.made) - made == 7
    assert (again.path / LSTM_WEIGHTS).read_bytes() == before


def test_a_network_of_the_other_module_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from model_material import write_card

    from ivea_fiji.networks.registry import PATH_VARIABLE, find_model_for

    (tmp_path / "tiny-lstm").mkdir()
    (tmp_path / "tiny-lstm" / CARD).write_text(card().model_dump_json(), encoding="utf-8")
    write_card(tmp_path / "tiny")
    monkeypatch.setenv(PATH_VARIABLE, str(tmp_path))
    assert find_model_for("stationary", "tiny-lstm").card.module == "stationary"
    with pytest.raises(ModelError, match=r"'tiny-lstm' is for stationary bursts, not for random ones; .*: .*tiny"):
        find_model_for("random", "tiny-lstm")
