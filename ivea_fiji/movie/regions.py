"""Regions that were drawn on a movie: the pixels of every ImageJ ROI, and the frame it belongs to."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.errors import MovieError, ParameterError
from ivea_fiji.movie.mask import roi_bounds, roi_mask
from ivea_fiji.movie.rois import (
    NO_MOVIE,
    ROI_SUFFIXES,
    Reference,
    is_point,
    load_rois,
    point_places,
    roi_frames,
    shown_name,
)

_NAMES = 3
_NUMBERS = re.compile(r"(\d+)\s*(?:-\s*(\d+))?")


@dataclass(frozen=True)
class Region:
    """Pixels that are measured together.

    Attributes
    ----------
    number
        Place of its ROI in the file, from 1.
    name
        Name of the ROI, of a point of several with its number behind it.
    frame
        Frame of the file, from 1, to which it is tied; 0 if to none.
    y, x
        Its pixels, each ``(p,)``.
    """

    number: int
    name: str
    frame: int
    y: NDArray[np.intp]
    x: NDArray[np.intp]

    @property
    def centre(self) -> tuple[float, float]:
        """Mean y and x of its pixels, px; the centre of the first pixel is 0."""
        return float(self.y.mean()), float(self.x.mean())


def read_regions(
    path: Path, shape: tuple[int, int], point_radius: float, wanted: str = "", reference: Reference = NO_MOVIE
) -> tuple[list[Region], list[str]]:
    """Read the ROIs of a file as pixels of a movie.

    Rectangles, ovals, polygons, freehand outlines and composites are filled as ImageJ fills them; ROIs that have
    fractions of a pixel are taken where they are drawn. A point becomes a disc.

    Parameters
    ----------
    path
        ImageJ ROI (``.roi``) or zip of them.
    shape
        Height and width of the movie.
    point_radius
        Radius of the disc around a point, px: pixels whose centre lies within it from that of the point's pixel.
    wanted
        Numbers of the ROIs to take, as `chosen` reads them; empty takes all.
    reference
        The movie the ROIs are for, which tells their frames.

    Returns
    -------
    regions, notes
        Regions in the order of the file, and what was left out and why.

    Raises
    ------
    MovieError
        If the file is missing or unreadable, or nothing is left.
    ParameterError
        If a number is wanted that is not there.
    """
    found = _read(path)
    numbers = chosen(wanted, len(found))
    regions: list[Region] = []
    flat: list[str] = []
    outside: list[str] = []
    frames = roi_frames(found, reference)
    for number in numbers:
        roi, frame = found[number - 1], frames[number - 1]
        name = roi.name or f"ROI {number}"
        if is_point(roi):
            some: list[Region] | None = _points(point_places(roi, frame, reference), number, name, shape, point_radius)
        else:
            some = _area(roi, number, name, frame, shape)
        if some is None:
            flat.append(name)
        elif not some:
            outside.append(name)
        else:
            regions += some
    if not regions:
        raise MovieError(
            f"No ROI of '{path.name}' has pixels inside the movie; were they drawn on another movie, or as lines?"
        )
    notes = []
    if flat:
        notes.append(f"Left out, having no area: {in_words(flat)}; draw ROIs as rectangle, oval, polygon or point.")
    if outside:
        notes.append(f"Left out, having no pixel inside the movie: {in_words(outside)}.")
    return regions, notes


def in_words(names: list[str]) -> str:
    """Return names in quotes, after the third only how many more there are."""
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return ", ".join(f"'{shown_name(name)}'" for name in names[:_NAMES]) + more


def chosen(wanted: str, count: int) -> list[int]:
    """Return the numbers that a text such as ``1,3-5`` names, in order; all up to `count` if it is empty."""
    if not wanted.strip():
        return list(range(1, count + 1))
    numbers: set[int] = set()
    for part in wanted.split(","):
        match = _NUMBERS.fullmatch(part.strip())
        if match is None:
            raise ParameterError(f"'{wanted}' is no list of ROI numbers; write them like 1,3-5.")
        first, last = int(match[1]), int(match[2] or match[1])
        if not 1 <= first <= last <= count:
            raise ParameterError(f"There is no ROI {part.strip()}; the file holds {count}, counted from 1.")
        numbers.update(range(first, last + 1))
    return sorted(numbers)


def _read(path: Path) -> list[Any]:
    if path.is_file() and path.suffix.lower() not in ROI_SUFFIXES:
        raise MovieError(f"'{path.name}' is no ImageJ ROI file; save the ROIs with More > Save... in the ROI Manager.")
    rois = load_rois(path)
    if not rois:
        raise MovieError(f"'{path.name}' holds no ROI; add ROIs to the ROI Manager and save them again.")
    return rois


def _area(roi: Any, number: int, name: str, frame: int, shape: tuple[int, int]) -> list[Region] | None:
    """Return the region of a ROI; nothing if it lies outside, None if it has no area."""
    bounds = roi_bounds(roi)
    if bounds is None:
        return None
    left, top = max(0, math.floor(bounds[0])), max(0, math.floor(bounds[1]))
    right, bottom = min(shape[1], math.ceil(bounds[2])), min(shape[0], math.ceil(bounds[3]))
    if right <= left or bottom <= top:
        return []
    mask = roi_mask(roi, (bottom - top, right - left), (top, left))
    assert mask is not None
    return _region(number, name, frame, mask, top, left)


def _points(
    places: list[tuple[float, float, int]], number: int, name: str, shape: tuple[int, int], radius: float
) -> list[Region]:
    regions: list[Region] = []
    reach = math.floor(radius)
    for k, (px, py, frame) in enumerate(places):
        x, y = math.floor(px + 0.5), math.floor(py + 0.5)  # the pixel that ImageJ measures
        top, left = max(0, y - reach), max(0, x - reach)
        bottom, right = min(shape[0], y + reach + 1), min(shape[1], x + reach + 1)
        rows, columns = np.ogrid[top:max(top, bottom), left:max(left, right)]
        mask = (rows - y) ** 2 + (columns - x) ** 2 <= radius**2
        title = f"{name}-{k + 1}" if len(places) > 1 else name
        regions += _region(number, title, frame, mask, top, left)
    return regions


def _region(number: int, name: str, frame: int, mask: NDArray[np.bool_], top: int, left: int) -> list[Region]:
    y, x = np.nonzero(mask)
    return [Region(number, name, frame, y + top, x + left)] if y.size else []
