"""The TIFF family: ImageJ, OME, BigTIFF, MetaMorph STK, Zeiss LSM and plain pages, through tifffile.

tifffile finds the pages and what they mean; only their positions are kept, so opening a movie
costs a few microseconds per page, and the frames are read later without it.
"""

from __future__ import annotations

import logging
import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.errors import MovieError
from ivea_fiji.movie.axes import AxisChoice, channel_index, choose_axes
from ivea_fiji.movie.chain import cut_off, follow_chain
from ivea_fiji.movie.headers import read_scale, with_page_stamps
from ivea_fiji.movie.movie import FrameSource
from ivea_fiji.movie.scale import Scale
from ivea_fiji.movie.series import check_set, choose_series
from ivea_fiji.movie.sources import PageSource, PageTable, RawSource, TypedSource
from ivea_fiji.movie.stamps import Frames
from ivea_fiji.params import MovieParams

log = logging.getLogger(__name__)
# tifffile reports what it repairs as errors; with no handler at all Python would write them to the user's terminal.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

TIFF_SUFFIXES = (".tif", ".tiff", ".tf2", ".tf8", ".btf", ".stk", ".lsm")
COLOUR = (2, 5, 6, 8)
"""Photometric codes of colour images: RGB, CMYK, YCbCr, CIELab."""


@dataclass(frozen=True)
class Opened:
    """A file whose frames can be read, before frame range, reduction and mask."""

    source: FrameSource
    scale: Scale
    file_axes: str
    notes: tuple[str, ...] = ()
    channels: int = 1


def open_tiff(path: Path, params: MovieParams) -> Opened:
    """Open a file of the TIFF family.

    Parameters
    ----------
    path
        The file.
    params
        Channel and how Z is to be taken.

    Raises
    ------
    MovieError
        If the file is no TIFF, is cut off, or holds no time lapse of one plane.
    """
    import tifffile

    try:
        with tifffile.TiffFile(path) as tif:
            return _open(tif, path, params)
    except MovieError:
        raise
    except Exception as error:  # damaged headers make tifffile raise errors of many kinds
        log.info("%s: %s", path, error, exc_info=True)
        raise not_an_image(path.name) from error


def not_an_image(name: str) -> MovieError:
    """Say that a file cannot be read as an image."""
    return MovieError(
        f"'{name}' is not an image IVEA can read, or it is damaged; open it in ImageJ and save it as TIFF."
    )


def colour(name: str) -> MovieError:
    """Say that an image has no grey values."""
    return MovieError(
        f"'{name}' is a colour (RGB) image; choose one of its colours (colour=green), or convert it to grey values in "
        "ImageJ with Image > Type > 8-bit."
    )


def _open(tif: Any, path: Path, params: MovieParams) -> Opened:
    if not tif.pages and follow_chain(path).broken:
        raise cut_off(path.name, 0, None)
    # tifffile would go around for ever. Offsets of LSM files beyond 4 GB only seem to lead back.
    if not tif.is_lsm and follow_chain(path).looped:
        raise not_an_image(path.name)
    check_set(tif, path)
    _check_length(tif, path)
    series, index, notes = choose_series(tif, path.name, params.scene)
    page = series.keyframe
    scale = read_scale(tif, series.kind, index)
    # Axes of length 1 say nothing, and a file may have several of one letter.
    sizes = {axis: size for axis, size in zip(series.axes, series.shape, strict=True) if size > 1 or axis in "YX"}
    if "S" in series.axes and page.photometric in COLOUR:
        if params.colour == "none":
            raise colour(path.name)
        params = params.model_copy(update={"channel": 1 + ("red", "green", "blue").index(params.colour)})
    choice = choose_axes(path.name, sizes, params.z_is_time, scale.z_step)
    channels = sizes.get(choice.channel_axis, 1)
    channel = channel_index(path.name, params.channel, channels)
    order = _frame_pages(series, choice, channel)
    scale = with_page_stamps(scale, tif, Frames(len(order), lambda t: series[int(order[t])]))
    source = _source(tif, series, path, choice, channel, order)
    signed = scale.offset_signed and source.dtype == np.uint16
    told = (*notes, *choice.notes, *scale.notes)
    return Opened(TypedSource(source, signed), scale, choice.file_axes, told, channels)


def _check_length(tif: Any, path: Path) -> None:
    """Refuse a file that ends before its last frame, as far as its header and its pages tell.

    This comes before tifffile lists the series, because it makes the best of a damaged file, for
    example a single page of an ImageJ file, which has all frames first and the other pages' tags
    behind them. Those tags may be missing if all frames are there, as in ImageJ files above 4 GB.
    """
    page = tif.pages.first
    meta = (tif.imagej_metadata if tif.is_imagej else None) or {}
    channels = max(1, int(meta.get("channels", 1))) if page.samplesperpixel == 1 else 1
    promised = int(meta.get("images", 1)) // channels
    size = tif.filehandle.size
    if promised > 1 and page.is_contiguous:
        available = (size - page.dataoffsets[0]) // page.nbytes // channels
        if available >= promised and not tif.is_ome:
            return
        if not tif.pages.is_multipage:
            raise cut_off(path.name, available, promised)
    chain = follow_chain(path)
    if chain.broken:
        pages = chain.pages
        while pages and not _inside(tif.pages[pages - 1], size):
            pages -= 1
        raise cut_off(path.name, pages // channels, promised if promised > 1 else None)


def _inside(page: Any, size: int) -> bool:
    """Return True if the pixels of a page lie before the end of the file."""
    return all(start + count <= size for start, count in zip(page.dataoffsets, page.databytecounts, strict=True))


def _frame_pages(series: Any, choice: AxisChoice, channel: int) -> NDArray[np.intp]:
    """Return the pages of the series, from 0, of one channel in the order of time."""
    inner = len(series.keyframe.shape)
    outer_axes, outer_shape = series.axes[:-inner], series.shape[:-inner]
    pages = np.arange(math.prod(outer_shape)).reshape(outer_shape)
    if choice.channel_axis and choice.channel_axis in outer_axes:
        pages = pages.take(channel, outer_axes.index(choice.channel_axis))
    return pages.ravel()


def _source(
    tif: Any, series: Any, path: Path, choice: AxisChoice, channel: int, order: NDArray[np.intp]
) -> FrameSource:
    """Return the frames of one channel, of the pages `order`."""
    page = series.keyframe
    page_axes = series.axes[-len(page.shape) :]
    pick: tuple[Any, ...] = ()
    if choice.channel_axis and choice.channel_axis in page_axes:
        pick = tuple(channel if axis == choice.channel_axis else slice(None) for axis in page_axes)
    start = series.dataoffset if page.is_final and not series.is_multifile else None
    table = _page_table(series, order, path) if start is None else _contiguous(path, start, page.nbytes, order)
    readable = table.readable()
    if readable < len(order):
        raise cut_off(path.name, readable, len(order))
    if page.is_final and table.in_one_piece():
        return RawSource(_whole_pages(table, page.nbytes), page.shape, page.dtype.newbyteorder(tif.byteorder), pick)
    return PageSource(table, _light_page(page), pick)


def _contiguous(path: Path, start: int, nbytes: int, order: NDArray[np.intp]) -> PageTable:
    offsets = start + order.astype(np.int64)[:, None] * nbytes
    return PageTable((path,), np.zeros(len(order), np.int16), offsets, np.full_like(offsets, nbytes))


def _whole_pages(table: PageTable, nbytes: int) -> PageTable:
    """Take the strips of an uncompressed page, which follow each other, as one piece."""
    first = table.offsets[:, :1]
    return PageTable(table.paths, table.file, first, np.full_like(first, nbytes))


def _light_page(keyframe: Any) -> Any:
    """Return the keyframe of a freshly opened file, which does not hold all other pages in memory."""
    import tifffile

    with tifffile.TiffFile(keyframe.parent.filehandle.path) as fresh:
        return fresh.pages[keyframe.index]


def _page_table(series: Any, order: NDArray[np.intp], path: Path) -> PageTable:
    """Collect the positions of all pieces of the pages `order` of a series."""
    files: dict[Path, int] = {}
    file, offsets, counts = [], [], []
    for done, index in enumerate(order):
        try:
            page = series[int(index)]
        except (IndexError, struct.error):
            page = None
        if page is None or len(page.dataoffsets) != len(page.databytecounts):
            raise cut_off(path.name, done, len(order))
        where = Path(page.parent.filehandle.path)
        file.append(files.setdefault(where, len(files)))
        offsets.append(page.dataoffsets)
        counts.append(page.databytecounts)
    return PageTable(
        tuple(files), np.array(file, np.int16), np.array(offsets, np.int64), np.array(counts, np.int64)
    )
