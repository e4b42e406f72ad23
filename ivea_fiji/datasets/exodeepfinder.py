"""Annotations of ExoDeepFinder: object lists (XML, CSV) and its movies (HDF5).

An object list holds ``tomo_idx, class_label, x, y, z``; ``z`` is the frame from 0 at which the event begins. Its class
numbers have two meanings. In annotations of experts, and in what the program finds, 1 is exocytosis. In merged lists,
made for training, 2 is exocytosis and 1 a bright spot that does not change.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

import numpy as np

from ivea_fiji.errors import DatasetError
from ivea_fiji.evaluation.tables import number, read_rows, read_xml
from ivea_fiji.movie.movie import Movie
from ivea_fiji.movie.readers import TIFF_SUFFIXES
from ivea_fiji.movie.sources import FiniteSource, LazySource, TypedSource

Convention = Literal["auto", "expert", "merged"]
EDF_COLUMNS = ("tomo_idx", "class_label", "x", "y", "z")
EXOCYTOSIS, RESTING = 0, -2
"""Our classes for exocytosis and for a bright spot without an event."""
_MOST_FRAMES, _MOST_PIXELS = 10_000_000, 1 << 30
"""More than any movie has."""
_MERGED_NAMES = ("merged", "_objl")


@dataclass(frozen=True)
class EdfObject:
    """One entry of an object list; `z` is the frame from 0."""

    class_label: int
    x: float
    y: float
    z: float


def read_objects(path: Path) -> list[EdfObject]:
    """Read an object list.

    Raises
    ------
    DatasetError, TableError
        If it is missing, damaged, or about several movies.
    """
    rows: Sequence[dict[str, str]] = _xml_rows(path) if path.suffix.lower() == ".xml" else read_rows(path)
    missing = [name for name in EDF_COLUMNS[1:] if rows and name not in rows[0]]
    if missing:
        raise DatasetError(f"'{path.name}' is no object list of ExoDeepFinder: it lacks {', '.join(missing)}.")
    movies = {(row.get("tomo_idx") or "0").strip() for row in rows}
    if len(movies) > 1:
        raise DatasetError(
            f"'{path.name}' speaks of {len(movies)} movies (tomo_idx); save the list of each movie beside it."
        )
    return [
        EdfObject(
            int(number(path, row, line, "class_label")),
            number(path, row, line, "x"),
            number(path, row, line, "y"),
            number(path, row, line, "z"),
        )
        for line, row in enumerate(rows, 2)
    ]


def is_merged(path: Path, objects: Iterable[EdfObject]) -> bool:
    """Tell whether a list is one made for training, in which exocytosis is 2."""
    return any(part in path.stem.lower() for part in _MERGED_NAMES) or any(o.class_label == 2 for o in objects)


def edf_class(label: int, merged: bool) -> int | None:
    """Return our class of ExoDeepFinder's, None for one it does not know."""
    known = {1: RESTING, 2: EXOCYTOSIS} if merged else {1: EXOCYTOSIS}
    return known.get(label)


def write_objects(path: Path, objects: Sequence[EdfObject]) -> None:
    """Write an object list as ``.xml`` or ``.csv``; OSError passes through."""
    rows = [{"tomo_idx": "0", **{name: f"{getattr(o, name):g}" for name in EDF_COLUMNS[1:]}} for o in objects]
    if path.suffix.lower() == ".xml":
        root = ElementTree.Element("objlist")
        for row in rows:
            ElementTree.SubElement(root, "object", row)
        ElementTree.indent(root)
        path.write_bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, EDF_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def open_edf_movie(path: Path) -> Movie:
    """Open a movie of ExoDeepFinder: the dataset ``dataset`` ``(t, y, x)`` of an HDF5 file, or a folder of frames.

    Raises
    ------
    DatasetError
        If it holds no such movie.
    """
    if path.is_dir():
        return _open_frames(path)
    import h5py

    try:
        with h5py.File(path, "r") as file:
            frames = file["dataset"]
            shape, dtype = frames.shape, frames.dtype
    except Exception as error:  # damaged files and links that lead nowhere make HDF5 raise errors of many kinds
        raise DatasetError(f"'{path.name}' holds no movie of ExoDeepFinder (a dataset named 'dataset').") from error
    if len(shape) != 3 or 0 in shape or shape[0] < 2 or dtype.kind not in "uif":
        raise DatasetError(f"The movie in '{path.name}' has the shape {shape}; it must be (frames, height, width).")
    if shape[0] > _MOST_FRAMES or shape[1] * shape[2] > _MOST_PIXELS:
        raise DatasetError(f"The movie in '{path.name}' says its shape is {shape}, which cannot be; convert it again.")

    def read(start: int, stop: int) -> np.ndarray:
        try:
            with h5py.File(path, "r") as file:
                return np.asarray(file["dataset"][start:stop])
        except Exception as error:  # see above
            raise DatasetError(f"The movie in '{path.name}' is damaged; convert it again.") from error

    source = TypedSource(LazySource(read, shape, dtype))
    return Movie(FiniteSource(source) if source.dtype.kind == "f" else source, path.name, path)


def _open_frames(folder: Path) -> Movie:
    """Open a folder of TIFFs of one frame each, in the order of the last number in their names."""
    import tifffile

    numbered = [(found[-1], p) for p in folder.iterdir() if p.suffix.lower() in TIFF_SUFFIXES
                for found in [re.findall(r"\d+", p.stem)] if found]
    paths = [p for _, p in sorted((int(number), p) for number, p in numbered)]
    if len(paths) < 2:
        raise DatasetError(f"The folder '{folder}' holds no numbered TIFF frames.")
    try:
        first = tifffile.imread(paths[0])
    except (OSError, ValueError) as error:
        raise DatasetError(f"'{paths[0].name}' in '{folder}' is no TIFF that can be read.") from error
    if first.ndim != 2:
        raise DatasetError(f"'{paths[0].name}' in '{folder}' holds more than one frame; name the movie itself.")

    def read(start: int, stop: int) -> np.ndarray:
        try:
            frames = [tifffile.imread(p) for p in paths[start:stop]]
        except (OSError, ValueError) as error:
            raise DatasetError(f"A frame in '{folder}' is no TIFF that can be read.") from error
        if any(frame.shape != first.shape for frame in frames):
            raise DatasetError(f"The frames in '{folder}' have different sizes.")
        return np.stack(frames)

    source = TypedSource(LazySource(read, (len(paths), *first.shape), first.dtype))
    return Movie(FiniteSource(source) if source.dtype.kind == "f" else source, folder.parent.name, folder)


def _xml_rows(path: Path) -> list[dict[str, str]]:
    root = read_xml(path)
    if root.tag != "objlist":
        raise DatasetError(f"'{path.name}' is no object list of ExoDeepFinder: it begins with <{root.tag[:30]}>.")
    return [dict(entry.attrib) for entry in root.iter("object")]
