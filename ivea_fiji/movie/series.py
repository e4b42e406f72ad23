"""Which of the images of a TIFF file is the movie, and whether all files of a set are there.

ImageJ opens all pages of equal size as one stack, whatever a program says of them; so what Python programs append to a
file, frame by frame or piece by piece, is one movie. Positions of OME are movies of their own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from ivea_fiji.errors import MovieError
from ivea_fiji.movie.axes import SEQUENCE

_LISTED = 5
_APPENDED = ("shaped", "uniform", "generic")
"""Kinds of series that a file has several of only because it was written piece by piece."""
_MOST_PARTS = 100
_MM_PART = re.compile(r"(.*?)_(\d+)(\.ome\.tiff?|\.tiff?)", re.IGNORECASE)


class Pieces:
    """Series of equal size, one after the other, with what of a `tifffile.TiffPageSeries` is asked for.

    Parameters
    ----------
    parts
        The series, in the order of the file.
    """

    def __init__(self, parts: Sequence[Any]) -> None:
        self._parts = list(parts)
        first = parts[0]
        self.kind, self.keyframe = first.kind, first.keyframe
        inner = len(self.keyframe.shape)
        outer = list(first.shape[: len(first.shape) - inner])
        axes = first.axes[: len(first.axes) - inner]
        if not outer:
            outer, axes = [1], SEQUENCE[0]
        self.axes = axes + first.axes[len(first.axes) - inner :]
        self.shape = (outer[0] * len(parts), *outer[1:], *self.keyframe.shape)
        self._pages = math.prod(outer)
        self.is_multifile, self.dataoffset = False, None

    def __getitem__(self, page: int) -> Any:
        return self._parts[page // self._pages][page % self._pages]


def choose_series(tif: Any, name: str, scene: str) -> tuple[Any, int, list[str]]:
    """Return the series that is the movie, its number, and what the user should know of the others.

    Parameters
    ----------
    tif
        An open `tifffile.TiffFile`.
    name
        The file, for messages.
    scene
        Name or number (from 1) of the series; empty takes the largest time lapse.

    Raises
    ------
    MovieError
        If there is no such series.
    """
    every = list(tif.series)
    first = every[0]
    if len(every) > 1 and all(s.kind in _APPENDED and _alike(s, first) for s in every):
        pieces = Pieces(every)
        told = f"'{name}' was written in {len(every)} pieces; they were taken as one movie, as ImageJ does."
        return pieces, 0, [told] if pieces.shape[0] > len(every) else []
    names = scene_names(tif, len(every))
    if scene.strip():
        index = find_scene(name, scene, names)
        return every[index], index, []
    lapses = [k for k, series in enumerate(every) if is_time_lapse(_sizes(series))] or list(range(len(every)))
    index = max(lapses, key=lambda k: math.prod(every[k].shape))
    return every[index], index, scene_notes(name, names, index, lapses)


def is_time_lapse(sizes: dict[str, int]) -> bool:
    """Whether an image with axes of such sizes has more than one frame, or slices that may be frames."""
    return any(size > 1 for axis, size in sizes.items() if axis not in "CSYX")


def find_scene(name: str, scene: str, names: Sequence[str]) -> int:
    """Return which of the images of a file, from 0, a name or number (from 1) means; raise `MovieError` if none."""
    wanted = scene.strip()
    found = [k for k, known in enumerate(names) if known.lower() == wanted.lower()]
    if found:
        return found[0]
    if wanted.isdecimal() and 1 <= int(wanted) <= len(names):
        return int(wanted) - 1
    raise MovieError(f"'{name}' has no scene '{wanted}'; it has {_list(names)}.")


def scene_notes(name: str, names: Sequence[str], index: int, lapses: Sequence[int]) -> list[str]:
    """Say which of several images was taken, and how to take another."""
    if len(names) < 2:
        return []
    which = "first" if index == lapses[0] else "largest"
    what = f"{len(lapses)} movies; the {which} was" if len(lapses) > 1 else f"{len(names)} images; the movie was"
    taken = f"'{names[index]}'" if names[index] else f"number {index + 1}"
    return [f"'{name}' holds {what} taken ({taken}); choose another by its name or number (scene)."]


def _list(names: Sequence[str]) -> str:
    shown = [f"{k} '{known}'" if known else str(k) for k, known in enumerate(names[:_LISTED], 1)]
    return ", ".join(shown) + (f" and {len(names) - _LISTED} more" if len(names) > _LISTED else "")


def scene_names(tif: Any, count: int) -> list[str]:
    """Return the names of the images of a file; empty where one has none."""
    named = [""] * count
    if tif.is_ome and tif.ome_metadata:
        try:
            root = ElementTree.fromstring(tif.ome_metadata)
        except ElementTree.ParseError:
            return named
        told = [element.get("Name", "") for element in root if element.tag.endswith("Image")]
        named = (told + named)[:count]
    return named


def _alike(one: Any, other: Any) -> bool:
    return bool(one.shape == other.shape and one.axes == other.axes and one.dtype == other.dtype)


def _sizes(series: Any) -> dict[str, int]:
    return {axis: size for axis, size in zip(series.axes, series.shape, strict=True) if size > 1}


def check_set(tif: Any, path: Path) -> None:
    """Refuse a file of a set, of Micro-Manager or OME, of which another is missing.

    Raises
    ------
    MovieError
        The missing file is named.
    """
    for part in _parts(tif, path):
        if not _plausible(part):
            raise MovieError(f"The index of frames in '{path.name}' is damaged; copy or export the movie again.")
    missing = _missing_ome(tif, path) or _missing_micro_manager(tif, path)
    if missing:
        raise MovieError(
            f"'{path.name}' is one of several files of a movie, and '{missing}' is missing; put all files of the movie "
            "into one folder under the names they were saved with."
        )


def _parts(tif: Any, path: Path) -> list[Any]:
    """Return the index maps of the files of a Micro-Manager set, rows of channel, slice, frame, position and offset."""
    import tifffile

    if not tif.is_micromanager:
        return []
    told = _MM_PART.fullmatch(path.name)
    stem = told[1] if told else path.name.split(".")[0]
    others = [p for p in path.parent.glob("*.tif") if p != path and p.name.startswith(stem)][:_MOST_PARTS]
    maps = [_index_map(tif)]
    for other in others:
        try:
            with tifffile.TiffFile(other) as file:
                maps += [_index_map(file)] if file.is_micromanager else []
        except Exception:  # a neighbour that cannot be read is found missing later
            continue
    return [one for one in maps if one is not None]


def _index_map(tif: Any) -> Any:
    try:
        return (tif.micromanager_metadata or {}).get("IndexMap")
    except Exception:  # damaged index maps make tifffile raise errors of many kinds
        return None


def _plausible(index: Any) -> bool:
    """Whether an index map is about as large as the stack it speaks of; tifffile goes through all of that."""
    if not len(index):
        return True
    places = [row[:-1] for row in index.tolist()]
    if min(min(row) for row in places) < 0:
        return False
    return math.prod(max(column) + 1 for column in zip(*places, strict=True)) <= 4 * len(places) + 10_000


def _missing_ome(tif: Any, path: Path) -> str:
    """Return the first file that an OME-XML names and that is not there; empty if there is none."""
    if not tif.is_ome or not tif.ome_metadata:
        return ""
    try:
        root = ElementTree.fromstring(tif.ome_metadata)
    except ElementTree.ParseError:
        return ""
    own = (root.get("UUID") or "").lower()
    files: dict[str, str] = {}
    for element in root.iter():
        if element.tag.endswith("}BinaryOnly") and element.get("MetadataFile"):
            files["companion"] = str(element.get("MetadataFile"))
        elif element.tag.endswith("}UUID") and element.get("FileName"):
            files.setdefault((element.text or "").strip().lower(), str(element.get("FileName")))
    if "companion" not in files and len(files) < 2:
        return ""  # only itself, perhaps under another name
    names = [Path(name.replace("\\", "/")).name for uuid, name in files.items() if not own or uuid != own]
    return next((name for name in names if not (path.parent / name).is_file()), "")


def _missing_micro_manager(tif: Any, path: Path) -> str:
    """Return the file that holds frames which the index of a Micro-Manager file does not have; empty if there is none.

    A recording that was stopped early lacks its last frames in all files; only what lacks its first ones is a part.
    """
    if not tif.is_micromanager or tif.is_ome:
        return ""
    try:
        index = (tif.micromanager_metadata or {}).get("IndexMap")
        first = int(min(row[2] for row in index)) if index is not None and len(index) else 0
    except Exception:  # damaged index maps make tifffile raise errors of many kinds
        return ""
    part = _MM_PART.fullmatch(path.name)
    if not first or part is None:
        return ""
    number = int(part[2])
    before = [f"{part[1]}{f'_{k}' if k else ''}{part[3]}" for k in range(number)]
    return next((name for name in before if not (path.parent / name).is_file()), "")
