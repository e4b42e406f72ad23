"""Movies that a person labelled, made into training samples and into something to judge a network by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.candidates import find_candidates, learn_thresholds
from ivea_fiji.classify import classify
from ivea_fiji.datasets.cut import Usable
from ivea_fiji.evaluation import Marks, match_events
from ivea_fiji.events.model import Candidates
from ivea_fiji.movie.movie import Movie
from ivea_fiji.networks.card import ModelCard
from ivea_fiji.networks.runtime import Classifier
from ivea_fiji.params.random import RandomParams
from ivea_fiji.patches import vision_radius
from ivea_fiji.progress import Progress
from ivea_fiji.simulation.truth import TrueEvent
from ivea_fiji.training.dataset import Samples, cut_sequences
from ivea_fiji.training.labels import AMBIGUOUS, label_candidates
from ivea_fiji.training.validation import Scored

OWN = "own movies"
"""Group of a user's movies."""
NEAR_PX, NEAR_FRAMES = 6.0, 8.0
"""A label belongs to the candidate nearest to it within these: people click beside the middle, and early or late."""
_MOST_OTHERS = 500
"""Places of a movie without an event that are learned from; more would only repeat them."""
_FALSE_ALARM = 0.1
"""All places that the network now gives a higher chance are among these."""


@dataclass(frozen=True)
class Labelled:
    """A movie with what a person says of it."""

    movie: Movie
    labels: Usable
    complete: bool
    """Whether every event is labelled, so that everything else is none."""


@dataclass(frozen=True)
class Study:
    """A labelled movie after the detector has seen it.

    Attributes
    ----------
    labelled
        The movie.
    found
        Its candidates.
    frame
        Their frames, moved to the peak ``(n,)``.
    label
        Class of each, or `AMBIGUOUS` ``(n,)``.
    truth
        The labelled events, moved to their candidates.
    samples
        What can be learned from it.
    sample_frame
        Frame of each sample.
    radius
        Vision radius, px.
    unfound
        Labelled events that are no candidate, so that no network can find them.
    """

    labelled: Labelled
    found: Candidates
    frame: NDArray[np.int64]
    label: NDArray[np.int64]
    truth: Marks
    samples: Samples
    sample_frame: NDArray[np.int64]
    radius: int
    unfound: int


def study(
    labelled: Labelled, card: ModelCard, classifier: Classifier | None, params: RandomParams, number: int, seed: int,
    progress: Progress,
) -> Study:
    """Find candidates, label them, and cut what is worth learning from.

    Parameters
    ----------
    labelled
        The movie.
    card
        Of the network that shall learn.
    classifier
        The network as it is, None if it is untrained. It names the artefact that each unlabelled place of a complete
        movie looks most like, and shows which of them it takes for events: all of these are learned from.
    params
        How candidates are found.
    number
        Of the movie, for `Samples.movie`.
    seed
        Of the choice of places without an event.
    progress
        Told of both.
    """
    movie, labels = labelled.movie, labelled.labels
    found = find_candidates(movie, learn_thresholds(movie, params), params, progress)
    radius = int(labels.radius[0]) if len(labels) else vision_radius(params.vision_radius, movie.pixel_size_um)
    scores = classify(movie, found, card, classifier or _NoOpinion(len(card.classes)), radius, progress)
    meant = meant_by(labels, found, scores.frame)
    label, unnamed = meant.label.copy(), meant.unnamed
    label[unnamed] = _kinds(card, scores.probabilities[unnamed], classifier) if labelled.complete else AMBIGUOUS
    # A place beside an event is called what only a network with that class can learn.
    known = [*(c.id for c in card.classes), *labels.class_id, AMBIGUOUS]
    strange = ~np.isin(label, known)
    label[strange] = _kinds(card, scores.probabilities[strange], classifier)
    chance = scores.probabilities[:, card.event_columns].sum(axis=1)
    taken = _worth_learning(label, unnamed, chance, np.random.default_rng([seed, number, 13]))
    chosen = _with_places(found[taken], meant.lost, label[taken])
    x, shift = cut_sequences(movie, chosen.found, radius)
    samples = Samples(x, chosen.label, np.full(len(x), number))
    return Study(
        labelled, found, scores.frame, label, meant.truth, samples, chosen.found.frame + shift, radius, len(meant.lost)
    )


@dataclass(frozen=True)
class Meant:
    """What labels say of the candidates of their movie.

    Attributes
    ----------
    label
        Class of each, as `label_candidates` gives it ``(n,)``.
    unnamed
        Which of them no label is near to ``(n,)``: in a movie that is not completely labelled nobody knows these.
    truth
        The labelled events, moved to their candidates.
    lost
        Those that are no candidate.
    """

    label: NDArray[np.int64]
    unnamed: NDArray[np.bool_]
    truth: Marks
    lost: Marks


def meant_by(labels: Usable, found: Candidates, frame: NDArray[np.int64]) -> Meant:
    """Find the candidate that each label means.

    Parameters
    ----------
    labels
        Of the movie.
    found
        Its candidates.
    frame
        Frames of their peaks ``(n,)``.
    """
    event = labels.class_id >= 0
    said = Marks.of(labels.frame[event], labels.y[event], labels.x[event], class_id=labels.class_id[event])
    places = Marks.of(frame, found.y, found.x)
    pairs = match_events(places, said, max_distance_px=NEAR_PX, max_frames=NEAR_FRAMES)
    truth = _moved(said, places, pairs.found, pairs.truth)
    artefacts = np.column_stack([labels.class_id, labels.frame, labels.y, labels.x])[~event].astype(np.float32)
    label = label_candidates(_Told(truth, artefacts), frame, found.y, found.x)
    unnamed = (label == -1) & ~_near(artefacts[artefacts[:, 0] == -1], frame, found)
    return Meant(label, unnamed, truth, said[np.setdiff1d(np.arange(len(said)), pairs.truth)])


def judge(one: Study, card: ModelCard, classifier: Classifier, first: int = 0) -> Scored:
    """Return what a network says of a labelled movie from frame `first` on.

    Of a movie that is not completely labelled, only labelled places count; the others tell how common events are.
    """
    movie = one.labelled.movie
    scores = classify(movie, one.found, card, classifier, one.radius)
    seen = one.frame >= first
    if not one.labelled.complete:
        seen &= one.label != AMBIGUOUS
    found = one.found[seen]
    return Scored(
        OWN, one.truth[one.truth.frame >= first], 0.0, movie.shape[0] - first, movie.frame_interval_s or 0.0,
        one.frame[seen], found.y, found.x, found.strength, found.sigma, scores.probabilities[seen], one.label[seen],
        whole=one.labelled.complete, unjudged=None if one.labelled.complete else scores.probabilities[~seen],
    )  # fmt: skip


def judge_samples(samples: Samples, patches: NDArray[np.float32], card: ModelCard, classifier: Classifier) -> Scored:
    """Return what a network says of samples without a movie, as a movie in which they lie far apart."""
    n = len(samples)
    frame, place, one = np.arange(n) * 1000, np.zeros(n), np.ones(n)
    event = samples.label >= 0
    return Scored(
        OWN, Marks.of(frame[event], place[event], place[event]), 0.0, 1000 * n, 0.0, frame, place, place, one, one,
        classifier.predict(patches), samples.label, whole=False,
    )  # fmt: skip


@dataclass(frozen=True)
class _Told:
    """The truth of a labelled movie, as `label_candidates` wants it."""

    marks: Marks
    artefacts: NDArray[np.float32]

    @property
    def events(self) -> list[TrueEvent]:
        m = self.marks
        rows = zip(m.class_id.tolist(), m.frame.tolist(), m.y.tolist(), m.x.tolist(), strict=True)
        # Whoever labelled an event has seen it, so it is visible.
        return [TrueEvent(c, "labelled", int(t), y, x, 0.0, np.nan, np.nan, np.inf) for c, t, y, x in rows]


class _NoOpinion:
    """Stands in for a network that has not learned anything."""

    def __init__(self, classes: int) -> None:
        self._classes = classes

    def predict(self, patches: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return zeros ``(n, classes)``."""
        return np.zeros((len(patches), self._classes), np.float32)


@dataclass(frozen=True)
class _Chosen:
    found: Candidates
    label: NDArray[np.int64]


def _moved(said: Marks, places: Marks, found: NDArray, truth: NDArray) -> Marks:
    """Return labelled events at the frame and place of their candidates."""
    columns: dict[str, Any] = {name: getattr(said, name).copy() for name in ("frame", "y", "x")}
    for name, values in columns.items():
        values[truth] = getattr(places, name)[found]
    return replace(said, **columns)


def _near(marks: NDArray[np.float32], frame: NDArray, found: Candidates) -> NDArray[np.bool_]:
    near = np.zeros(len(found), bool)
    for _, t, y, x in marks:
        near |= (np.hypot(found.y - y, found.x - x) <= NEAR_PX) & (np.abs(frame - t) <= NEAR_FRAMES)
    return near


def _kinds(card: ModelCard, probabilities: NDArray[np.float32], classifier: Classifier | None) -> NDArray[np.int64]:
    """Name what is no event by the artefact the network thinks likeliest; untrained, all are random noise."""
    ids = np.array([c.id for c in card.classes])
    columns = np.flatnonzero(ids < 0)
    if classifier is None:
        return np.full(len(probabilities), -1 if -1 in ids else ids[columns[0]])
    return ids[columns][probabilities[:, columns].argmax(axis=1)]


def _worth_learning(
    label: NDArray[np.int64], unnamed: NDArray[np.bool_], chance: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Choose candidates: what is labelled, what is mistaken for an event now, and some of the rest."""
    clear = label != AMBIGUOUS
    kept = clear & (~unnamed | (chance >= _FALSE_ALARM))
    rest = np.flatnonzero(clear & ~kept)
    room = max(_MOST_OTHERS - int((kept & (label < 0)).sum()), 0)
    return np.sort(np.concatenate([np.flatnonzero(kept), rng.permutation(rest)[:room]]))


def _with_places(found: Candidates, lost: Marks, label: NDArray[np.int64]) -> _Chosen:
    """Add labelled events that are no candidate: the network may learn them all the same."""
    n = len(lost)
    one = np.ones(n, np.float32)
    extra = Candidates(
        lost.frame.astype(np.int32), lost.y.astype(np.float32), lost.x.astype(np.float32), one, one, one,
        np.ones(n, np.int8),
    )
    names = ("frame", "y", "x", "strength", "peak", "sigma", "direction")
    both = Candidates(*(np.concatenate([getattr(found, name), getattr(extra, name)]) for name in names))
    order = np.lexsort((both.x, both.y, both.frame))
    return _Chosen(both[order], np.concatenate([label, lost.class_id])[order])
