"""ImageJ ROIs of events: written so that ImageJ shows each on its own frame, and read back.

ImageJ puts the centre of the first pixel at 0.5; IVEA puts it at 0. A name follows the original program:
``<n>-event {<n>} | frame <F>``, in training sets with ``_class_<k>`` behind it.

Where a ROI is shown depends on the image (read in ImageJ 1.54p, ``RoiManager.restore`` and ``ImageCanvas.drawOverlay``,
and tested against it): an image with frames only, or slices only, is no hyperstack, and there only the plain stack
position counts; with channels it is one, and then the frame (or slice) is set and the channel left open, so that
the ROI shows in every channel.
"""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray
from roifile import ROI_OPTIONS, ROI_TYPE, ImagejRoi

from ivea_fiji.events.classes import BY_ID
from ivea_fiji.movie.mask import roi_bounds
from ivea_fiji.movie.rois import NO_MOVIE, Reference, is_point, load_rois, point_places, roi_frames
from ivea_fiji.results.palette import class_colour, class_group

if TYPE_CHECKING:
    from ivea_fiji.events.model import Result

T = TypeVar("T")
M = TypeVar("M")

UNDECIDED = -99
"""Class number of the original program for a candidate that no class reached the confidence for."""
_DATE = (1980, 1, 1, 0, 0, 0)
"""Time stamp inside zips, so that the same ROIs give the same bytes."""
_CLASS = re.compile(r"_class_(-?\d+)$")


@dataclass(frozen=True)
class Mark:
    """A circle or an outline at one place and frame.

    Attributes
    ----------
    name
        Name in ImageJ's list, unique in its file.
    frame
        Frame of the file, from 1; 0 if the ROI is tied to no frame.
    y, x
        Centre, px; the centre of the first pixel is 0.
    radius
        Half of the mean of width and height, px.
    outline
        Corners as x, y along the edges of pixels, origin at the outer corner of the first pixel; empty for a circle.
    class_id
        Class, None if the ROI tells none.
    class_name, probability, event
        What is kept as ROI properties; empty, NaN and 0 if not known.
    group
        Group of the ROI; 0 takes that of the class.
    more
        Other properties: keys and values.
    """

    name: str
    frame: int
    y: float
    x: float
    radius: float
    class_id: int | None = None
    class_name: str = ""
    probability: float = math.nan
    event: int = 0
    outline: tuple[tuple[int, int], ...] = ()
    group: int = 0
    more: tuple[tuple[str, str], ...] = ()
    roi: int = 0
    """Place of its ROI in the file it was read from, from 1; the points of one ROI share it."""


def event_marks(result: Result) -> list[Mark]:
    """Return one mark per event, of diameter twice the search radius."""
    return [
        Mark(
            f"{e.event}-event {{{e.event}}} | frame {result.movie.file_frame(e.frame)}",
            result.movie.file_frame(e.frame), float(e.y), float(e.x), float(result.params.search_radius),
            e.class_id, e.class_name, float(e.probability), e.event,
        )
        for e in result.events
    ]


def training_marks(result: Result) -> list[Mark]:
    """Return marks of all candidates for labelling: kept events first, then the rejected ones.

    A rejected candidate that looked like a fusion but stayed below the threshold, or repeats another event, has the
    class `UNDECIDED`, so that nothing is taught by accident.
    """
    radius = float(result.params.search_radius)
    rows = [(e.frame, e.y, e.x, e.class_id, e.class_name, e.probability) for e in result.events]
    for r in result.rejected:
        unsure = r.class_id >= 0 and r.reason in ("below threshold", "repeat")
        class_id = UNDECIDED if unsure else r.class_id
        class_name = BY_ID[class_id].name if class_id in BY_ID else "undecided"
        rows.append((r.frame, r.y, r.x, class_id, class_name, r.probability))
    marks = []
    for n, (t, y, x, class_id, class_name, probability) in enumerate(rows, 1):
        frame = result.movie.file_frame(t)
        name = f"{n}-event {{{n}}} | frame {frame}_class_{class_id}"
        marks.append(Mark(name, frame, float(y), float(x), radius, class_id, class_name, float(probability), n))
    return marks


def write_rois(path: Path, marks: Sequence[Mark], file_axes: str = "TYX") -> None:
    """Write `marks` as a ROI set that ImageJ opens; the same marks give the same bytes.

    Parameters
    ----------
    path
        The ``.zip`` to write; an existing one is replaced, never added to.
    marks
        What to write; names must differ.
    file_axes
        Axes of the movie the ROIs are for, those of length 1 left out (`Movie.file_axes`).
    """
    names = {m.name for m in marks}
    if len(names) != len(marks):
        raise ValueError("Names of ROIs must differ.")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for mark in marks:
            entry = zipfile.ZipInfo(f"{mark.name}.roi", _DATE)
            entry.create_system = 0
            archive.writestr(entry, _encode(mark, file_axes).tobytes())


def read_rois(path: Path, reference: Reference = NO_MOVIE) -> list[Mark]:
    """Read the ROIs of a ``.zip`` or ``.roi`` as marks: written here, by the original program, or by hand in ImageJ.

    The centre and size of an area are those of its bounding rectangle; every point of a point ROI is a mark. The frame
    is the ROI's frame, slice or plane, else the one its name tells (`roi_frames`); the class is told by the name's
    ``_class_<k>``, else by the property ``class_id``.

    Parameters
    ----------
    path
        The file.
    reference
        The movie the ROIs are for.

    Raises
    ------
    MovieError
        If the file is missing or holds no ROIs that can be read.
    """
    rois = load_rois(path)
    frames = roi_frames(rois, reference)
    return [
        mark for number, (roi, frame) in enumerate(zip(rois, frames, strict=True), 1)
        for mark in _decode(roi, frame, number, reference)
    ]  # fmt: skip


def _encode(mark: Mark, file_axes: str) -> ImagejRoi:
    """Return the ROI of a mark. All fields are set here, since roifile's own rounding changed between versions."""
    position, z, t = _position(mark.frame, file_axes)
    roi = ImagejRoi()
    roi.version = 228
    roi.name = mark.name
    if mark.outline:
        _trace(roi, np.array(mark.outline, np.int32))
    else:
        _circle(roi, mark)
    roi.position, roi.c_position, roi.z_position, roi.t_position = position, 0, z, t
    if mark.class_id is not None:
        roi.group = class_group(mark.class_id)
        roi.stroke_color = bytes.fromhex("ff" + class_colour(mark.class_id)[1:])
    elif mark.group:
        roi.stroke_color = bytes.fromhex("ff" + class_colour(mark.group - 1)[1:])
    roi.group = mark.group or roi.group
    roi.props = "".join(f"{key}: {value}\n" for key, value in _properties(mark))
    return roi


def _circle(roi: ImagejRoi, mark: Mark) -> None:
    left, top, side = mark.x + 0.5 - mark.radius, mark.y + 0.5 - mark.radius, 2 * mark.radius
    roi.roitype = ROI_TYPE.OVAL
    roi.options = ROI_OPTIONS.SUB_PIXEL_RESOLUTION
    roi.left, roi.top = math.trunc(left), math.trunc(top)
    roi.right, roi.bottom = roi.left + math.ceil(side), roi.top + math.ceil(side)
    roi.xd, roi.yd, roi.widthd, roi.heightd = left, top, side, side


def _trace(roi: ImagejRoi, corners: NDArray[np.int32]) -> None:
    (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    roi.roitype = ROI_TYPE.TRACED
    roi.left, roi.top, roi.right, roi.bottom = left, top, right, bottom
    roi.n_coordinates = len(corners)
    roi.integer_coordinates = corners - (left, top)


def _position(frame: int, file_axes: str) -> tuple[int, int, int]:
    """Return stack position, slice and frame; ImageJ heeds the first or the other two, never both."""
    if "C" not in file_axes:
        return frame, 0, 0
    return (0, 0, frame) if "T" in file_axes or "Z" not in file_axes else (0, frame, 0)


def _properties(mark: Mark) -> Iterable[tuple[str, str]]:
    if mark.class_id is not None:
        yield "class_id", str(mark.class_id)
    if mark.class_name:
        yield "class_name", mark.class_name
    if mark.event:
        yield "event", str(mark.event)
    if math.isfinite(mark.probability):
        yield "probability", f"{mark.probability:.4f}"
    yield from mark.more


def _decode(roi: ImagejRoi, frame: int, number: int, reference: Reference) -> list[Mark]:
    told = _CLASS.search(roi.name)
    props = dict(line.split(": ", 1) for line in roi.props.splitlines() if ": " in line)
    class_id = int(told[1]) if told else _number(props.get("class_id"), int, None)
    places: list[tuple[float, float, float, int]]
    if is_point(roi):
        places = [(y, x, 0.0, at) for x, y, at in point_places(roi, frame, reference)]
    else:
        left, top, right, bottom = roi_bounds(roi) or (roi.left, roi.top, roi.right, roi.bottom)
        radius = (right - left + bottom - top) / 4
        places = [((top + bottom) / 2 - 0.5, (left + right) / 2 - 0.5, radius, frame)]
    return [
        Mark(
            name=roi.name if len(places) == 1 else f"{roi.name}-{k}",
            frame=at,
            y=y,
            x=x,
            radius=radius,
            class_id=class_id,
            class_name=props.get("class_name", ""),
            probability=_number(props.get("probability"), float, math.nan),
            event=_number(props.get("event"), int, 0),
            roi=number,
        )
        for k, (y, x, radius, at) in enumerate(places, 1)
    ]


def _number(text: str | None, kind: Callable[[str], T], missing: M) -> T | M:
    """Return `text` as a number, or `missing` if it is none: properties can be edited by hand."""
    try:
        return kind(text) if text is not None else missing
    except ValueError:
        return missing
