"""Images of ImageJ become movies by the rules for files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile

from ivea_fiji.errors import MovieError
from ivea_fiji.movie import ImageInput, Planes, open_movie
from ivea_fiji.movie.headers import CALIBRATED
from ivea_fiji.movie.image import movie_planes
from ivea_fiji.movie.open import is_on_disk
from ivea_fiji.params import MovieParams

STACK = np.arange(7 * 2 * 4 * 5, dtype=np.uint16).reshape(7, 2, 4, 5)  # t, c, y, x


def hyperstack(**changes: object) -> ImageInput:
    return replace(ImageInput("cell.tif", 5, 4, channels=2, frames=7), **changes)  # type: ignore[arg-type]


def send(image: ImageInput, params: MovieParams, stack: np.ndarray = STACK) -> ImageInput:
    """Send what the plan asks for, as the host does."""
    planes = movie_planes(image, params)
    flat = stack.reshape(-1, *stack.shape[-2:])
    return replace(image, pixels=flat[planes.first - 1 :: planes.step][: planes.count])


@pytest.mark.parametrize(
    ("params", "planes"),
    [
        ({}, Planes(1, 2, 7)),
        ({"channel": 2}, Planes(2, 2, 7)),
        ({"channel": 2, "first_frame": 3, "last_frame": 5}, Planes(6, 2, 3)),
    ],
)
def test_only_what_is_needed_is_sent(params: dict, planes: Planes) -> None:
    assert movie_planes(hyperstack(), MovieParams(**params)) == planes


def test_sent_frames_are_the_movie() -> None:
    params = MovieParams(channel=2, first_frame=3, last_frame=5)
    movie = open_movie(send(hyperstack(), params), params)
    assert movie.shape == (3, 4, 5)
    np.testing.assert_array_equal(movie.read(0, 3), STACK[2:5, 1])
    assert movie.file_frame(0) == 3
    assert movie.file_axes == "TCYX"
    assert movie.path is None


def test_frames_that_were_not_sent_are_refused() -> None:
    sent = send(hyperstack(), MovieParams(first_frame=3, last_frame=5))
    with pytest.raises(ValueError, match="expected"):
        open_movie(sent, MovieParams())


def test_signed_and_calibrated_numbers() -> None:
    params = MovieParams(z_is_time="yes")
    stack = np.array([[[0, 32768, 65535]], [[1, 2, 3]]], np.uint16)
    image = ImageInput("x", 3, 1, slices=2, coefficients=(-32768.0, 1.0))
    for told in (image, replace(image, coefficients=None, signed=True)):
        movie = open_movie(send(told, params, stack), params)
        np.testing.assert_array_equal(movie.read(0, 1)[0, 0], [-32768, 0, 32767])
        assert CALIBRATED not in movie.notes
    movie = open_movie(send(replace(image, coefficients=(5.0, 2.0)), params, stack), params)
    np.testing.assert_array_equal(movie.read(0, 1)[0, 0], [0, 32768, 65535])
    assert CALIBRATED in movie.notes


def test_float_pixels_that_are_nan() -> None:
    stack = np.ones((2, 1, 3), np.float32)
    stack[1, 0] = [np.nan, 2, 4]
    image = ImageInput("x", 3, 1, frames=2, bit_depth=32)
    movie = open_movie(send(image, MovieParams(), stack), MovieParams())
    np.testing.assert_array_equal(movie.read(1, 2)[0, 0], [3, 2, 4])


def test_scale_in_its_units() -> None:
    told = hyperstack(pixel_width=106.0, pixel_unit="nm", frame_interval=50.0, time_unit="msec")
    movie = open_movie(send(told, MovieParams()), MovieParams())
    assert movie.pixel_size_um == pytest.approx(0.106)
    assert movie.frame_interval_s == pytest.approx(0.05)
    unknown = open_movie(send(hyperstack(), MovieParams()), MovieParams())
    assert (unknown.pixel_size_um, unknown.frame_interval_s) == (None, None)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"frames": 1, "slices": 7, "z_step": 0.3, "pixel_unit": "um"}, "Z stack .* 0.3 um apart"),
        ({"slices": 3}, "3 Z slices at each of 7 time points"),
        ({"frames": 1}, "2 channels but only one frame"),
        ({"frames": 1, "channels": 1}, "only one frame"),
        ({"bit_depth": 24}, "colour"),
    ],
)
def test_what_is_no_time_lapse_is_refused(changes: dict, sentence: str) -> None:
    with pytest.raises(MovieError, match=sentence):
        movie_planes(hyperstack(**changes), MovieParams())


def test_slices_without_a_step_are_frames() -> None:
    image = hyperstack(frames=1, slices=7, z_step=1.0)
    movie = open_movie(send(image, MovieParams()), MovieParams())
    assert movie.shape[0] == 7
    assert "Z" in movie.file_axes
    assert any("taken as frames" in note for note in movie.notes)


# ---------------------------------------------------------------------------- the file on disk


@pytest.fixture
def saved(tmp_path: Path) -> ImageInput:
    path = tmp_path / "cell.tif"
    metadata = {"axes": "TCYX", "unit": "um", "finterval": 0.05}
    tifffile.imwrite(path, STACK, imagej=True, resolution=(10, 10), metadata=metadata)
    probe = tuple((index + 1, float(plane.sum())) for index, plane in enumerate(STACK.reshape(-1, 4, 5)))
    return hyperstack(path=str(path), pixel_width=0.1, pixel_unit="micron", frame_interval=0.05, probe=probe)


def test_the_file_is_read_if_it_is_the_same(saved: ImageInput) -> None:
    assert is_on_disk(saved, MovieParams(channel=2))
    movie = open_movie(saved, MovieParams(channel=2))
    assert movie.path == Path(saved.path)
    np.testing.assert_array_equal(movie.read(0, 7), STACK[:, 1])


@pytest.mark.parametrize(
    "changes",
    [
        {"modified": True},
        {"path": ""},
        {"path": "/nowhere/cell.tif"},
        {"probe": ()},
        {"probe": ((1, -1.0),)},
        {"frames": 6},
        {"bit_depth": 8},
        {"frames": 1, "slices": 7},
    ],
)
def test_the_image_is_sent_if_it_is_not(saved: ImageInput, changes: dict) -> None:
    assert not is_on_disk(replace(saved, **changes), MovieParams())


def test_scale_changed_in_imagej_outweighs_the_file(saved: ImageInput) -> None:
    movie = open_movie(replace(saved, pixel_width=0.2, frame_interval=0.0), MovieParams())
    assert movie.pixel_size_um == pytest.approx(0.2)
    assert movie.frame_interval_s == pytest.approx(0.05)
    rounded = open_movie(replace(saved, pixel_width=0.1 * (1 + 1e-12)), MovieParams())
    assert rounded.pixel_size_um == open_movie(saved.path).pixel_size_um


def test_signed_file_is_known_again(tmp_path: Path) -> None:
    path = tmp_path / "signed.tif"
    info = {"axes": "TYX", "cf": 0, "c0": -32768.0, "c1": 1.0, "vunit": "gray"}
    stack = np.arange(24, dtype=np.uint16).reshape(2, 3, 4)
    tifffile.imwrite(path, stack, imagej=True, metadata=info)
    image = ImageInput("signed.tif", 4, 3, str(path), frames=2, signed=True, probe=((2, float(stack[1].sum())),))
    assert open_movie(path).dtype == np.int16
    assert is_on_disk(image, MovieParams())


def test_a_stand_in_keeps_the_name_of_the_image(saved: ImageInput) -> None:
    movie = open_movie(replace(saved, title="cell-1.tif", stand_in=saved.path), MovieParams())
    assert (movie.name, movie.path) == ("cell-1.tif", None)
