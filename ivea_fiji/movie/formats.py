"""Microscope formats: nd2, czi, lif through the optional bioio readers; of others, the way through Fiji."""

from __future__ import annotations

import importlib
import logging
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.errors import MissingDependencyError, MovieError
from ivea_fiji.movie.axes import channel_index, choose_axes
from ivea_fiji.movie.readers import Opened, colour, not_an_image
from ivea_fiji.movie.scale import Scale, pixel_size
from ivea_fiji.movie.series import find_scene, is_time_lapse, scene_notes
from ivea_fiji.movie.sources import LazySource, TypedSource, damaged
from ivea_fiji.movie.vendor_times import vendor_timing
from ivea_fiji.params import MovieParams

log = logging.getLogger(__name__)

READERS = {".nd2": "bioio_nd2", ".czi": "bioio_czi", ".lif": "bioio_lif"}
THROUGH_FIJI = {
    ".ims": "Imaris", ".oir": "Olympus", ".oib": "Olympus", ".oif": "Olympus", ".vsi": "Olympus/Evident",
    ".poir": "Olympus", ".sif": "Andor", ".dcimg": "Hamamatsu", ".cxd": "SimplePCI", ".dv": "DeltaVision",
    ".nd": "MetaMorph", ".sld": "SlideBook", ".zvi": "Zeiss", ".lof": "Leica", ".xlif": "Leica", ".avi": "video",
    ".mp4": "video", ".mov": "video",
}  # fmt: skip
"""Formats that IVEA leaves to Fiji, and whose they are."""


def through_fiji(path: Path) -> MovieError:
    """Say how a file of a format that IVEA does not read comes to it."""
    kind = THROUGH_FIJI[path.suffix.lower()]
    return MovieError(
        f"'{path.name}' is a {kind} file, which IVEA does not read itself; open it in Fiji (File > Import > "
        "Bio-Formats) and start Plugins > IVEA there, which hands the frames over, or save it from there as TIFF."
    )


def open_vendor(path: Path, params: MovieParams) -> Opened:
    """Open an nd2, czi or lif file.

    Parameters
    ----------
    path
        The file; its suffix must be one of `READERS`.
    params
        Scene, channel and how Z is to be taken.

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
        names = [str(name) for name in image.scenes]
        every = [_sizes(image, scene) for scene in range(len(names))]
    except Exception as error:  # readers raise errors of their own kinds for damaged files
        log.info("%s: %s", path, error)
        raise not_an_image(path.name) from error
    scene, notes = _scene(path.name, params.scene, names, every)
    sizes = every[scene]
    try:
        if len(names) > 1:
            image.set_scene(scene)
        scale = _scale(image)
    except Exception as error:  # see above
        log.info("%s: %s", path, error)
        raise not_an_image(path.name) from error
    if sizes.get("S", 1) > 1:
        raise colour(path.name)
    choice = choose_axes(path.name, sizes, params.z_is_time, scale.z_step)
    channel = channel_index(path.name, params.channel, sizes.get("C", 1))
    time = vendor_timing(path, image, scene, sizes[choice.frame_axis])
    scale = Scale(scale.pixel_size_um, time, scale.z_step)
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


def _sizes(image: Any, scene: int) -> dict[str, int]:
    """Return the sizes of the axes of a scene, at which the image then is."""
    if len(image.scenes) > 1:
        image.set_scene(scene)
    return {axis: int(getattr(image.dims, axis)) for axis in image.dims.order}


def _scene(name: str, wanted: str, names: list[str], every: list[dict[str, int]]) -> tuple[int, list[str]]:
    """Return the scene that is the movie, the first time lapse or what is asked for, and a note on others."""
    if wanted.strip():
        return find_scene(name, wanted, names), []
    lapses = [k for k, sizes in enumerate(every) if is_time_lapse(sizes)] or [0]
    return lapses[0], scene_notes(name, names, lapses[0], lapses)


def _scale(image: Any) -> Scale:
    sizes = image.physical_pixel_sizes
    step = pixel_size(getattr(sizes, "Z", None), "um", 1000.0)
    return Scale(pixel_size(getattr(sizes, "X", None)), z_step=f"{step:.4g} um" if step else "")


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
