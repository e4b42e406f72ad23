"""Judge a movie by its labels: for the label window, as the movie's result, and as a model."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ivea_fiji.commands.base import Command, ImageInput, Reply, Table
from ivea_fiji.commands.detect import InImageJ, OfImage, analyse, params_for, part, reply_of
from ivea_fiji.commands.folders import result_folder
from ivea_fiji.commands.random import MODULE
from ivea_fiji.errors import DatasetError, ParameterError
from ivea_fiji.movie.image import Planes
from ivea_fiji.params.base import Params, combined, field
from ivea_fiji.params.labels import ByLabels, LabelFile, NewModel
from ivea_fiji.params.output import OutputParams
from ivea_fiji.params.random import RandomParams
from ivea_fiji.progress import Progress

if TYPE_CHECKING:
    from ivea_fiji.datasets.labels import Label
    from ivea_fiji.events.model import Result
    from ivea_fiji.training.at_once import Lesson

ANSWERS = "judged.csv"
COLUMNS = ("id", "frame", "y_px", "x_px", "class_id", "probability", "reported", "rank")
"""Of what the label window is told: the number it gave a place, 0 for one it does not list; whether the place is
reported now; and the how manieth it would teach most, empty if it has a label."""


class ForWindow(Params):
    """What the label window asks."""

    label_file: str = field("", "Places", "What the window lists (.json): places, with a class where one was said.")
    labels_decide: bool = field(True, "Labels decide", "As in the result.")
    output_folder: str = field("", "Output folder", "Where the answers go.", style="directory")


@dataclass(frozen=True)
class Listed:
    """Places that a window lists: its number of each, and what is said there."""

    number: tuple[int, ...]
    label: tuple[Label, ...]


def read_listed(path: Path) -> Listed:
    """Read the places of the label window, those that were taken out left out.

    Raises
    ------
    DatasetError
        If the file is missing or something else.
    """
    from ivea_fiji.datasets.labels import Label

    try:
        rows = [row for row in json.loads(path.read_text(encoding="utf-8"))["labels"] if not row.get("deleted")]
        places = [
            Label(str(row["name"]), int(row["frame"]), float(row["y"]), float(row["x"]), row.get("class"), True)
            for row in rows
        ]
        return Listed(tuple(int(row["id"]) for row in rows), tuple(places))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetError(f"'{path}' holds no places of the label window; start the command again.") from error


def _plan(params: Any, image: ImageInput) -> Planes | None:
    from ivea_fiji.movie.image import movie_planes
    from ivea_fiji.movie.open import is_on_disk

    chosen = params_for(MODULE, params, image)
    planes = movie_planes(image, chosen)
    return None if is_on_disk(image, chosen) else planes


def _judge(params: Any, image: ImageInput | None, progress: Progress) -> Reply:
    from ivea_fiji.movie import look_over, open_movie
    from ivea_fiji.training.judging import keep_measured

    assert image is not None
    listed = read_listed(Path(params.label_file))
    chosen = params_for(MODULE, params, image)
    movie = look_over(open_movie(image, chosen), chosen.every_nth)
    labelled = keep_measured(movie, chosen, progress)
    lesson = labelled.judge(movie, listed.label, progress, labels_decide=params.labels_decide)
    with result_folder(params.output_folder) as folder:
        path = folder / ANSWERS
        _write(path, listed, lesson, chosen)
    reported = int(lesson.reported.sum())
    return Reply(
        message=f"{lesson.labels} {'label' if lesson.labels == 1 else 'labels'}, {reported} reported.",
        notes=lesson.notes,
        folder=str(folder),
        tables=(Table("judged", "judged", str(path)),),
    )


def _write(path: Path, listed: Listed, lesson: Lesson, params: RandomParams) -> None:
    """Write what is said now of the places that are listed, and of others that are reported."""
    judged, found, frame = lesson.judged, lesson.judged.candidates, lesson.judged.scores.frame
    number = numbers_of(listed, lesson)
    rank = {row: k for k, row in enumerate((r for r in lesson.order.tolist() if number[r]), 1)}
    card = judged.card
    ids = np.array([c.id for c in card.classes])
    p = judged.scores.adapted(card, params)
    columns = np.array(card.event_columns)
    likely = lesson.chance >= card.limit(params.confidence, params.second_look)
    kind = np.where(likely, ids[columns[p[:, columns].argmax(axis=1)]], ids[p.argmax(axis=1)])
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for k in np.flatnonzero((number > 0) | lesson.reported).tolist():
            rows.writerow([
                number[k], judged.movie.file_frame(int(frame[k])), f"{found.y[k]:.3f}", f"{found.x[k]:.3f}", kind[k],
                f"{lesson.chance[k]:.4f}", int(lesson.reported[k]), rank.get(k, ""),
            ])  # fmt: skip


def numbers_of(listed: Listed, lesson: Lesson) -> np.ndarray:
    """Return the number that the window gave each candidate ``(n,)``, 0 for those it does not list.

    A listed place is the candidate nearest to it, as a label is.
    """
    from ivea_fiji.evaluation import Marks, match_events
    from ivea_fiji.training.labelled import NEAR_FRAMES, NEAR_PX

    movie, found = lesson.judged.movie, lesson.judged.candidates
    frame = [(place.frame - 1 - movie.first_frame) // movie.frames_per_step for place in listed.label]
    places = Marks.of(frame, [place.y for place in listed.label], [place.x for place in listed.label])
    candidates = Marks.of(lesson.judged.scores.frame, found.y, found.x)
    pairs = match_events(candidates, places, max_distance_px=NEAR_PX, max_frames=NEAR_FRAMES)
    number = np.zeros(len(found), int)
    number[pairs.found] = np.array(listed.number, int)[pairs.truth]
    return number


def _use(params: Any, image: ImageInput | None, progress: Progress) -> Reply:
    from ivea_fiji.training.judging import judge_by_labels

    assert image is not None
    labels = _labels(params, image)

    def detect(movie: Any, chosen: RandomParams, bar: Progress) -> Result:
        judged = judge_by_labels(movie, labels, chosen, labels_decide=params.labels_decide, progress=bar)
        return judged.result(bar)

    module = replace(MODULE, detect=detect)
    with result_folder(params.output_folder) as folder:
        result, files = analyse(
            module, image, folder, params_for(module, params, image), progress, part(params, OutputParams)
        )
    return reply_of(module, result, files, folder, temporary=not params.output_folder)


def _save(params: Any, image: ImageInput | None, progress: Progress) -> Reply:
    from ivea_fiji.training.judging import check_new_name, judge_by_labels

    assert image is not None
    check_new_name(params.new_name, params.model_folder)
    chosen = params_for(MODULE, params, image)
    judged = judge_by_labels(image, _labels(params, image), chosen, progress=progress)
    made = judged.save_model(params.new_name, params.model_folder)
    return Reply(
        message=f"{made.card.name}: saved from {judged.lesson.labels} labels; every dialog now finds it by this name.",
        notes=judged.notes,
        folder=str(made.path),
    )


def _labels(params: Any, image: ImageInput) -> Path:
    from ivea_fiji.training.judging import label_path

    path = label_path(params.label_file, Path(image.path) if image.path else None)
    if not path.is_file():
        raise ParameterError(f"Label file (label_file): there is no '{path}'; label the movie first.")
    return path


JUDGE = Command(
    "judge_labels",
    "Judge Labels...",
    "Tell the label window what is reported by what was labelled so far.",
    combined(
        "JudgeLabelsParams", "What the label window asks, and how candidates are found.", OfImage, RandomParams,
        ForWindow,
    ),
    image="movie",
    run=_judge,
    plan=_plan,
    listed=False,
)
USE = Command(
    "use_labels_for_movie",
    "Use Labels for Movie...",
    "Judge this movie by its labels and take what is reported then as its result; needs seconds, and no TensorFlow.",
    combined(
        "UseLabelsParams", "Labels, and how the movie is analysed.", InImageJ, OutputParams, RandomParams, ByLabels
    ),
    image="movie",
    run=_use,
    plan=_plan,
    advanced_twin=True,
)
SAVE = Command(
    "save_labels_as_model",
    "Save Labels as Model...",
    "Save a model whose second look has learned the labels of this movie; detection can use it at once.",
    combined(
        "SaveLabelsParams", "Labels, the new model, and how candidates are found.", OfImage, RandomParams, NewModel,
        LabelFile,
    ),
    image="movie",
    run=_save,
    plan=_plan,
    advanced_twin=True,
)

__all__ = ["ANSWERS", "COLUMNS", "JUDGE", "SAVE", "USE", "Listed", "numbers_of", "read_listed"]
