"""Where frames come from: arrays, runs of bytes in a file, compressed pages, and their repair.

Nothing here maps a file into memory: mapped pages count as memory in use, so a long movie would
look as if it were loaded whole. Files are opened for every read, so one object may be read from
several threads and no file stays open (Windows could not rename it).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.errors import MovieError
from ivea_fiji.movie.movie import FrameSource

log = logging.getLogger(__name__)


def damaged(name: str, frame: int) -> MovieError:
    """Say that `frame` (from 0) of the file `name` cannot be read."""
    return MovieError(
        f"Frame {frame + 1} of '{name}' is damaged and cannot be read; save the movie again from the original, "
        "or set the last frame before it."
    )


class ArraySource:
    """Frames held in an array ``(t, y, x)``."""

    def __init__(self, frames: NDArray) -> None:
        self._frames = frames
        self.shape: tuple[int, int, int] = frames.shape  # type: ignore[assignment]
        self.dtype = frames.dtype

    def read(self, start: int, stop: int) -> NDArray:
        """Return frames ``start`` to ``stop`` (not included)."""
        return self._frames[start:stop]


class LazySource:
    """Frames that a function reads from a library's object."""

    def __init__(self, read: Callable[[int, int], NDArray], shape: tuple[int, int, int], dtype: np.dtype) -> None:
        self._read = read
        self.shape = shape
        self.dtype = np.dtype(dtype)

    def read(self, start: int, stop: int) -> NDArray:
        """Return frames ``start`` to ``stop`` (not included)."""
        return np.asarray(self._read(start, stop))


@dataclass(frozen=True)
class PageTable:
    """Where the pieces of every frame's page lie.

    Attributes
    ----------
    paths
        The files.
    file
        Index into `paths` for each frame, ``(t,)``.
    offsets, counts
        Byte position and length of each piece of each page, ``(t, pieces)``.
    """

    paths: tuple[Path, ...]
    file: NDArray[np.int16]
    offsets: NDArray[np.int64]
    counts: NDArray[np.int64]

    def readable(self) -> int:
        """Return how many frames, from the first, lie wholly inside their files."""
        sizes = np.array([os.path.getsize(path) for path in self.paths])
        ends = self.offsets + self.counts
        good = ((self.offsets > 0) & (self.counts > 0) & (ends <= sizes[self.file][:, None])).all(axis=1)
        return int(good.size if good.all() else np.argmin(good))

    def in_one_piece(self) -> bool:
        """Return True if the pieces of every page follow each other without a gap."""
        return bool((self.offsets[:, 1:] == self.offsets[:, :-1] + self.counts[:, :-1]).all())


class RawSource:
    """Uncompressed pages, read straight into the result.

    Parameters
    ----------
    table
        Position of every page, each of one piece.
    page_shape, dtype
        Shape of a page and its pixel type in the file's byte order.
    pick
        Index that takes the plane ``(y, x)`` out of a page.
    """

    def __init__(
        self, table: PageTable, page_shape: tuple[int, ...], dtype: np.dtype, pick: tuple[Any, ...] = ()
    ) -> None:
        self._table, self._page_shape, self._pick = table, page_shape, pick
        self._stored = np.dtype(dtype)
        self.dtype = self._stored.newbyteorder("=")
        plane = np.empty(page_shape, np.uint8)[pick].shape
        self.shape = (len(table.file), plane[0], plane[1])

    def read(self, start: int, stop: int) -> NDArray:
        """Return frames ``start`` to ``stop`` (not included)."""
        pages = np.empty((stop - start, *self._page_shape), self._stored)
        first = start
        while first < stop:
            last = self._run_end(first, stop)
            self._fill(pages[first - start : last - start], first)
            first = last
        planes = pages[(slice(None), *self._pick)]
        return planes.astype(self.dtype, copy=False)

    def _run_end(self, first: int, stop: int) -> int:
        """Return the end of the run of pages that follow each other without a gap."""
        table = self._table
        step = int(table.counts[first, 0])
        gaps = (np.diff(table.offsets[first:stop, 0]) != step) | (np.diff(table.file[first:stop]) != 0)
        return first + 1 + int(np.argmax(gaps)) if gaps.any() else stop

    def _fill(self, pages: NDArray, frame: int) -> None:
        path = self._table.paths[self._table.file[frame]]
        with open(path, "rb", buffering=0) as file:
            file.seek(int(self._table.offsets[frame, 0]))
            got = _read_into(file, pages.reshape(-1).view(np.uint8).data)
        if got < pages.nbytes:
            raise damaged(path.name, frame + got // pages[0].nbytes)


def _read_into(file: BinaryIO, buffer: memoryview) -> int:
    """Fill `buffer`; a single call reads at most about 2 GB on some systems."""
    done = 0
    while done < len(buffer):
        got = file.readinto(buffer[done : done + (1 << 28)])  # type: ignore[attr-defined]
        if not got:
            break
        done += got
    return done


class PageSource:
    """Compressed, tiled or packed pages, decoded by tifffile, several at a time.

    Parameters
    ----------
    table
        Position of every piece of every page.
    keyframe
        A `tifffile.TiffPage` with the layout all pages share.
    pick
        Index that takes the plane ``(y, x)`` out of a page.
    """

    def __init__(self, table: PageTable, keyframe: Any, pick: tuple[Any, ...] = ()) -> None:
        self._table, self._pick = table, pick
        self._decode = keyframe.decode
        self._tables = keyframe.jpegtables
        self._page_shape = keyframe.shape
        self._shaped = keyframe.shaped
        self.dtype = np.dtype(keyframe.dtype).newbyteorder("=")
        plane = np.empty(self._page_shape, np.uint8)[pick].shape
        self.shape = (len(table.file), plane[0], plane[1])
        self._workers = min(4, os.cpu_count() or 1)

    def read(self, start: int, stop: int) -> NDArray:
        """Return frames ``start`` to ``stop`` (not included)."""
        out = np.empty((stop - start, *self.shape[1:]), self.dtype)

        def fill(index: int) -> None:
            out[index] = self._page(start + index)[self._pick]

        if stop - start < 2 or self._workers == 1:
            for index in range(stop - start):
                fill(index)
        else:
            with ThreadPoolExecutor(self._workers) as pool:
                list(pool.map(fill, range(stop - start)))
        return out

    def _page(self, frame: int) -> NDArray:
        table = self._table
        path = table.paths[table.file[frame]]
        page = np.zeros(self._shaped, self.dtype)
        try:
            with open(path, "rb") as file:
                for index, (offset, count) in enumerate(zip(table.offsets[frame], table.counts[frame], strict=True)):
                    file.seek(int(offset))
                    piece, where, shape = self._decode(file.read(int(count)), index, jpegtables=self._tables)
                    if piece is not None:
                        _place(page, piece, where, shape)
        except Exception as error:  # codecs raise errors of their own kinds; all of them mean a bad page
            log.info("page %d of %s: %s", frame, path, error)
            raise damaged(path.name, frame) from error
        return page.reshape(self._page_shape)


def _place(page: NDArray, piece: NDArray, where: tuple[int, ...], shape: tuple[int, ...]) -> None:
    """Put a decoded strip or tile in its place; tiles at the border stick out and are cut."""
    sample, depth, row, column, _ = where
    target = page[sample, depth : depth + shape[0], row : row + shape[1], column : column + shape[2]]
    target[...] = piece[: target.shape[0], : target.shape[1], : target.shape[2]]


def usual_dtype(dtype: np.dtype) -> np.dtype:
    """Return the pixel type that frames of `dtype` are given in; raise `MovieError` if there is none."""
    if dtype.kind == "b":
        return np.dtype(np.uint8)
    if dtype.kind not in "iuf":
        raise MovieError(f"Pixels of type {dtype} cannot be analysed; convert the movie to 16-bit or 32-bit in ImageJ.")
    if dtype.itemsize == 8 or dtype == np.float16:
        return np.dtype(np.float32)
    return dtype.newbyteorder("=")


class TypedSource:
    """Frames in the pixel type that the rest of IVEA works with.

    Parameters
    ----------
    inner
        Frames as stored.
    offset_signed
        True for ImageJ's signed 16-bit, whose pixels are stored as unsigned numbers plus 32768.
    """

    def __init__(self, inner: FrameSource, offset_signed: bool = False) -> None:
        self.inner = inner
        self._offset_signed = offset_signed
        self.shape = inner.shape
        self.dtype = np.dtype(np.int16) if offset_signed else usual_dtype(inner.dtype)

    def read(self, start: int, stop: int) -> NDArray:
        """Return frames ``start`` to ``stop`` (not included)."""
        frames = self.inner.read(start, stop)
        if self._offset_signed:
            return (frames ^ np.uint16(0x8000)).view(np.int16)
        return frames.astype(self.dtype, copy=False)


class FiniteSource:
    """Frames whose NaN and infinite pixels are replaced by the median of their frame (0 if none is finite)."""

    def __init__(self, inner: FrameSource) -> None:
        self.inner = inner
        self.shape = inner.shape
        self.dtype = inner.dtype
        self.replaced = 0
        """Pixels replaced so far, over all reads."""
        self._lock = Lock()

    def read(self, start: int, stop: int) -> NDArray:
        """Return frames ``start`` to ``stop`` (not included)."""
        frames = self.inner.read(start, stop)
        good = np.isfinite(frames)
        if good.all():
            return frames
        frames = frames.copy()
        for frame, fine in zip(frames, good, strict=True):
            if not fine.all():
                frame[~fine] = np.median(frame[fine]) if fine.any() else 0
        with self._lock:
            self.replaced += int(good.size - good.sum())
        return frames
