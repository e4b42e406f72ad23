"""Microscope formats (nd2, czi, lif) through the optional bioio readers."""

from __future__ import annotations

import importlib
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.errors import MissingDependencyError
from ivea_fiji.movie.axes import channel_index, choose_axes
from ivea_fiji.movie.readers import Opened, colour, not_an_image
from ivea_fiji.movie.scale import Scale, interval, pixel_size
from ivea_fiji.movie.sources import LazySource, TypedSource, damaged
from ivea_fiji.params import MovieParams

log = logging.getLogger(__name__)

READERS = {".nd2": "bioio_nd2", ".czi": "bioio_czi", ".lif": "bioio_lif"}


def open_vendor(path: Path, params: MovieParams) -> Opened:
    """Open an nd2, czi or lif file.

    Parameters
    ----------
    path
        The file; its suffix must be one of `READERS`.
    params
        Channel and how Z is to be taken.

    Raises
    ------
    MissingDependencyError
        If the reader is not installed.
    MovieError
        If the file is damaged or holds no time lapse of one plane.
    """
    image_class, reader = _reader(path)
    try:
        image = image_class(path, reader=reader)
        sizes = {axis: int(getattr(image.dims, axis)) for axis in image.dims.order}
        scenes = len(image.scenes)
        scale = _scale(image)
    except Exception as error:  # readers raise errors of their own kinds for damaged files
        log.info("%s: %s", path, error)
        raise not_an_image(path.name) from error
    if sizes.get("S", 1) > 1:
        raise colour(path.name)
    choice = choose_axes(path.name, sizes, params.z_is_time, scale.z_step)
    channel = channel_index(path.name, params.channel, sizes.get("C", 1))
    notes = (f"'{path.name}' holds {scenes} movies; the first was taken.",) if scenes > 1 else ()
    source = TypedSource(_source(image, sizes, choice.frame_axis, channel, path.name))
    return Opened(source, scale, choice.file_axes, (*notes, *choice.notes), sizes.get("C", 1))


def _reader(path: Path) -> tuple[Any, Any]:
    module = READERS[path.suffix.lower()]
    try:
        return importlib.import_module("bioio").BioImage, importlib.import_module(module).Reader
    except ImportError as error:
        raise MissingDependencyError(
            f'Reading {path.suffix} files needs an optional part; install it with: pip install "ivea-fiji[formats]".'
        ) from error


def _scale(image: Any) -> Scale:
    """Return the scale; a time without a unit is not believed, because readers disagree on it."""
    sizes = image.physical_pixel_sizes
    time = getattr(image, "time_interval", None)
    seconds = time.total_seconds() if isinstance(time, timedelta) else None
    step = pixel_size(getattr(sizes, "Z", None), "um", 1000.0)
    return Scale(pixel_size(getattr(sizes, "X", None)), interval(seconds), f"{step:.4g} um" if step else "")


def _source(image: Any, sizes: dict[str, int], frame_axis: str, channel: int, name: str) -> LazySource:
    fixed = {"C": channel} if "C" in sizes else {}
    fixed |= {axis: 0 for axis in sizes if axis not in (frame_axis, "Y", "X", "C")}
    frames = image.get_image_dask_data(f"{frame_axis}YX", **fixed)

    def read(start: int, stop: int) -> NDArray:
        try:
            return np.asarray(frames[start:stop].compute())
        except Exception as error:  # see above
            log.info("frames %d to %d of %s: %s", start, stop, name, error)
            raise damaged(name, start) from error

    return LazySource(read, frames.shape, frames.dtype)
