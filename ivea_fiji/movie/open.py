"""The one way in: a file, an array or a movie becomes a `Movie`."""

from __future__ import annotations

import logging
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.errors import IveaError, MovieError
from ivea_fiji.movie.axes import channel_index
from ivea_fiji.movie.formats import READERS, THROUGH_FIJI, open_vendor, through_fiji
from ivea_fiji.movie.image import ImageInput, is_same, open_sent
from ivea_fiji.movie.mask import load_mask
from ivea_fiji.movie.movie import FrameSource, Movie
from ivea_fiji.movie.readers import Opened, open_tiff
from ivea_fiji.movie.reduce import cut, frame_range, reduce, skip
from ivea_fiji.movie.sources import ArraySource, FiniteSource, TypedSource
from ivea_fiji.movie.validity import mark_bad
from ivea_fiji.movie.zarr import is_zarr, open_zarr
from ivea_fiji.params import MovieParams

log = logging.getLogger(__name__)

DEFAULTS = MovieParams()
_DIFFERS = 0.03
"""Part by which a given interval and the file's differ that is worth a sentence."""


def open_movie(
    movie: str | Path | NDArray | Movie | ImageInput, params: MovieParams = DEFAULTS, *, repair: bool = True
) -> Movie:
    """Open a time lapse of one channel for reading in blocks.

    Parameters
    ----------
    movie
        A file (TIFF family, OME-Zarr folder, or nd2, czi, lif with the optional readers), an array
        ``(t, y, x)``, a `Movie` from which a part is to be taken, or an image of ImageJ.
    params
        Channel, frame range, reduction, scale and cell mask.
    repair
        Whether NaN and infinite pixels are replaced; without it they are given as they are.

    Returns
    -------
    Movie
        Frames of int16, uint8, uint16, (u)int32 or float32; NaN and infinite pixels are replaced
        by the median of their frame, and `look_over` leaves them out. Pixel size in um and frame interval
        (of the frames given, so after reduction) in s, None where unknown.

    Raises
    ------
    MovieError
        If the file cannot be read or is not a time lapse; one sentence says what to do.
    MissingDependencyError
        If an optional reader is needed.
    """
    if isinstance(movie, Movie):
        channel_index(movie.name, params.channel, 1)
        return _finish(movie, params)
    if isinstance(movie, np.ndarray):
        return _finish(_from_array(movie, params, repair), params)
    if isinstance(movie, ImageInput):
        return _finish(_from_image(movie, params, repair), params)
    path = Path(movie).expanduser()
    return _finish(_whole(_open_path(path, params), path.name, path, repair), params)


def is_on_disk(image: ImageInput, params: MovieParams) -> bool:
    """Return whether the file of an image of ImageJ can be read instead of the image."""
    if not image.path or image.modified:
        return False
    try:
        return is_same(image, _open_path(Path(image.path), params), params)
    except IveaError as error:
        log.info("%s is sent: %s", image.title, error)
        return False


def _whole(opened: Opened, name: str, path: Path | None, repair: bool) -> Movie:
    source: FrameSource = opened.source
    if source.dtype.kind == "f" and repair:
        source = FiniteSource(source)
    scale = opened.scale
    time = scale.timing
    return Movie(
        source, name, path, scale.pixel_size_um, time.interval_s, times_s=time.times_s, file_axes=opened.file_axes,
        channels=opened.channels, notes=(*opened.notes, *time.notes),
    )  # fmt: skip


def _from_image(image: ImageInput, params: MovieParams, repair: bool) -> Movie:
    """Open the pixels that were sent or the file; the scale is what ImageJ says, where it says something."""
    if image.pixels is not None:
        return _whole(open_sent(image, params), image.title, None, repair)
    if image.stand_in:
        return _whole(_open_path(Path(image.stand_in), params), image.title, None, repair)
    path = Path(image.path)
    opened = _open_path(path, params)
    movie = _whole(opened, path.name, path, repair)
    told = image.scale
    movie = replace(movie, pixel_size_um=_newer(told.pixel_size_um, movie.pixel_size_um))
    shown, planned = told.frame_interval_s, opened.scale.timing.planned_s
    if shown is None or (planned is not None and math.isclose(shown, planned, rel_tol=1e-3)):
        return movie  # ImageJ shows what was planned, and the file may have stamps
    return _with_interval(movie, _newer(shown, movie.frame_interval_s), "ImageJ says")


def _with_interval(movie: Movie, seconds: float | None, who: str) -> Movie:
    """Return the movie with an interval that outweighs its own; if they differ much, a note says so."""
    filed = movie.frame_interval_s
    if seconds is None or seconds == filed:
        return movie
    notes = movie.notes
    if filed and abs(seconds / filed - 1) > _DIFFERS:
        notes = (*notes, f"The frame interval is taken as {seconds:.4g} s, as {who}; the file says {filed:.4g} s.")
    return replace(movie, frame_interval_s=seconds, times_s=None, notes=notes)


def _newer(told: float | None, filed: float | None) -> float | None:
    """Return what ImageJ says, but the file's own number if they differ by rounding only."""
    if told is None or (filed is not None and math.isclose(told, filed, rel_tol=1e-6)):
        return filed
    return told


def _open_path(path: Path, params: MovieParams) -> Opened:
    if is_zarr(path):
        return open_zarr(path, params)
    if path.is_dir():
        raise MovieError(
            f"'{path}' is a folder, not a movie; name a file, and import single images in ImageJ with "
            "File > Import > Image Sequence first."
        )
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise MovieError(f"There is no file '{path}'; check its name and folder.") from None
    except OSError as error:
        raise _no_access(path, error) from error
    if size == 0:
        raise MovieError(f"'{path.name}' is empty (0 bytes); copy or export it again.")
    try:
        with open(path, "rb") as file:
            file.read(1)
        suffix = path.suffix.lower()
        if suffix in THROUGH_FIJI:
            raise through_fiji(path)
        return open_vendor(path, params) if suffix in READERS else open_tiff(path, params)
    except OSError as error:
        raise _no_access(path, error) from error


def _no_access(path: Path, error: OSError) -> MovieError:
    reason = error.strerror or type(error).__name__
    return MovieError(f"'{path}' cannot be opened ({reason}); check that you may read it.")


def _from_array(frames: NDArray, params: MovieParams, repair: bool) -> Movie:
    """Wrap an array; it is not copied."""
    name = "array"
    if frames.ndim == 4 and frames.shape[-1] in (3, 4):
        raise MovieError("The array holds colour (RGB) frames; give grey values as (frames, height, width).")
    if frames.ndim != 3 or 0 in frames.shape:
        raise MovieError(f"The array has the shape {frames.shape}; give frames as (frames, height, width).")
    if frames.shape[0] < 2:
        raise MovieError("The array has only one frame, and IVEA needs a time lapse; give all frames.")
    channel_index(name, params.channel, 1)
    source: FrameSource = TypedSource(ArraySource(frames))
    return Movie(FiniteSource(source) if source.dtype.kind == "f" and repair else source, name)


def _finish(movie: Movie, params: MovieParams) -> Movie:
    """Apply what the user says: scale, range, reduction and mask."""
    if params.pixel_size_um:
        movie = replace(movie, pixel_size_um=params.pixel_size_um)
    movie = _with_interval(movie, params.frame_interval_s or None, "you say")
    first, stop = frame_range(movie.name, movie.shape[0], params.first_frame, params.last_frame)
    movie = mark_bad(skip(cut(movie, first, stop), params.every_nth), params.bad_frames)
    movie = reduce(movie, params.reduce_frames, params.reduce_with)
    if params.cell_mask:
        mask = load_mask(params.cell_mask, movie.shape[1:])
        movie = replace(movie, mask=mask if movie.mask is None else _both(mask, movie.mask, movie.name))
    return replace(movie, notes=_with_scale_notes(movie))


def _both(new: NDArray[np.bool_], old: NDArray[np.bool_], name: str) -> NDArray[np.bool_]:
    both = new & old
    if not both.any():
        raise MovieError(f"The cell mask has no pixel inside the mask '{name}' already has; draw it again.")
    return both


def _with_scale_notes(movie: Movie) -> tuple[str, ...]:
    """Return the notes with one for each scale that is unknown, and none that is outdated."""
    pixel = "The pixel size is unknown: results are in pixels only; it can be given as pixel_size_um."
    time = "The frame interval is unknown: results are in frames only; it can be given as frame_interval_s."
    notes = [note for note in movie.notes if note not in (pixel, time)]
    notes += [pixel] if movie.pixel_size_um is None else []
    notes += [time] if movie.frame_interval_s is None else []
    return tuple(notes)
