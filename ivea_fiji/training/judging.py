"""Judge a movie by labels, without a window: what is reported now, its result, a model that knows the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.datasets.labels import Label, read_labels
from ivea_fiji.errors import DatasetError, ParameterError
from ivea_fiji.events.model import Result
from ivea_fiji.memory import MEMORY, known_by
from ivea_fiji.movie import ImageInput, Movie
from ivea_fiji.networks.card import ModelFolder
from ivea_fiji.networks.registry import find_model_for, user_models
from ivea_fiji.params.random import RandomParams
from ivea_fiji.params.refine import RefineParams
from ivea_fiji.progress import Progress, Silent
from ivea_fiji.random_bursts import open_to_judge
from ivea_fiji.results.record import hash_input
from ivea_fiji.results.writer import stem_of
from ivea_fiji.training.at_once import SEED, LabelledMovie, Lesson
from ivea_fiji.training.own import FEWEST_LABELS
from ivea_fiji.training.refine import command_of, places
from ivea_fiji.training.taught_model import write_taught

LABELS = "_training_rois.zip"
"""Ending of a movie's own labels behind its name."""


@dataclass(frozen=True)
class JudgedByLabels:
    """A movie judged by its labels.

    Attributes
    ----------
    lesson
        What was learned, what is reported, and what to label next.
    """

    lesson: Lesson
    _movie: LabelledMovie
    _labels: Path | None
    _labels_decide: bool

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences the user should read."""
        return self.lesson.notes

    def next_places(self, count: int = 10) -> list[tuple[int, float, float, float]]:
        """Return what to label next: frame of the file from 1, y and x in px, and the probability now."""
        judged, found = self.lesson.judged, self.lesson.judged.candidates
        return [
            (
                judged.movie.file_frame(int(judged.scores.frame[row])), float(found.y[row]), float(found.x[row]),
                float(self.lesson.chance[row]),
            )
            for row in self.lesson.order[:count].tolist()
        ]  # fmt: skip

    def result(self, progress: Progress | None = None) -> Result:
        """Return the movie's result as it is judged now, as detection would; `write_result` writes it."""
        told = {} if self._labels is None else {
            "label_file": str(self._labels.absolute()), "label_sha256": hash_input(self._labels),
        }  # fmt: skip
        return self._movie.result(self.lesson, progress or Silent(), labels_decide=self._labels_decide, told=told)

    def save_model(self, new_name: str, out: str | Path = "") -> ModelFolder:
        """Save the taught second look as a model, as refining it with `trainable='second_look'` does.

        Parameters
        ----------
        new_name
            Its name, also of its folder; none that is taken.
        out
            Folder that gets the model's own folder; empty takes that of the user's models.

        Raises
        ------
        DatasetError
            If there are too few labels to learn from.
        ParameterError
            If the name is taken, or is none.
        """
        name = "labels" if self._labels is None else self._labels.name
        return save_model(self._movie, self.lesson, new_name, out or user_models(), name)


def judge_by_labels(
    movie: str | Path | NDArray | Movie | ImageInput,
    labels: str | Path | Sequence[Label] = "",
    params: RandomParams | None = None,
    *,
    labels_decide: bool = True,
    progress: Progress | None = None,
    **changes: Any,
) -> JudgedByLabels:
    """Teach the second look what a movie's labels say, and judge the movie by it; no TensorFlow is needed.

    Parameters
    ----------
    movie
        A file, an array ``(t, y, x)``, an opened movie, or an image of ImageJ.
    labels
        A label file, or labels; empty takes ``<movie>_training_rois.zip`` beside the movie.
    params
        How candidates are found and decided on; the defaults if None.
    labels_decide
        Whether what a person said holds in the result, whatever the probability is.
    progress
        Told about every stage, and asked whether to stop.
    **changes
        Single parameters to change, by name.

    Returns
    -------
    JudgedByLabels
        What is reported now; its methods make the result, and a model.

    Raises
    ------
    IveaError
        A movie, labels or a model that cannot be used: one sentence.
    Cancelled
        The progress asked to stop.
    """
    progress = progress or Silent()
    params = RandomParams.make(**{**(params.model_dump() if params else {}), **changes})
    opened = open_to_judge(movie, params)
    file, given = _given(labels, opened)
    labelled = keep_measured(opened, params, progress)
    lesson = labelled.judge(opened, given, progress, labels_decide=labels_decide)
    return JudgedByLabels(lesson, labelled, file, labels_decide)


_kept: list[tuple[str, LabelledMovie]] = []
"""The movie that is being labelled in a program for one person; see `ivea_fiji.memory`."""


def keep_measured(movie: Movie, params: RandomParams, progress: Progress) -> LabelledMovie:
    """Return the measured movie; where movies are remembered, the same one as long as nothing about it changes.

    Raises
    ------
    IveaError
        As `LabelledMovie.of` does.
    """
    if not MEMORY.on:
        return LabelledMovie.of(movie, params, progress)
    key = known_by(movie, find_model_for("random", params.model), params)
    if _kept and _kept[0][0] == key and params.second_look:
        _kept[0][1].params = params
        return _kept[0][1]
    measured = LabelledMovie.of(movie, params, progress)
    _kept[:] = [(key, measured)]
    return measured


def _given(labels: str | Path | Sequence[Label], movie: Movie) -> tuple[Path | None, list[Label]]:
    if not isinstance(labels, str | Path):
        return None, list(labels)
    file = label_path(labels, movie.path)
    return file, read_labels(file, reference=movie.reference)


def label_path(named: str | Path, movie: Path | None) -> Path:
    """Return the label file that was named; of an empty name, the one that lies beside the movie.

    Raises
    ------
    ParameterError
        If there is none.
    """
    return Path(named).expanduser() if str(named) else own_labels(movie)


def own_labels(movie: Path | None) -> Path:
    """Return the label file of a movie that lies beside it.

    Raises
    ------
    ParameterError
        If there is none.
    """
    if movie is None:
        raise ParameterError("This movie is no file, so that no labels lie beside it; name a label file (label_file).")
    path = movie.with_name(stem_of(movie.name) + LABELS)
    if not path.is_file():
        raise ParameterError(f"There are no labels '{path}'; label the movie first, or name a label file (label_file).")
    return path


def check_new_name(new_name: str, out: str | Path = "") -> None:
    """Raise `ParameterError` if no model could be saved under this name, before a long run."""
    places(Path(out or user_models()).expanduser(), RefineParams.make(new_name=new_name))


def save_model(movie: LabelledMovie, lesson: Lesson, new_name: str, out: str | Path, labels: str) -> ModelFolder:
    """Save what a lesson taught as a model; see `JudgedByLabels.save_model`.

    Parameters
    ----------
    movie, lesson
        The movie and what was learned of it.
    new_name, out
        Name of the model, and the folder its own folder is made in.
    labels
        Name of the label file, for the card.
    """
    taught, parent = lesson.taught, movie.folder
    asked = {name: getattr(movie.params, name) for name in RefineParams.model_fields if hasattr(movie.params, name)}
    params = RefineParams.make(**{**asked, "new_name": new_name, "trainable": "second_look", "seed": SEED})
    folder, work = places(Path(out).expanduser(), params)
    if taught is None:
        raise DatasetError(
            f"There is nothing to save: {lesson.labels} labels could be used, and learning takes {FEWEST_LABELS} at "
            "least; label more."
        )
    name = lesson.judged.movie.name
    card = parent.card.model_copy(update={
        "name": new_name, "version": "1.0.0", "title": f"{parent.card.title.removesuffix(', refined')}, refined",
        "description": f"'{parent.card.name}' whose second look learned {taught.labels} labelled places of '{name}'.",
        "parent": f"{parent.card.name} {parent.card.version}",
    })  # fmt: skip
    told = {
        "command": command_of(params, [Path(labels)]), "parameters": params.model_dump(),
        "data": {"labels": taught.labels, "movies": [name], "events": int(np.sum(lesson.said >= 0))},
    }  # fmt: skip
    return write_taught(parent, card, taught, folder, work, told)
