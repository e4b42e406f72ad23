"""Train a network from nothing but seeds: simulate, fit, learn from mistakes, calibrate, choose thresholds, export."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.errors import MissingDependencyError, ParameterError
from ivea_fiji.events.classes import ARTEFACTS, FUSION, LATENT, NO_CLOUD
from ivea_fiji.events.suppression import SAME_SITE_FRAMES
from ivea_fiji.networks.card import ClassEntry, EvitConfig, ModelCard, ModelFolder
from ivea_fiji.networks.runtime import OnnxClassifier
from ivea_fiji.params.training import TrainingParams
from ivea_fiji.progress import Progress, Silent
from ivea_fiji.training import validation
from ivea_fiji.training.batches import centred
from ivea_fiji.training.dataset import Samples, join, movie_samples
from ivea_fiji.training.labels import AMBIGUOUS
from ivea_fiji.training.pool import in_processes
from ivea_fiji.training.store import in_one, is_stored, read_samples, write_samples

_HELD_OUT = 12
"""One movie in so many is held out from training, for the curves."""
_ALL = 10**6
_FALSE_ALARM, _UNSURE = 0.15, 0.7
"""An artefact with more, or a fusion with less of a chance is worth learning from again."""


def train(params: TrainingParams, out: Path, progress: Progress | None = None) -> ModelFolder:
    """Train an eViT on simulated movies and write it as a model folder.

    A run that was stopped goes on where it was when it is started again with the same parameters and folder.

    Parameters
    ----------
    params
        Movies, seeds, epochs.
    out
        Folder that gets the model ``<out>/<name>`` and what is needed to go on, ``<out>/<name>-work``.
    progress
        Told about movies and epochs.

    Returns
    -------
    ModelFolder
        The model, ready for detection.

    Raises
    ------
    MissingDependencyError
        TensorFlow is not installed.
    ParameterError
        The movies are too few to learn from.
    """
    keras, build = need_keras()
    progress = progress or Silent()
    work = out / f"{params.name}-work"
    work.mkdir(parents=True, exist_ok=True)
    card = _card(params)
    ids = tuple(c.id for c in card.classes)
    keras.utils.set_random_seed(params.weight_seed)
    model = build(card.config, len(ids))
    if params.start:
        _start_from(model, Path(params.start), ids)
    samples = stored_samples(work / "samples", _seeds(params, 0), params.workers, progress)
    taken, apart = split(samples, ids)
    if not len(taken):
        raise ParameterError("The training movies gave too few samples to learn from; ask for more movies.")
    held = samples.take(apart)
    curves = [_fit(model, samples, taken, held, ids, params, work, 0, progress)]
    for k in range(1, params.hard_rounds + 1):
        mistakes = stored_samples(work / f"hard{k}", _seeds(params, k), params.workers, progress, model, card)
        # Mistakes are few beside the first samples; twice, they are noticed.
        hard, apart = split(mistakes, ids)
        taken = np.concatenate([taken, len(samples) + hard, len(samples) + hard])
        samples, held = in_one([samples, mistakes]), join([held, mistakes.take(apart)])
        curves.append(_fit(model, samples, taken, held, ids, params, work, k, progress))
    from ivea_fiji.training.finish import Fitted, StockJudge, finish

    told = {"command": "ivea train " + _command(params), "parameters": params.model_dump()}
    judge = StockJudge(params.validation_movies, params.workers)
    fitted = Fitted(model, card, held, curves, params.weight_seed)
    return finish(fitted, judge, work, out / params.name, told, progress)


def need_keras() -> tuple[Any, Any]:
    """Return Keras and what builds an eViT, or say how to install TensorFlow."""
    try:
        import keras
        import tensorflow  # noqa: F401

        from ivea_fiji.networks.evit import build_evit
    except ImportError:
        raise MissingDependencyError(
            'Training needs TensorFlow, which is not installed; run: pip install "ivea-fiji[train]"'
        ) from None
    return keras, build_evit


def _card(params: TrainingParams) -> ModelCard:
    kinds = (FUSION, NO_CLOUD, LATENT) if params.frames == 28 else (FUSION, NO_CLOUD)
    classes = tuple(ClassEntry(id=c.id, name=c.name, title=c.title) for c in (*kinds, *ARTEFACTS))
    return ModelCard(
        name=params.name, version="1.0.0", title=f"eViT, {params.frames} frames",
        description="Random bursts: tells " + ", ".join(c.title for c in kinds) + f" from {len(ARTEFACTS)} artefacts.",
        config=EvitConfig(frames=params.frames), before=13, after=params.frames - 14, classes=classes, threshold=0.5,
        nu=4.0, spread_radius=1.0, repeat_frames=SAME_SITE_FRAMES, event_share=0.0,
        training={}, metrics={}, files={},
    )  # fmt: skip


def _seeds(params: TrainingParams, k: int) -> range:
    first = params.movie_seed + (params.training_movies + (k - 1) * params.hard_movies if k else 0)
    return range(first, first + (params.hard_movies if k else params.training_movies))


def _start_from(model: Any, weights: Path, ids: tuple[int, ...]) -> None:
    """Take over what fits of a 28-frame network: its encoder, the first positions, and the classes both know."""
    from ivea_fiji.networks.evit import build_evit

    donor_ids = tuple(c.id for c in (FUSION, NO_CLOUD, LATENT, *ARTEFACTS))
    donor = build_evit(EvitConfig(), len(donor_ids))
    donor.load_weights(weights)
    columns = [donor_ids.index(i) for i in ids]
    for layer in model.layers:
        values = donor.get_layer(layer.name).get_weights()
        shapes = [w.shape for w in layer.get_weights()]
        if layer.name == "classes":
            values = [values[0][:, columns], values[1][columns]]
        elif [v.shape for v in values] != shapes:
            # Frames come first in positions and in the flattened sequence.
            values = [v[: s[0]] for v, s in zip(values, shapes, strict=True)]
        layer.set_weights(values)


def stored_samples(
    path: Path, seeds: range, workers: int, progress: Progress, model: Any = None, card: ModelCard | None = None
) -> Samples:
    """Return samples of these training movies, kept on disk so that they are made once; as `simulated`."""
    if is_stored(path):
        return read_samples(path)
    network = None
    if model is not None:
        from ivea_fiji.training.export import write_onnx

        path.mkdir(parents=True, exist_ok=True)
        network = path / "network.onnx"
        write_onnx(model, network)
    return write_samples(path, simulated(seeds, workers, progress, network, card))


def simulated(
    seeds: range, workers: int, progress: Progress, network: Path | None = None, card: ModelCard | None = None
) -> Iterator[Samples]:
    """Yield the samples of each training movie; with a network, only those that it gets wrong."""
    make = partial(_mistakes, network=network, card=card) if network and card else movie_samples
    yield from in_processes(make, seeds, workers, progress, "movies")


def _mistakes(seed: int, network: Path, card: ModelCard) -> Samples:
    """Return the samples of a movie that the network gets wrong or is unsure of.

    All artefacts are looked at, not a few of each class: false events are rare ones among many.
    """
    samples = movie_samples(seed, few=_ALL)
    if not len(samples):
        return samples
    answer = OnnxClassifier(network, threads=1).predict(centred(samples.x, card.config.frames))
    chance = validation.event_chance(answer, card.event_columns)
    wrong = np.where(samples.label >= 0, chance < _UNSURE, chance > _FALSE_ALARM)
    return samples.take(wrong)


def split(samples: Samples, ids: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return rows to learn from and rows that are held out, whole movies each, of the classes that are known."""
    known = np.isin(samples.label, ids) & (samples.label != AMBIGUOUS)
    held = samples.movie % _HELD_OUT == _HELD_OUT - 1
    if not (known & held).any() and known.any():  # few movies: the last one
        held = samples.movie == samples.movie[known].max()
    return np.flatnonzero(known & ~held), np.flatnonzero(known & held)


def _fit(
    model: Any, samples: Samples, taken: NDArray[np.int64], held: Samples, ids: tuple[int, ...],
    params: TrainingParams, work: Path, k: int, progress: Progress,
) -> Path:
    """Train a round, or load it if it is done; return its curve."""
    from ivea_fiji.training.fit import Schedule, fit

    folder = work / f"round{k}"
    weights = folder / "evit.weights.h5"
    if weights.exists():
        model.load_weights(weights)
        return folder / "training.csv"
    schedule = Schedule(
        epochs=params.hard_epochs if k else params.training_epochs, batch=params.batch,
        rate=params.hard_rate if k else params.training_rate, seed=params.weight_seed + k,
    )  # fmt: skip
    fit(model, samples, [held], ids, params.frames, schedule, folder, progress, taken=taken)
    model.save_weights(weights)
    return folder / "training.csv"


def _command(params: TrainingParams) -> str:
    changed = params.model_dump(exclude_defaults=True)
    return " ".join(f"--{name.replace('_', '-')} {value}" for name, value in changed.items()) + " --out models"
