"""From candidates to class probabilities, streamed through the movie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.candidates import Thresholds, find_candidates, learn_thresholds
from ivea_fiji.events.model import Candidates
from ivea_fiji.events.prior import adapt_to_movie
from ivea_fiji.movie.movie import Movie
from ivea_fiji.networks.card import LstmConfig, ModelCard, ModelFolder
from ivea_fiji.networks.runtime import Classifier, load_second_stage, make_classifier
from ivea_fiji.params.random import RandomParams
from ivea_fiji.patches import SHIFT_AFTER, SHIFT_BEFORE, Window, peak_shift, stream_windows, to_patches, vision_radius
from ivea_fiji.progress import Progress, Silent, heed, step
from ivea_fiji.second_stage.look import look_at
from ivea_fiji.second_stage.stage import SecondStage, network_values
from ivea_fiji.synapses.regions import Sequence, region_means, region_vectors

_DOUBT = (0.02, 0.99)
"""Between these probabilities of being a fusion the network is asked again."""
_EXPLAINED = 0.02
"""From this probability on it is worked out what spoke against an event."""


@dataclass(frozen=True)
class Scores:
    """What the network says of each candidate."""

    frame: NDArray[np.int64]
    """Frame of the event: the candidate's, moved to the intensity peak ``(n,)``."""
    probabilities: NDArray[np.float32]
    """``(n, classes)``."""
    familiarity: NDArray[np.float32] | None = None
    """Which part of candidates of new movies is at least as strange to the model ``(n,)``, NaN for what was hopeless
    at once; None if it cannot tell."""
    against: tuple[str, ...] = ()
    """What spoke most against an event, by the name of a measure; empty where nothing did, or nobody asked."""

    def adapted(self, card: ModelCard, params: RandomParams) -> NDArray[np.float32]:
        """Return the probabilities, corrected for how common events are in the movie if that is asked for.

        Not after a second look: that has seen how many other candidates there are.
        """
        share = card.event_share if params.adapt_to_movie and self.familiarity is None else 0.0
        return adapt_to_movie(self.probabilities, card.event_columns, share)


def classify(
    movie: Movie, candidates: Candidates, card: ModelCard, classifier: Classifier, radius: int,
    progress: Progress | None = None,
) -> Scores:
    """Cut the patches of all candidates, or the curves of their 13 regions, and ask the network.

    Parameters
    ----------
    movie
        Where the candidates come from.
    candidates
        Sorted by frame.
    card
        Says how many frames before and after the peak the network sees.
    classifier
        The loaded network.
    radius
        Vision radius, px.
    progress
        Told after every batch.
    """
    progress = progress or Silent()
    window = Window(card.before + SHIFT_BEFORE, card.after + SHIFT_AFTER, radius)
    frame = candidates.frame.astype(np.int64)
    probabilities = np.zeros((len(candidates), len(card.classes)), np.float32)
    for rows, cut in stream_windows(movie, candidates.frame, candidates.y, candidates.x, window):
        shift = peak_shift(cut, window.before, candidates.direction[rows])
        # Frames are repeated beyond the ends of the movie, but an event lies within it.
        moved = (frame[rows] + shift).clip(0, movie.shape[0] - 1)
        first = window.before + (moved - frame[rows]) - card.before
        if isinstance(card.config, LstmConfig):
            sequence = Sequence(card.before, card.after, card.config.samples)
            probabilities[rows] = classifier.predict(region_vectors(region_means(cut), first, sequence))
        else:
            patches = to_patches(cut, first, card.config.frames, card.config.size)
            probabilities[rows] = _considered(classifier, patches, card, progress)
        frame[rows] = moved
        step(progress, "classification", rows.stop, len(candidates))
    return Scores(frame, probabilities)


def _considered(
    classifier: Classifier, patches: NDArray[np.float32], card: ModelCard, progress: Progress
) -> NDArray[np.float32]:
    """Return probabilities; sequences that are neither clearly fusion nor clearly not are looked at from more sides.

    What happens does not depend on how the camera is turned, so the mean over mirrored and turned copies is a better
    answer. It is worth its time only where the first answer is in doubt. Ours.
    """
    first = classifier.predict(patches)
    chance = first[:, card.event_columns].sum(axis=1)
    doubt = np.flatnonzero((chance > _DOUBT[0]) & (chance < _DOUBT[1]))
    if len(doubt):
        unsure = patches[doubt]
        turned = (unsure[:, :, ::-1], unsure[:, :, :, ::-1], unsure.transpose(0, 1, 3, 2))
        answers = []
        for seen in turned:
            heed(progress)
            answers.append(classifier.predict(np.ascontiguousarray(seen)))
        first[doubt] = (first[doubt] + sum(answers)) / (1 + len(answers))
    return first


@dataclass(frozen=True)
class Looked:
    """Candidates whose course of light was measured, before anything judges them.

    Attributes
    ----------
    frame
        Frames of their peaks ``(n,)``.
    measures
        Measures of the second look ``(n, measures)``.
    answers
        What the network says ``(n, classes)``; NaN where it was not asked.
    """

    frame: NDArray[np.int64]
    measures: NDArray[np.float32]
    answers: NDArray[np.float32]

    @property
    def asked(self) -> NDArray[np.bool_]:
        """About which candidates the network was asked ``(n,)``."""
        return ~np.isnan(self.answers[:, 0])

    def asking(
        self, movie: Movie, candidates: Candidates, rows: NDArray[np.intp], card: ModelCard, classifier: Classifier,
        radius: int, progress: Progress,
    ) -> Looked:
        """Return the same with the network's answers about more candidates; row numbers `rows` ``(k,)``."""
        answers = self.answers.copy()
        answers[rows] = classify_at(movie, candidates[rows], self.frame[rows], card, classifier, radius, progress)
        return replace(self, answers=answers)


def classify_twice(
    movie: Movie, candidates: Candidates, card: ModelCard, classifier: Classifier, stage: SecondStage, radius: int,
    progress: Progress | None = None,
) -> Scores:
    """Look at the course of light at every candidate, ask the network about those with a chance, and judge by both.

    Parameters
    ----------
    movie, candidates, card, classifier, radius, progress
        As in `classify`.
    stage
        The second stage of the model.
    """
    return scores_of(look_twice(movie, candidates, card, classifier, stage, radius, progress), card, stage)


def look_twice(
    movie: Movie, candidates: Candidates, card: ModelCard, classifier: Classifier, stage: SecondStage, radius: int,
    progress: Progress | None = None,
) -> Looked:
    """Measure the course of light at every candidate, and ask the network about those with a chance.

    Parameters
    ----------
    movie, candidates, card, classifier, stage, radius, progress
        As in `classify_twice`.
    """
    progress = progress or Silent()
    frame, measures = look_at(movie, candidates, radius, progress)
    looked = Looked(frame, measures, np.full((len(frame), len(card.classes)), np.nan, np.float32))
    rows = np.flatnonzero(stage.promising(measures))
    return looked.asking(movie, candidates, rows, card, classifier, radius, progress)


def scores_of(looked: Looked, card: ModelCard, stage: SecondStage, *, explain: bool = True) -> Scores:
    """Judge measured candidates; one that is hopeless, or of which the network was not asked, is no event.

    Parameters
    ----------
    looked
        The candidates.
    card
        Of the network that was asked.
    stage
        What judges.
    explain
        Whether to work out what spoke against an event, which takes longest.
    """
    n, measures = len(looked.frame), looked.measures
    probabilities = np.zeros((n, len(card.classes)), np.float32)
    hopeless = next((k for k, c in enumerate(card.classes) if c.id < 0), 0)
    probabilities[:, hopeless] = 1.0
    asked = np.flatnonzero(stage.promising(measures) & looked.asked)
    probabilities[asked] = looked.answers[asked]
    columns = card.event_columns
    network = network_values(probabilities[asked], columns)
    chance = stage.chance(measures[asked], network)
    against = np.full(n, "", object)
    close = (chance >= _EXPLAINED) & explain
    against[asked[close]] = stage.against(measures[asked[close]], network[close])
    probabilities[asked] = _with_chance(probabilities[asked], columns, chance)
    # Hopeless candidates are no events, and how familiar they are is told nowhere.
    familiarity = np.full(n, np.nan, np.float32)
    familiarity[asked] = stage.familiarity.of(measures[asked])
    return Scores(looked.frame, probabilities, familiarity, tuple(against))


def classify_at(
    movie: Movie, candidates: Candidates, frame: NDArray[np.int64], card: ModelCard, classifier: Classifier,
    radius: int, progress: Progress,
) -> NDArray[np.float32]:
    """Ask the network about candidates whose peaks are known ``(n,)``; return probabilities ``(n, classes)``."""
    assert not isinstance(card.config, LstmConfig)
    out = np.zeros((len(frame), len(card.classes)), np.float32)
    order = np.argsort(frame, kind="stable")
    window = Window(card.before, card.after, radius)
    for rows, cut in stream_windows(movie, frame[order], candidates.y[order], candidates.x[order], window):
        patches = to_patches(cut, np.zeros(len(cut), int), card.config.frames, card.config.size)
        out[order[rows]] = _considered(classifier, patches, card, progress)
        step(progress, "classification", rows.stop, len(frame))
    return out


def _with_chance(probabilities: NDArray[np.float32], columns: list[int], chance: NDArray) -> NDArray[np.float32]:
    """Return probabilities whose sum over the events is `chance`; within events and artefacts proportions stay."""
    event = np.zeros(probabilities.shape[1], bool)
    event[columns] = True
    out = probabilities.astype(float).clip(1e-9)
    for part, total in ((event, chance), (~event, 1 - chance)):
        out[:, part] *= (total / out[:, part].sum(axis=1))[:, None]
    return out.astype(np.float32)


@dataclass(frozen=True)
class Judged:
    """A movie whose candidates the network has seen, before anything is decided."""

    movie: Movie
    card: ModelCard
    thresholds: Thresholds
    everywhere: int
    """Candidates of the whole movie, those outside the cell as well."""
    candidates: Candidates
    scores: Scores
    radius: int
    """Vision radius, px."""
    looked: Looked | None = None
    """What the scores come from; None without a second look."""


def judge(
    movie: Movie, folder: ModelFolder, params: RandomParams, progress: Progress,
    lap: Callable[[str], None] = lambda stage: None,
) -> Judged:
    """Find the candidates of an opened movie and ask the network about each; `lap` is told every finished stage."""
    thresholds = learn_thresholds(movie, params)
    lap("thresholds")
    everywhere = find_candidates(movie, thresholds, params, progress)
    candidates = everywhere.inside(movie.mask)
    lap("candidates")
    radius = vision_radius(params.vision_radius, movie.pixel_size_um)
    card, stage = folder.card, load_second_stage(folder) if params.second_look else None
    looked = None
    if not len(candidates):
        scores = Scores(np.zeros(0, np.int64), np.zeros((0, len(card.classes)), np.float32))
    else:
        classifier = make_classifier(folder, params.runtime, params.threads)
        if stage is None:
            scores = classify(movie, candidates, card, classifier, radius, progress)
        else:
            looked = look_twice(movie, candidates, card, classifier, stage, radius, progress)
            scores = scores_of(looked, card, stage)
    lap("classification")
    return Judged(movie, card, thresholds, len(everywhere), candidates, scores, radius, looked)
