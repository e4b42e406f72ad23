"""Evaluate Against Labels: how well a detection agrees with labels, and where it does not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ivea_fiji.commands.base import Command, ImageInput, Jump, Reply, Table
from ivea_fiji.commands.detect import InImageJ, params_for, part
from ivea_fiji.commands.folders import result_folder
from ivea_fiji.commands.random import MODULE
from ivea_fiji.errors import ParameterError
from ivea_fiji.movie.image import Planes
from ivea_fiji.params.base import Params, combined, declared_in, field
from ivea_fiji.params.evaluation import LabelParams
from ivea_fiji.params.random import RandomParams
from ivea_fiji.progress import Progress

if TYPE_CHECKING:
    from ivea_fiji.evaluation.labels import LabelReport

_TITLES = {"evaluation": "missed and false events", "sweep": "thresholds", "settings": "settings"}


class Compared(Params):
    """What is compared."""

    label_file: str = field(
        "", "Labels", "Labels of the movie: ROIs (.zip, .roi) whose names end in '_class_<k>', a table of events "
        "(.csv) or an annotation of ExoDeepFinder; empty takes the ROI Manager's ROIs.", style="file",
    )
    roi_choice: Literal["all", "selected"] = field(
        "all", "ROIs", "Which ROIs of the ROI Manager are the labels if no file is named: all, or the selected ones."
    )
    events_file: str = field(
        "", "Events", "Table, ROIs or folder of results that were found before, by any module; empty finds random "
        "bursts now.", style="file",
    )


class Places(Params):
    """Which part of the image is analysed, and where the tables go."""

    channel: int = declared_in(InImageJ, "channel")
    use_selection: bool = declared_in(InImageJ, "use_selection")
    output_folder: str = declared_in(InImageJ, "output_folder")


EvaluateLabelsParams = combined(
    "EvaluateLabelsParams", "The comparison with labels as the menu offers it.", Places, RandomParams, LabelParams,
    Compared,
)


def _labels_of(params: Any, image: ImageInput) -> tuple[Path, tuple[int, ...] | None]:
    """Return the file of the labels, and which of its ROIs are meant (from 0), None for all."""
    named = params.label_file or image.rois
    if not named:
        raise ParameterError("There are no labels; name their file, or open them in the ROI Manager.")
    if params.label_file or params.roi_choice == "all":
        return Path(named).expanduser(), None
    if not image.selected_rois:
        raise ParameterError("No ROI is selected in the ROI Manager; select the labels, or take all.")
    return Path(named), image.selected_rois


def _plan(params: Any, image: ImageInput) -> Planes | None:
    from ivea_fiji.movie.image import movie_planes
    from ivea_fiji.movie.open import is_on_disk

    _labels_of(params, image)
    if params.events_file:
        return Planes(1, 1, 1)  # no pixel is looked at
    detection = params_for(MODULE, params, image)
    planes = movie_planes(image, detection)
    return None if is_on_disk(image, detection) else planes


def _run(params: Any, image: ImageInput | None, progress: Progress) -> Reply:
    if image is None:
        raise ParameterError("There is no image; open a movie first.")
    with result_folder(params.output_folder) as folder:
        made = _report(params, image, progress)
        stem = Path(image.path or image.title).stem or "movie"
        files = made.write(folder, stem)
    return Reply(
        message=made.sentence,
        notes=tuple(made.notes),
        folder=str(folder),
        temporary=not params.output_folder,
        tables=tuple(Table(kind, f"{stem} {_TITLES[kind]}", str(path)) for kind, path in files.items()),
        jump=Jump("evaluation", "frame", "x_px", "y_px"),
    )


def _report(params: Any, image: ImageInput, progress: Progress) -> LabelReport:
    from ivea_fiji.datasets.truth import read_truth
    from ivea_fiji.evaluation import read_marks
    from ivea_fiji.evaluation.labels import report_events, report_movie

    detection = params_for(MODULE, params, image)
    reference = image.reference(detection.pixel_size_um)
    truth, labels = read_truth(*_labels_of(params, image), reference)
    how = part(params, LabelParams)
    if params.events_file:
        return report_events(read_marks(params.events_file, reference), truth, labels, how)
    return report_movie(image, truth, labels, detection, how, progress)


COMMAND = Command(
    "evaluate_against_labels",
    "Evaluate Against Labels...",
    "Compare what is found with labels: precision, recall, F1, every missed and false event, and better settings.",
    EvaluateLabelsParams,
    image="movie",
    run=_run,
    plan=_plan,
    advanced_twin=True,
)
