"""Events from files: IVEA's tables, or ImageJ ROIs."""

from __future__ import annotations

import math
from pathlib import Path

from ivea_fiji.errors import ParameterError, TableError
from ivea_fiji.evaluation.marks import UNKNOWN_CLASS, Marks
from ivea_fiji.evaluation.tables import PLACE, number, read_places
from ivea_fiji.movie.rois import NO_MOVIE, ROI_SUFFIXES, Reference, shown_name
from ivea_fiji.results.record import load_record
from ivea_fiji.results.rois import read_rois

_OPTIONAL = {
    "event": ("number", 0), "class_id": ("class_id", UNKNOWN_CLASS), "duration_frames": ("duration", 0.0),
    "peak_z": ("peak_z", math.nan), "probability": ("probability", math.nan),
}  # column: name in Marks, value of an empty cell


def read_marks(path: str | Path, reference: Reference = NO_MOVIE) -> Marks:
    """Read events from a table, from the ROIs of a ``.zip`` or ``.roi``, or from a folder of results.

    A folder holds one ``*_events.csv``, of whatever module.

    A table needs the columns ``frame`` (counted from 1), ``y_px`` and ``x_px`` (centre of the first pixel = 0), or is
    one of another program (`read_places`); it may have ``event, class_id, kind, duration_frames, peak_z, probability``.
    Rows whose class is an artefact (or, in ROIs, undecided) are left out.

    Parameters
    ----------
    path
        File or folder.
    reference
        The movie the events are in, as far as it is known.

    Raises
    ------
    TableError
        If the file cannot be read, lacks a column, or holds something else than numbers in one.
    MovieError
        If a ROI file cannot be read.
    """
    path = Path(path).expanduser()
    if path.is_dir():
        path = _table_of(path)
    marks = (_from_rois if path.suffix.lower() in ROI_SUFFIXES else _from_table)(path, reference)
    return marks[(marks.class_id >= 0) | (marks.class_id == UNKNOWN_CLASS)]


def reference_of(path: str | Path, pixel_size_um: float = 0.0) -> Reference:
    """Return the movie that a table, ROIs or a folder of results tell of by the run record beside them.

    Parameters
    ----------
    path
        Where events were read from.
    pixel_size_um
        What the user says; 0 takes it from the record.
    """
    path = Path(path).expanduser()
    folder = path if path.is_dir() else path.parent
    records = sorted(folder.glob("*_run.json"))
    if not path.is_dir():
        records = [r for r in records if path.name.startswith(r.name.removesuffix("run.json"))]
    try:
        told = load_record(records[0]).get("input") or {} if len(records) == 1 else {}
    except ParameterError:
        told = {}
    axes = told.get("axes") or ""
    return Reference(
        ("Z" if "Z" in axes else "T") if axes else "", told.get("channels") or 1,
        pixel_size_um or told.get("pixel_size_um"),
    )  # fmt: skip


def is_results(path: Path) -> bool:
    """Whether `path` is a folder in which there are results, and no movie that is a folder."""
    return path.is_dir() and bool(_tables_in(path))


def _tables_in(folder: Path) -> list[Path]:
    """Return the tables of events of single movies; those of a whole batch lie in its folder."""
    return sorted(path for path in folder.glob("*_events.csv") if not path.name.startswith("batch_"))


def _table_of(folder: Path) -> Path:
    found = _tables_in(folder)
    if len(found) == 1:
        return found[0]
    if not found:
        raise TableError(f"There is no table of events in '{folder}'; name a folder of results, or a table.")
    names = ", ".join(path.name for path in found[:4])
    raise TableError(f"There are {len(found)} tables of events in '{folder}'; name one of them: {names}.")


def _from_rois(path: Path, reference: Reference) -> Marks:
    rois = read_rois(path, reference)
    for roi in rois:
        if roi.frame < 1:
            raise TableError(
                f"The ROI '{shown_name(roi.name)}' in '{path.name}' belongs to no frame; set its position in ImageJ."
            )
    return Marks.of(
        [r.frame - 1 for r in rois],
        [r.y for r in rois],
        [r.x for r in rois],
        number=[r.event or n for n, r in enumerate(rois, 1)],
        class_id=[UNKNOWN_CLASS if r.class_id is None else r.class_id for r in rois],
        probability=[r.probability for r in rois],
    )


def _from_table(path: Path, reference: Reference) -> Marks:
    header, rows = read_places(path, reference)
    frame, y, x = ([number(path, row, row.line, name) for row in rows] for name in PLACE)
    optional = {
        name: [number(path, row, row.line, column, empty) for row in rows]
        for column, (name, empty) in _OPTIONAL.items()
        if column in header
    }
    kind = [row.get("kind") or "" for row in rows]
    return Marks.of([f - 1 for f in frame], y, x, kind=kind, **optional)
