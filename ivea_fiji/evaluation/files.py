"""Events from files: IVEA's tables, or ImageJ ROIs."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

from ivea_fiji.errors import TableError
from ivea_fiji.evaluation.marks import UNKNOWN_CLASS, Marks
from ivea_fiji.results.rois import read_rois

_REQUIRED = ("frame", "y_px", "x_px")
_OPTIONAL = {
    "event": ("number", 0), "class_id": ("class_id", UNKNOWN_CLASS), "duration_frames": ("duration", 0.0),
    "peak_z": ("peak_z", math.nan), "probability": ("probability", math.nan),
}  # column: name in Marks, value of an empty cell


def read_marks(path: str | Path) -> Marks:
    """Read events from a ``.csv`` table, from the ROIs of a ``.zip`` or ``.roi``, or from a folder of results.

    A folder holds one ``*_events.csv``, of whatever module.

    A table needs the columns ``frame`` (counted from 1), ``y_px`` and ``x_px`` (centre of the first pixel = 0); it may
    have ``event, class_id, kind, duration_frames, peak_z, probability``. Rows whose class is an artefact (or, in ROIs,
    undecided) are left out. Cells may be parted by comma, semicolon or tab.

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
    marks = _from_rois(path) if path.suffix.lower() in (".zip", ".roi") else _from_table(path)
    return marks[(marks.class_id >= 0) | (marks.class_id == UNKNOWN_CLASS)]


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


def _from_rois(path: Path) -> Marks:
    rois = read_rois(path)
    for roi in rois:
        if roi.frame < 1:
            raise TableError(f"The ROI '{roi.name}' in '{path}' belongs to no frame; set its position in ImageJ.")
    return Marks.of(
        [r.frame - 1 for r in rois],
        [r.y for r in rois],
        [r.x for r in rois],
        number=[r.event or n for n, r in enumerate(rois, 1)],
        class_id=[UNKNOWN_CLASS if r.class_id is None else r.class_id for r in rois],
        probability=[r.probability for r in rois],
    )


def _from_table(path: Path) -> Marks:
    rows = read_rows(path)
    header = list(rows[0]) if rows else _header(path)
    missing = [name for name in _REQUIRED if name not in header]
    if missing:
        raise TableError(
            f"'{path}' lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}; take a table of events as IVEA "
            "writes it."
        )
    frame, y, x = ([number(path, row, n, name) for n, row in enumerate(rows, 2)] for name in _REQUIRED)
    optional = {
        name: [number(path, row, n, column, empty) for n, row in enumerate(rows, 2)]
        for column, (name, empty) in _OPTIONAL.items()
        if column in header
    }
    kind = [row.get("kind") or "" for row in rows]
    return Marks.of([f - 1 for f in frame], y, x, kind=kind, **optional)


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table as written, by column.

    Raises
    ------
    TableError
        If it is missing or no text.
    """
    text = _text(path)
    return list(csv.DictReader(io.StringIO(text), delimiter=_delimiter(text)))


def number(path: Path, row: dict[str, str], line: int, column: str, empty: float | None = None) -> float:
    """Return a cell as a number; a decimal comma is understood.

    Raises
    ------
    TableError
        If it is none, or if it is empty and `empty` is None.
    """
    text = (row.get(column) or "").strip()
    if not text and empty is not None:
        return empty
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise TableError(f"Line {line} of '{path}' holds '{text}' in the column {column}, where a number must stand.")
    return value


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise TableError(f"There is no file '{path}'; check its name.") from None
    except UnicodeDecodeError as error:
        raise TableError(f"'{path}' is not a table of text; give a .csv table of events or a .zip of ROIs.") from error
    except OSError as error:
        raise TableError(f"'{path}' cannot be read ({error.strerror}); choose a file you may open.") from error


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def _header(path: Path) -> list[str]:
    text = _text(path)
    return next(csv.reader(io.StringIO(text), delimiter=_delimiter(text)), [])
