"""The outline of the cell: ImageJ ROIs or a mask image, as pixels."""

from __future__ import annotations

import logging
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.errors import MovieError
from ivea_fiji.movie.rois import ROI_SUFFIXES, load_rois

log = logging.getLogger(__name__)

_CROSSINGS = 1 << 20
"""Of edges with rows, worked on at once."""


def load_mask(path: str | Path, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Read a cell mask.

    Parameters
    ----------
    path
        An ImageJ ROI (.roi), a zip of them (their union is taken), or an image whose non-zero
        pixels are the cell.
    shape
        Height and width of the movie in pixels.

    Returns
    -------
    NDArray
        Mask ``(y, x)``, True inside the cell.

    Raises
    ------
    MovieError
        If the file is missing or unreadable, has another size, or leaves no pixel.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise MovieError(f"There is no cell mask '{path}'; check its name and folder.")
    mask = _from_rois(path, shape) if path.suffix.lower() in ROI_SUFFIXES else _from_image(path, shape)
    if not mask.any():
        raise MovieError(f"The cell mask '{path.name}' has no pixel inside the movie; draw it on this movie.")
    return mask


def _from_rois(path: Path, shape: tuple[int, int]) -> NDArray[np.bool_]:
    mask = np.zeros(shape, np.bool_)
    areas = 0
    for roi in load_rois(path, "outline"):
        area = roi_mask(roi, shape)
        if area is not None:
            mask |= area
            areas += 1
    if not areas:
        raise MovieError(f"'{path.name}' holds no ROI with an area; draw the cell as rectangle, oval or polygon.")
    return mask


def roi_mask(
    roi: Any, shape: tuple[int, int], corner: tuple[int, int] = (0, 0)
) -> NDArray[np.bool_] | None:
    """Return the pixels ``(y, x)`` whose centre lies inside an ImageJ ROI, or None if it has no area.

    Parameters
    ----------
    roi
        A `roifile.ImagejRoi`; its coordinates have their origin at the corner of the first pixel.
    shape
        Height and width of the mask in pixels.
    corner
        Pixel (y, x) of the movie that is the first of the mask.
    """
    from roifile import ROI_TYPE

    bounds = roi_bounds(roi)
    if bounds is None:
        return None
    if roi.composite or roi.roitype not in (ROI_TYPE.RECT, ROI_TYPE.OVAL):
        return fill_outlines([outline - [corner[1], corner[0]] for outline in roi.coordinates(multi=True)], shape)
    left, top, right, bottom = bounds
    y = np.arange(corner[0], corner[0] + shape[0])[:, None] + 0.5
    x = np.arange(corner[1], corner[1] + shape[1])[None, :] + 0.5
    if roi.roitype == ROI_TYPE.RECT:
        return (x >= left) & (x < right) & (y >= top) & (y < bottom)
    wide, high = max(right - left, 1e-9) / 2, max(bottom - top, 1e-9) / 2
    return ((x - (left + right) / 2) / wide) ** 2 + ((y - (top + bottom) / 2) / high) ** 2 <= 1


def roi_bounds(roi: Any) -> tuple[float, float, float, float] | None:
    """Return left, top, right and bottom of an ImageJ ROI, with fractions of a pixel; None if it has no area."""
    from roifile import ROI_SUBTYPE, ROI_TYPE

    if roi.subtype in (ROI_SUBTYPE.TEXT, ROI_SUBTYPE.ARROW, ROI_SUBTYPE.IMAGE):
        return None
    if roi.composite or roi.roitype in (ROI_TYPE.POLYGON, ROI_TYPE.FREEHAND, ROI_TYPE.TRACED):
        outlines = [outline for outline in roi.coordinates(multi=True) if len(outline)]
        if not outlines:
            return None
        corners = np.concatenate(outlines)
        (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
        return float(left), float(top), float(right), float(bottom)
    if roi.roitype not in (ROI_TYPE.RECT, ROI_TYPE.OVAL):
        return None
    if roi.subpixelrect:
        return roi.xd, roi.yd, roi.xd + roi.widthd, roi.yd + roi.heightd
    return roi.left, roi.top, roi.right, roi.bottom


def fill_outlines(outlines: list[NDArray], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the pixels whose centre lies inside an odd number of closed outlines (holes stay empty).

    Parameters
    ----------
    outlines
        Corners ``(n, 2)`` as x, y; origin at the corner of the first pixel.
    shape
        Height and width in pixels.

    Notes
    -----
    Scan line: an edge that crosses the line through the pixel centres of a row flips all pixels
    to the right of the crossing. As in ImageJ, a centre on a left edge is outside and one on a
    right edge inside.
    """
    height, width = shape
    flips = np.zeros((height, width + 1), np.int32)
    for outline in outlines:
        begin = np.asarray(outline, float).reshape(-1, 2)
        end = np.roll(begin, -1, axis=0)
        low, high = np.minimum(begin[:, 1], end[:, 1]), np.maximum(begin[:, 1], end[:, 1])
        first = np.clip(np.ceil(low - 0.5), 0, height).astype(np.int64)
        count = np.maximum(np.clip(np.ceil(high - 0.5), 0, height).astype(np.int64) - first, 0)
        for some in _pieces(count):
            edge = np.repeat(np.arange(some.start, some.stop), count[some])
            rows = first[edge] + np.arange(len(edge)) - np.repeat(np.cumsum(count[some]) - count[some], count[some])
            (x0, y0), (x1, y1) = begin[edge].T, end[edge].T
            crossing = x0 + (rows + 0.5 - y0) * (x1 - x0) / (y1 - y0)
            columns = np.clip(np.ceil(crossing - 0.5 + 1e-8), 0, width).astype(np.int64)
            np.add.at(flips, (rows, columns), 1)
    return np.cumsum(flips, axis=1)[:, :width] % 2 == 1


def _pieces(count: NDArray[np.int64]) -> list[slice]:
    """Return edges in groups that cross a bounded number of rows together, so that memory stays small."""
    ends = np.searchsorted(np.cumsum(count) // _CROSSINGS, np.arange(1, int(count.sum()) // _CROSSINGS + 1))
    bounds = np.unique([0, *ends, len(count)])
    return [slice(int(a), int(b)) for a, b in pairwise(bounds)]


def _from_image(path: Path, shape: tuple[int, int]) -> NDArray[np.bool_]:
    pixels = _read_image(path)
    if pixels is None:
        raise MovieError(f"The cell mask '{path.name}' is neither an ImageJ ROI nor an image; save it as .roi or .tif.")
    if pixels.ndim == 3 and pixels.shape[-1] in (3, 4):
        pixels = pixels[..., :3].max(axis=-1)
    if pixels.shape != shape:
        size = " x ".join(str(n) for n in pixels.shape[::-1])
        raise MovieError(
            f"The cell mask '{path.name}' has {size} pixels, but the movie has {shape[1]} x {shape[0]}; "
            "draw it on this movie."
        )
    return np.nan_to_num(pixels) != 0


def _read_image(path: Path) -> NDArray | None:
    """Return the image, or None if it cannot be read."""
    import cv2
    import tifffile

    try:
        return np.squeeze(tifffile.imread(path))
    except Exception as error:  # no TIFF: perhaps a PNG
        log.debug("%s: %s", path, error)
    data = np.fromfile(path, np.uint8)
    return cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
