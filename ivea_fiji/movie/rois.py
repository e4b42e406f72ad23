"""ImageJ ROIs as they lie in a file: read once, for labels, regions and masks alike; their frames and their places.

Where ImageJ and a file format leave several readings, ImageJ 1.54p decides (asked by the tests).
"""

from __future__ import annotations

import logging
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.errors import MovieError

log = logging.getLogger(__name__)

ROI_SUFFIXES = (".roi", ".zip")
_MOST_BYTES = 64_000_000
"""Of one ROI: an outline of two million corners."""
_MOST_ALL = 1_000_000_000
"""Of all ROIs of a zip, unpacked."""
_FARTHEST = 1e6
"""No image is so large that a ROI could lie farther out, px."""
_FRAME = re.compile(r"\|\s*frame\s*(\d+)")
_IMAGEJ_NAMES = ((14, 4, 9), (17, 5, 11), (20, 6, 13))
"""Least length and places of the dashes in names such as 0034-0094-0091, which the ROI Manager makes of slice, y, x."""


@dataclass(frozen=True)
class Reference:
    """What labels and ROIs refer to.

    Attributes
    ----------
    axis
        Which of ImageJ's axes holds the frames of the movie; empty if no movie is known.
    channels
        Channels of the movie, which alternate in ImageJ's stack.
    pixel_size_um
        Size of a pixel, for tables that tell places in um.
    """

    axis: Literal["", "T", "Z"] = ""
    channels: int = 1
    pixel_size_um: float | None = None

    def frame_of_plane(self, plane: int) -> int:
        """Return the frame (from 1) of a plane of ImageJ's stack (from 1); 0 of none."""
        return (plane - 1) // self.channels + 1 if plane > 0 else 0


NO_MOVIE = Reference()


def load_rois(path: Path, what: str = "ROIs") -> list[Any]:
    """Return the ROIs of an ImageJ file in its order, those of equal names too.

    Parameters
    ----------
    path
        A ``.roi``, or a ``.zip`` of them.
    what
        What the user is to save again if the file is damaged.

    Raises
    ------
    MovieError
        If there is no such file, or one of its ROIs cannot be read.
    """
    if not path.is_file():
        raise MovieError(f"There is no ROI file '{path}'; check its name and folder.")
    try:
        rois = [_decode(data, name) for name, data in _entries(path)]
    except Exception as error:  # damaged files make zipfile, zlib and roifile raise errors of many kinds
        log.info("%s: %s", path, error)
        raise MovieError(f"'{path.name}' holds no ImageJ ROI that can be read; save the {what} again.") from error
    for number, roi in enumerate(rois, 1):
        if not _lies_somewhere(roi):
            raise MovieError(f"ROI {number} of '{path.name}' lies nowhere (its place is no number); draw it again.")
    return rois


def _entries(path: Path) -> list[tuple[str, bytes]]:
    """Return name and bytes of every ROI; of entries of one name, each its own bytes."""
    if path.suffix.lower() != ".zip":
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("too large for a ROI")
        return [(path.stem, path.read_bytes())]
    with zipfile.ZipFile(path) as archive:
        some = [entry for entry in archive.infolist() if entry.filename.lower().endswith(".roi")]
        if any(e.file_size > _MOST_BYTES for e in some) or sum(e.file_size for e in some) > _MOST_ALL:
            raise ValueError("too large for ROIs")
        return [(Path(entry.filename).stem, archive.read(entry)) for entry in some]


def _decode(data: bytes, name: str) -> Any:
    from roifile import ImagejRoi

    roi = ImagejRoi.frombytes(data)
    roi.name = roi.name or name  # as ImageJ names it
    return roi


def _lies_somewhere(roi: Any) -> bool:
    """Whether all numbers that tell the place of a ROI are some; what has no area is none of our business here."""
    from roifile import ROI_TYPE

    parts: list[Any] = [getattr(roi, n, None) for n in ("subpixel_coordinates", "multi_coordinates")]
    if roi.subpixelrect:
        parts.append([roi.xd, roi.yd, roi.widthd, roi.heightd])
    if roi.roitype == ROI_TYPE.LINE:
        parts.append([roi.x1, roi.y1, roi.x2, roi.y2])
    return all(bool((np.abs(np.asarray(part, float)) < _FARTHEST).all()) for part in parts if part is not None)


def roi_frames(rois: Sequence[Any], reference: Reference = NO_MOVIE) -> list[int]:
    """Return the frame (from 1) to which each ROI of a set is tied; 0 of those that are tied to none.

    A ROI tells its slice and frame, or its plane in the stack, or says so in its name (``| frame 34``, or as the ROI
    Manager names ROIs). Frames lie in T or in Z. Where the movie's axis is T but all ROIs of a set lie at time point 1
    of several slices, they were drawn on a stack whose frames were slices.
    """
    axis = reference.axis
    z, t = ([int(getattr(roi, name) or 0) for roi in rois] for name in ("z_position", "t_position"))
    if (axis == "T" and max(t, default=0) <= 1 < max(z, default=0)) or (
        axis == "Z" and max(z, default=0) <= 1 < max(t, default=0)
    ):
        axis = ""
    return [_frame(roi, axis, reference) for roi in rois]


def _frame(roi: Any, axis: str, reference: Reference) -> int:
    z, t = max(int(roi.z_position or 0), 0), max(int(roi.t_position or 0), 0)
    if z or t:
        return {"T": t or z, "Z": z or t}.get(axis, max(z, t))
    return reference.frame_of_plane(int(roi.position or 0)) or _named_frame(roi.name, reference)


def _named_frame(name: str, reference: Reference) -> int:
    told = _FRAME.search(name)
    if told:
        return int(told[1])
    for length, first, second in _IMAGEJ_NAMES:
        if len(name) >= length and name[first] == name[second] == "-":
            return reference.frame_of_plane(int(name[:first])) if name[:first].isdecimal() else 0
    return 0


def is_point(roi: Any) -> bool:
    """Whether a ROI is a point, or several."""
    from roifile import ROI_TYPE

    return bool(roi.roitype == ROI_TYPE.POINT)


def point_places(roi: Any, frame: int, reference: Reference = NO_MOVIE) -> list[tuple[float, float, int]]:
    """Return x, y and frame of every point of a point ROI.

    ImageJ counts points from the centre of the first pixel, unlike areas, and keeps the plane of every point of
    several; `frame` is that of the ROI, for points that tell none.
    """
    places: NDArray = np.asarray(roi.coordinates(), float).reshape(-1, 2)
    planes = roi.counter_positions
    planes = np.zeros(len(places), int) if planes is None or len(planes) != len(places) else planes
    return [
        (float(x), float(y), reference.frame_of_plane(int(plane)) or frame)
        for (x, y), plane in zip(places, planes, strict=True)
    ]


def shown_name(name: str, longest: int = 40) -> str:
    """Return a name in one short line, for sentences."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    return plain if len(plain) <= longest else plain[: longest - 3] + "..."
