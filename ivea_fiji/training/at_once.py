"""Judge a movie anew while it is labelled: its candidates are measured once, and each time learned from in seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.classify import Judged, Looked, judge, scores_of
from ivea_fiji.datasets.classmap import ClassMap
from ivea_fiji.datasets.cut import Usable, usable_labels
from ivea_fiji.datasets.labels import Label
from ivea_fiji.deciding import UNSAID, decide
from ivea_fiji.errors import ParameterError
from ivea_fiji.evaluation import Marks, match_events
from ivea_fiji.events.model import Candidates, Result
from ivea_fiji.memory import MEMORY
from ivea_fiji.movie.movie import Movie
from ivea_fiji.networks.card import SECOND_STAGE_ROWS, ModelFolder
from ivea_fiji.networks.registry import find_model_for
from ivea_fiji.networks.runtime import load_second_stage, make_classifier
from ivea_fiji.params.random import RandomParams
from ivea_fiji.progress import Progress
from ivea_fiji.random_bursts import result_of
from ivea_fiji.second_stage.courses import COLUMNS, FRAMES
from ivea_fiji.second_stage.look import stream_courses
from ivea_fiji.second_stage.measures import CROWD, NAMES
from ivea_fiji.second_stage.stage import SecondStage
from ivea_fiji.training.doubts import one_sided, without_contradictions
from ivea_fiji.training.labelled import NEAR_FRAMES, NEAR_PX, meant_by
from ivea_fiji.training.labels import AMBIGUOUS
from ivea_fiji.training.next_labels import next_labels
from ivea_fiji.training.own import FEWEST_LABELS
from ivea_fiji.training.second_stage import Rows, thin
from ivea_fiji.training.teaching import MOST_OTHERS, Taught, teach

SEED = 1
"""Of teaching and of the order: the same labels give the same answers."""


@dataclass(frozen=True)
class Lesson:
    """What a movie's labels came to.

    Attributes
    ----------
    judged
        The movie with its candidates and what is said of them now.
    said
        Class that a person gave each candidate ``(n,)``, `UNSAID` where nobody did.
    chance
        Probability of each candidate to be an event ``(n,)``.
    reported
        Which are reported ``(n,)``.
    order
        Row numbers of candidates without a label, the one that would teach most first.
    taught
        What was learned; None if there was too little to learn from.
    labels
        How many labels there were.
    notes
        Sentences the user should read.
    """

    judged: Judged
    said: NDArray[np.int64]
    chance: NDArray[np.float64]
    reported: NDArray[np.bool_]
    order: NDArray[np.intp]
    taught: Taught | None
    labels: int
    notes: tuple[str, ...]

    @property
    def learned(self) -> bool:
        """Whether the movie is judged otherwise than by the model alone."""
        return self.taught is not None and self.taught.better


class LabelledMovie:
    """A movie that is being labelled: measured once, judged as often as there are new labels.

    Parameters
    ----------
    folder
        The model that judges at first, and is taught.
    params
        How candidates are found and decided on.
    judged
        The movie as the model judges it.
    """

    def __init__(self, folder: ModelFolder, params: RandomParams, judged: Judged) -> None:
        self.folder, self.params = folder, params
        self._judged = judged
        self._looked = judged.looked or _nothing(len(folder.card.classes), judged)
        self._courses: dict[int, NDArray[np.float32]] = {}
        self._taught: tuple[bytes, Taught | None] = b"", None

    @classmethod
    def of(cls, movie: Movie, params: RandomParams, progress: Progress) -> LabelledMovie:
        """Measure an opened movie, or take what is known of it since it was judged last.

        Raises
        ------
        ParameterError
            If the model has no second look that can be taught, or it is switched off.
        """
        folder = find_model_for("random", params.model)
        if not params.second_look:
            raise ParameterError("Labels teach the second look, which is switched off (second_look); switch it on.")
        if load_second_stage(folder) is None or SECOND_STAGE_ROWS not in folder.card.files:
            raise ParameterError(
                f"Labels teach the second look, and the model '{folder.card.name}' has none that can be taught; take "
                "evit28, or a model refined from it."
            )
        judged = MEMORY.recall(movie, folder, params)
        if judged is None:
            judged = judge(movie, folder, params, progress)
            MEMORY.keep(judged, folder, params)
        return cls(folder, params, judged)

    def judge(
        self, movie: Movie, labels: Sequence[Label], progress: Progress, *, labels_decide: bool = True,
        count: int | None = None,
    ) -> Lesson:
        """Learn from labels, and judge all candidates by what was learned.

        Parameters
        ----------
        movie
            The movie, opened as it was measured.
        labels
            All that there are so far; those without a class say nothing.
        progress
            Told about every stage, and asked whether to stop.
        labels_decide
            Whether what a person said holds, whatever the probability is.
        count
            How many candidates to put in order for labelling; None for all.

        Raises
        ------
        Cancelled
            The progress asked to stop.
        """
        card, candidates = self.folder.card, self._judged.candidates
        clear, notes = without_contradictions(labels)
        usable, bad = usable_labels(clear, movie, ClassMap(), self.params.vision_radius)
        if bad:
            notes.append(f"{len(bad)} labels were left out; the first, '{bad[0][0]}', {bad[0][1]}.")
        meant = meant_by(usable, candidates, self._looked.frame)
        label = np.where(meant.unnamed, AMBIGUOUS, meant.label)
        notes += [*one_sided(clear, card), *_lost(len(meant.lost)), *_few(len(usable))]
        taught = None
        if len(usable) >= FEWEST_LABELS and (label != AMBIGUOUS).any():
            taught = self._teach(movie, label, progress)
        if taught is not None:
            notes.append(taught.sentence)
        stage = self._stage(taught)
        looked = self._answered(movie, np.flatnonzero(stage.promising(self._looked.measures)), progress)
        scores = scores_of(looked, card, stage, explain=False)
        judged = replace(self._judged, movie=movie, scores=scores, looked=looked)
        said = np.where(label == AMBIGUOUS, UNSAID, label)
        chance = scores.adapted(card, self.params)[:, card.event_columns].sum(axis=1).astype(float)
        reported = _reported(judged, self.params, said if labels_decide else None)
        spoken = (said != UNSAID) | _pointed_at(usable, candidates, looked.frame) | ~stage.promising(looked.measures)
        order = next_labels(chance, looked.measures, spoken, SEED, count, stage.familiarity.levels)
        return Lesson(judged, said, chance, reported, order, taught, len(usable), tuple(notes))

    def result(
        self, lesson: Lesson, progress: Progress, *, labels_decide: bool = True, told: dict[str, Any] | None = None
    ) -> Result:
        """Return what detection would, as the movie is judged now; see `judge`.

        `told` goes into the record beside what was learned, such as the label file.
        """
        stage, judged = self._stage(lesson.taught), lesson.judged
        assert judged.looked is not None
        judged = replace(judged, scores=scores_of(judged.looked, judged.card, stage))
        result = result_of(judged, self.params, progress, said=lesson.said if labels_decide else None)
        facts = {"labels": lesson.labels, "labels_decide": labels_decide, "learned": lesson.learned, **(told or {})}
        return replace(result, model={**result.model, "taught": facts}, notes=(*result.notes, *lesson.notes))

    def _stage(self, taught: Taught | None) -> SecondStage:
        """Return what judges: what was taught, else what the model has."""
        stage = taught.stage if taught is not None else load_second_stage(self.folder)
        assert stage is not None
        return stage

    def _teach(self, movie: Movie, label: NDArray[np.int64], progress: Progress) -> Taught | None:
        """Teach the second look; the same labels once more, for a result or a model, come to what they came to."""
        if self._taught[0] != label.tobytes():
            rows = self._rows(movie, label, progress)
            self._taught = label.tobytes(), teach(self.folder, self.folder.card, rows, SEED, progress)
        return self._taught[1]

    def _rows(self, movie: Movie, label: NDArray[np.int64], progress: Progress) -> Rows:
        """Return the labelled candidates as teaching wants them."""
        chance = np.nan_to_num(self._looked.answers)[:, self.folder.card.event_columns].sum(axis=1)
        rows = np.sort(thin(label, chance, MOST_OTHERS, 0))
        looked, found = self._answered(movie, rows, progress), self._judged.candidates[rows]
        return Rows(
            self._courses_of(movie, rows), looked.measures[rows, -CROWD:], looked.answers[rows], label[rows],
            looked.frame[rows], found.y, found.x, found.strength, found.sigma,
        )  # fmt: skip

    def _courses_of(self, movie: Movie, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        new = np.array([row for row in rows.tolist() if row not in self._courses], int)
        for some, _, courses in stream_courses(movie, self._judged.candidates[new], self._judged.radius):
            self._courses.update(zip(new[some].tolist(), courses.values, strict=True))
        out = np.zeros((len(rows), FRAMES, COLUMNS), np.float32)
        for k, row in enumerate(rows.tolist()):
            out[k] = self._courses[row]
        return out

    def _answered(self, movie: Movie, rows: NDArray[np.intp], progress: Progress) -> Looked:
        """Return what was measured, with the network's answers about all of `rows`; they are kept."""
        missing = rows[~self._looked.asked[rows]]
        if len(missing):
            classifier = make_classifier(self.folder, self.params.runtime, self.params.threads)
            self._looked = self._looked.asking(
                movie, self._judged.candidates, missing, self.folder.card, classifier, self._judged.radius, progress
            )
        return self._looked


def _nothing(classes: int, judged: Judged) -> Looked:
    """Stand in where nothing was measured, since there is no candidate."""
    n = len(judged.candidates)
    return Looked(np.zeros(n, np.int64), np.zeros((n, len(NAMES)), np.float32), np.zeros((n, classes), np.float32))


def _reported(judged: Judged, params: RandomParams, said: NDArray[np.int64] | None) -> NDArray[np.bool_]:
    """Return which candidates are reported: events that are not yet measured stand where their candidates do."""
    events, _ = decide(judged, params, said)
    found, frame = judged.candidates, judged.scores.frame
    places = {(e.frame, e.y, e.x) for e in events}
    rows = zip(frame.tolist(), found.y.tolist(), found.x.tolist(), strict=True)
    return np.fromiter((row in places for row in rows), bool, len(found))


def _pointed_at(labels: Usable, found: Candidates, frame: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return the candidates that have a label, also those that it tells nothing of because others are too near."""
    places = Marks.of(frame, found.y, found.x)
    pairs = match_events(
        places, Marks.of(labels.frame, labels.y, labels.x), max_distance_px=NEAR_PX, max_frames=NEAR_FRAMES
    )
    return np.isin(np.arange(len(found)), pairs.found)


def _lost(number: int) -> list[str]:
    if not number:
        return []
    which = "1 labelled event changes" if number == 1 else f"{number} labelled events change"
    return [
        f"{which} the movie too little to be a candidate, so that it is neither learned from nor reported; a threshold "
        "factor below 1 finds fainter ones."
    ]


def _few(number: int) -> list[str]:
    if number >= FEWEST_LABELS:
        return []
    have = "There is 1 label" if number == 1 else f"There are {number} labels"
    return [f"{have}, and learning takes {FEWEST_LABELS} at least; until then the model judges alone."]
