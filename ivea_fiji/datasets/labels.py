"""Labels of events and artefacts from files: ImageJ ROIs, IVEA's tables, ExoDeepFinder's object lists."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ivea_fiji.datasets.exodeepfinder import EDF_COLUMNS, Convention, edf_class, is_merged, read_objects
from ivea_fiji.errors import DatasetError, TableError
from ivea_fiji.evaluation.tables import PLACE, is_places, is_trackmate, number, read_header, read_places
from ivea_fiji.movie.rois import NO_MOVIE, ROI_SUFFIXES, Reference
from ivea_fiji.results.rois import Mark, read_rois

_TABLES = (".csv", ".tsv", ".txt")


@dataclass(frozen=True)
class Label:
    """What somebody, or a program, says happens at one place and time.

    Attributes
    ----------
    name
        What its source calls it.
    frame
        Frame of the movie's file, from 1; 0 if the label is tied to none.
    y, x
        Centre, px; the centre of the first pixel is 0.
    class_id
        Label as written, None if there is none.
    at_peak
        Whether the frame is known to be that of the intensity peak, because IVEA wrote it.
    probability
        What a network said of it; NaN if unknown.
    radius
        Half of the mean of width and height of its ROI, px; 0 if it is no ROI.
    roi
        Place of its ROI in the file, from 1; 0 if it is no ROI.
    """

    name: str
    frame: int
    y: float
    x: float
    class_id: int | None
    at_peak: bool = False
    probability: float = math.nan
    radius: float = 0.0
    roi: int = 0


def read_labels(
    path: str | Path, edf_classes: Convention = "auto", reference: Reference = NO_MOVIE
) -> list[Label]:
    """Read the labels of a file.

    Parameters
    ----------
    path
        ROIs (``.zip``, ``.roi``) whose names end in ``_class_<k>``, or that carry the property ``class_id``; a table
        of events, of truth or of another program (``.csv``; see `read_places`); a session of TrackMate (``.xml``); an
        object list of ExoDeepFinder (``.xml``, ``.csv``).
    edf_classes
        Meaning of the classes of an object list; see `ivea_fiji.datasets.exodeepfinder`.
    reference
        The movie the labels are for, as far as it is known.

    Raises
    ------
    MovieError, TableError, DatasetError
        If the file is missing, damaged, or something else.
    """
    path = Path(path).expanduser()
    suffix = path.suffix.lower()
    if suffix in ROI_SUFFIXES:
        return [_of_mark(mark) for mark in read_rois(path, reference)]
    if suffix == ".xml":
        return _of_table(path, reference) if is_trackmate(path) else _of_objects(path, edf_classes)
    if suffix in _TABLES:
        return _of_objects(path, edf_classes) if kind_of_table(path) == "objects" else _of_table(path, reference)
    raise DatasetError(
        f"'{path.name}' is no label file; give ROIs (.zip, .roi), a table (.csv) or an object list (.xml)."
    )


def kind_of_table(path: Path) -> Literal["objects", "events", ""]:
    """Tell from its columns whether a ``.csv`` is an object list, a table of places and times, or something else."""
    try:
        names = read_header(path)
    except TableError:
        return ""
    if set(EDF_COLUMNS) <= set(names):
        return "objects"
    return "events" if is_places(names) else ""


def _of_mark(mark: Mark) -> Label:
    # Only files of ours tell the number of the event or its probability, and there the frame is that of the peak.
    ours = bool(mark.event) or math.isfinite(mark.probability)
    return Label(mark.name, mark.frame, mark.y, mark.x, mark.class_id, ours, mark.probability, mark.radius, mark.roi)


def _of_table(path: Path, reference: Reference) -> list[Label]:
    header, rows = read_places(path, reference)
    ours = path.suffix.lower() != ".xml" and set(PLACE) <= set(read_header(path))
    labels = []
    for n, row in enumerate(rows, 1):
        frame, y, x = (number(path, row, row.line, name) for name in PLACE)
        class_id = number(path, row, row.line, "class_id", math.nan) if "class_id" in header else math.nan
        chance = number(path, row, row.line, "probability", math.nan) if "probability" in header else math.nan
        known = None if math.isnan(class_id) else int(class_id)
        labels.append(Label(f"row {n}", round(frame), y, x, known, ours, chance))
    return labels


def _of_objects(path: Path, convention: Convention) -> list[Label]:
    objects = read_objects(path)
    merged = is_merged(path, objects) if convention == "auto" else convention == "merged"
    return [
        Label(f"object {k}", round(o.z) + 1, o.y, o.x, edf_class(o.class_label, merged))
        for k, o in enumerate(objects, 1)
    ]


def as_marks(labels: Sequence[Label], radius: float) -> list[Mark]:
    """Return labels as ROIs with the names of the original program, numbered from 1."""
    return [
        Mark(
            f"{n}-event {{{n}}} | frame {label.frame}" + ("" if label.class_id is None else f"_class_{label.class_id}"),
            label.frame, label.y, label.x, label.radius or radius, label.class_id, "", label.probability,
            n if label.at_peak else 0,
        )
        for n, label in enumerate(labels, 1)
    ]
