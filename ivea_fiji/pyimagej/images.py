"""Images of ImageJ, ImageJ2, xarray and numpy as what the engine analyses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.errors import MovieError
from ivea_fiji.movie.image import ImageInput, Planes, movie_planes
from ivea_fiji.movie.open import is_on_disk
from ivea_fiji.params.movie import MovieParams
from ivea_fiji.pyimagej.gateway import java_class

_AXES = {
    "t": "T", "time": "T", "frame": "T", "frames": "T",
    "z": "Z", "pln": "Z", "plane": "Z", "slice": "Z",
    "c": "C", "ch": "C", "channel": "C",
    "y": "Y", "row": "Y",
    "x": "X", "col": "X",
}  # fmt: skip
"""Names of axes: those of PyImageJ, ImageJ2 and common ones, in lower case."""
_PIXELS = {8: np.uint8, 16: np.uint16, 32: np.float32}
_PROBES = 3

Units = dict[str, tuple[float, str]]
"""Step and unit of axes, by letter."""


def as_movie(image: Any, ij: Any, params: MovieParams) -> NDArray | ImageInput:
    """Return `image` as `ivea_fiji.detect_random` takes it; see `detect_random_bursts`."""
    if isinstance(image, np.ndarray):
        return image
    if isinstance(image, java_class("ij.ImagePlus")):
        return _from_imageplus(image, params)
    if hasattr(image, "getClass"):  # any other object of Java
        return _from_imagej2(image, ij, params)
    if hasattr(image, "dims") and hasattr(image, "coords"):
        return _from_xarray(image, _units_of_xarray(image), params)
    raise MovieError(
        f"An image of the kind '{type(image).__name__}' cannot be analysed; give an ImagePlus, a Dataset, an "
        "xarray.DataArray or a numpy array (frames, height, width)."
    )


def describe(imp: Any) -> ImageInput:
    """Return what ImageJ says of an image, without its pixels."""
    calibration = imp.getCalibration()
    straight = calibration.getFunction() == calibration.STRAIGHT_LINE
    line = calibration.getCoefficients()
    file = imp.getOriginalFileInfo()
    named = file is not None and file.fileName
    path = Path(str(file.directory or "")) / str(file.fileName) if named else None
    return ImageInput(
        title=str(imp.getTitle()),
        path=str(path) if path is not None and path.is_file() else "",
        modified=bool(imp.changes),
        width=int(imp.getWidth()),
        height=int(imp.getHeight()),
        channels=int(imp.getNChannels()),
        slices=int(imp.getNSlices()),
        frames=int(imp.getNFrames()),
        channel=int(imp.getC()),
        frame=int(imp.getT()),
        bit_depth=int(imp.getBitDepth()),
        signed=bool(calibration.isSigned16Bit()),
        coefficients=(float(line[0]), float(line[1])) if straight else None,
        pixel_width=float(calibration.pixelWidth),
        pixel_unit=str(calibration.getUnit()),
        frame_interval=float(calibration.frameInterval),
        time_unit=str(calibration.getTimeUnit()),
        z_step=float(calibration.pixelDepth),
    )


def _from_imageplus(imp: Any, params: MovieParams) -> ImageInput:
    if imp.getStackSize() == 0 or imp.getWidth() == 0:
        raise MovieError("The image is empty; open a movie first.")
    image = describe(imp)
    planes = movie_planes(image, params)
    stack, kind = imp.getStack(), _PIXELS[image.bit_depth]
    spread = np.unique(np.linspace(0, planes.count - 1, _PROBES).astype(int)) * planes.step + planes.first
    sums = tuple((int(at), float(_plane(stack, int(at), kind).sum(dtype=np.float64))) for at in spread)
    probed = replace(image, probe=sums)
    if is_on_disk(probed, params):
        return probed
    pixels = np.empty((planes.count, image.height, image.width), kind)
    for i in range(planes.count):
        pixels[i] = _plane(stack, planes.first + i * planes.step, kind).reshape(image.height, image.width)
    return replace(image, pixels=pixels)


def _plane(stack: Any, index: int, kind: Any) -> NDArray:
    """Return the pixels of one plane in a row; Java's signed numbers stand for unsigned ones."""
    return np.asarray(memoryview(stack.getPixels(index))).view(kind)


def _from_imagej2(image: Any, ij: Any, params: MovieParams) -> ImageInput:
    """Take an image of ImageJ2; the gateway knows how its pixels come to Python, the image knows its scale."""
    if ij is None:
        raise MovieError("Images of ImageJ2 need the gateway; give what imagej.init() returned as second argument.")
    array = ij.py.from_java(image)
    if not (hasattr(array, "dims") and hasattr(array, "coords")):
        raise MovieError(
            "This Java object is no image with named axes; give an ImagePlus or a Dataset (ij.py.to_dataset makes one)."
        )
    units: Units = {}
    for number in range(image.numDimensions()) if hasattr(image, "axis") else ():
        axis = image.axis(number)
        letter = _AXES.get(str(axis.type().getLabel()).lower(), "")
        units[letter] = (float(axis.averageScale(0.0, 1.0)), str(axis.unit() or ""))
    return _from_xarray(array, units, params, str(image.getName() or "") if hasattr(image, "getName") else "")


def _units_of_xarray(array: Any) -> Units:
    """Return the step of every axis whose coordinates name a unit, as xarray's users write it."""
    units: Units = {}
    for name, values in array.coords.items():
        unit = values.attrs.get("units")
        if unit and values.ndim == 1 and len(values) > 1 and np.issubdtype(values.dtype, np.number):
            units[_AXES.get(str(name).lower(), "")] = (float(np.diff(values.values.astype(float)).mean()), str(unit))
    return units


def _from_xarray(array: Any, units: Units, params: MovieParams, name: str = "") -> ImageInput:
    letters = [_AXES.get(str(dim).lower(), "") for dim in array.dims]
    if "" in letters or len(set(letters)) < len(letters) or not {"Y", "X"} <= set(letters):
        raise MovieError(
            f"The axes {', '.join(map(str, array.dims))} are not understood; name them t, y and x (and c or z)."
        )
    order = [letters.index(letter) for letter in "TZCYX" if letter in letters]
    values = np.asarray(array.values).transpose(order)
    sizes = {letter: values.shape[[letters[i] for i in order].index(letter)] for letter in letters}
    planes_first = values.reshape(-1, sizes["Y"], sizes["X"])
    width, unit = units.get("X", (1.0, "pixel"))
    interval, time_unit = units.get("T", (0.0, "s"))
    image = ImageInput(
        title=name or str(array.name or "array"),
        width=sizes["X"],
        height=sizes["Y"],
        channels=sizes.get("C", 1),
        slices=sizes.get("Z", 1),
        frames=sizes.get("T", 1),
        bit_depth=min(32, max(8, 8 * values.dtype.itemsize)),
        pixel_width=width,
        pixel_unit=unit or "pixel",
        frame_interval=interval,
        time_unit=time_unit or "s",
        z_step=units.get("Z", (0.0, ""))[0],
    )
    return replace(image, pixels=_taken(planes_first, movie_planes(image, params)))


def _taken(stack: NDArray, planes: Planes) -> NDArray:
    return stack[planes.first - 1 :: planes.step][: planes.count]
