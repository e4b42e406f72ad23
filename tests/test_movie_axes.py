"""Which axis is time, and which scales are believed."""

from __future__ import annotations

import math

import numpy as np
import pytest
import tifffile

from ivea_fiji.errors import MovieError
from ivea_fiji.movie import open_movie
from ivea_fiji.movie.axes import choose_axes
from ivea_fiji.movie.headers import imagej_scale, ome_scale, stk_scale
from ivea_fiji.movie.scale import interval, pixel_size
from ivea_fiji.params import MovieParams
from tests.movie_files import ramp, write_described, write_imagej, write_ome_zarr


def test_slices_without_a_z_step_are_frames_and_it_is_said(tmp_path):
    movie = open_movie(write_imagej(tmp_path / "a.tif", ramp(), "ZYX"))
    assert movie.file_axes == "ZYX"
    assert "its 6 slices were taken as frames" in movie.notes[0]


def test_pages_that_no_header_explains_are_slices_in_imagej(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", ramp(), metadata=None)
    movie = open_movie(tmp_path / "a.tif")
    assert movie.file_axes == "ZYX"
    assert not any("slices" in note for note in movie.notes)


def test_a_spacing_like_the_pixel_size_says_nothing(tmp_path):
    movie = open_movie(write_imagej(tmp_path / "a.tif", ramp(), "ZYX", um=0.162, spacing=0.162))
    assert movie.shape[0] == 6


def test_a_stated_z_step_is_a_z_stack(tmp_path):
    path = write_imagej(tmp_path / "a.tif", ramp(), "ZYX", um=0.1, spacing=0.3)
    with pytest.raises(MovieError, match=r"says it is a Z stack \(6 slices, 0.3 um apart\).*z_is_time.*'yes'"):
        open_movie(path)
    movie = open_movie(path, MovieParams(z_is_time="yes"))
    np.testing.assert_array_equal(movie.read(0, 6), ramp())
    assert "taken as frames" in movie.notes[0]


def test_micro_managers_record_of_one_slice_outweighs_the_spacing():
    meta = {"spacing": 0.5, "unit": "um", "Info": '{"Slices": 1, "Frames": 60, "Interval_ms": 200.5}'}
    scale = imagej_scale(meta, 0.1, 0.1)
    assert scale.z_step == ""
    assert scale.frame_interval_s == pytest.approx(0.2005)


def test_z_is_time_no_refuses_slices(tmp_path):
    path = write_imagej(tmp_path / "a.tif", ramp(), "ZYX")
    with pytest.raises(MovieError, match="set to 'no'"):
        open_movie(path, MovieParams(z_is_time="no"))


def test_a_z_stack_at_every_time_point_is_refused_even_if_z_is_time(tmp_path):
    path = write_imagej(tmp_path / "a.tif", ramp().reshape(3, 2, 5, 7), "TZYX")
    for choice in ("auto", "yes"):
        with pytest.raises(MovieError, match="2 Z slices at each of 3 time points; make one plane"):
            open_movie(path, MovieParams(z_is_time=choice))


def test_an_ome_z_step_is_believed(tmp_path):
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(path, ramp(), ome=True, metadata={"axes": "ZYX", "PhysicalSizeZ": 0.2, "PhysicalSizeZUnit": "µm"})
    with pytest.raises(MovieError, match=r"0\.2 um apart"):
        open_movie(path)
    tifffile.imwrite(path, ramp(), ome=True, metadata={"axes": "ZYX"})
    assert open_movie(path).file_axes == "ZYX"


def test_an_ome_zarr_z_step_is_believed(tmp_path):
    path = write_ome_zarr(tmp_path / "a.zarr", ramp(), "zyx", scale=(0.2, 0.1, 0.1), units={"z": "micrometer"})
    with pytest.raises(MovieError, match="Z stack"):
        open_movie(path)
    assert open_movie(write_ome_zarr(tmp_path / "b.zarr", ramp(), "zyx")).file_axes == "ZYX"


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"Y": 5, "X": 7}, "only one frame"),
        ({"T": 1, "C": 3, "Y": 5, "X": 7}, "3 channels but only one frame"),
        ({"T": 4, "P": 2, "Y": 5, "X": 7}, "2 images along an axis 'P'"),
        ({"I": 2, "T": 4, "Y": 5, "X": 7}, "two time axes"),
    ],
)
def test_axes_that_are_no_time_lapse(sizes, words):
    with pytest.raises(MovieError, match=words):
        choose_axes("a.tif", sizes, "auto")


def test_axes_of_length_one_do_not_matter():
    choice = choose_axes("a.tif", {"T": 9, "C": 1, "Z": 1, "P": 1, "Y": 5, "X": 7}, "no", "1 um")
    assert (choice.frame_axis, choice.channel_axis, choice.file_axes, choice.notes) == ("T", "", "TYX", ())


def test_a_channel_that_is_not_there(tmp_path):
    path = write_imagej(tmp_path / "a.tif", ramp().reshape(3, 2, 5, 7), "TCYX")
    with pytest.raises(MovieError, match=r"Channel 3 was asked for, but 'a.tif' has 2 channels; choose 1 to 2"):
        open_movie(path, MovieParams(channel=3))
    with pytest.raises(MovieError, match="has only 1 channel"):
        open_movie(ramp(), MovieParams(channel=2))


@pytest.mark.parametrize(
    ("value", "unit", "um"),
    [
        (0.1, "um", 0.1), (0.1, "micron", 0.1), (0.1, "µm", 0.1), (0.1, "\u03bcm", 0.1), (0.1, "\\u00B5m", 0.1),
        (107, "nm", 0.107), (1e-4, "mm", 0.1), (0, "um", None), (-1, "um", None), (math.nan, "um", None),
        (math.inf, "um", None), (0.1, "pixel", None), (0.1, "", None), (500, "um", None), (1e-9, "um", None),
        ("x", "um", None), (None, "um", None), (1 / 72, "inch", None),
    ],
)
def test_pixel_sizes(value, unit, um):
    assert pixel_size(value, unit) == (um if um is None else pytest.approx(um))


@pytest.mark.parametrize(
    ("value", "unit", "seconds"),
    [(50, "ms", 0.05), (2, "min", 120), (0.1, "sec", 0.1), (0, "s", None), (math.nan, "s", None), (1e6, "s", None),
     (1, "frames", None), (500, "usec", 5e-4)],
)
def test_intervals(value, unit, seconds):
    assert interval(value, unit) == (seconds if seconds is None else pytest.approx(seconds))


def test_unknown_scales_are_said_and_can_be_given(tmp_path):
    path = write_imagej(tmp_path / "a.tif", ramp())
    movie = open_movie(path)
    assert (movie.pixel_size_um, movie.frame_interval_s) == (None, None)
    assert [note.split(" is unknown")[0] for note in movie.notes] == ["The pixel size", "The frame interval"]
    movie = open_movie(path, MovieParams(pixel_size_um=0.2, frame_interval_s=0.5))
    assert (movie.pixel_size_um, movie.frame_interval_s, movie.notes) == (0.2, 0.5, ())


def test_given_scales_outweigh_the_file(tmp_path):
    path = write_imagej(tmp_path / "a.tif", ramp(), um=0.1, finterval=1.0)
    movie = open_movie(path, MovieParams(pixel_size_um=0.2, frame_interval_s=0.5))
    assert (movie.pixel_size_um, movie.frame_interval_s) == (0.2, 0.5)


def test_playback_rate_is_a_last_resort(tmp_path):
    movie = open_movie(write_imagej(tmp_path / "a.tif", ramp(), um=0.1, fps=20.0))
    assert movie.frame_interval_s == pytest.approx(0.05)
    assert "playback rate" in movie.notes[0]
    assert open_movie(write_imagej(tmp_path / "b.tif", ramp(), um=0.1, fps=7.0)).frame_interval_s is None
    assert open_movie(write_imagej(tmp_path / "c.tif", ramp(), fps=20.0, finterval=2.0)).frame_interval_s == 2.0


def test_imagej_time_units(tmp_path):
    movie = open_movie(write_imagej(tmp_path / "a.tif", ramp(), um=0.1, finterval=100.0, tunit="ms"))
    assert movie.frame_interval_s == pytest.approx(0.1)


def test_dots_per_inch_of_a_plain_tiff_are_no_pixel_size(tmp_path):
    write_described(tmp_path / "a.tif", ramp(), "scan", resolution=(300, 300), resolutionunit="inch")
    assert open_movie(tmp_path / "a.tif").pixel_size_um is None
    write_described(tmp_path / "b.tif", ramp(), "camera", resolution=(1e5, 1e5), resolutionunit="centimeter")
    assert open_movie(tmp_path / "b.tif").pixel_size_um == pytest.approx(0.1)


def test_pixels_that_are_not_square_are_said(tmp_path):
    header = "ImageJ=1.54p\nimages=6\nframes=6\nunit=um\nfinterval=1\n"
    write_described(tmp_path / "a.tif", ramp(), header, resolution=(10, 5), resolutionunit="none")
    movie = open_movie(tmp_path / "a.tif")
    assert movie.pixel_size_um == pytest.approx(0.1)
    assert "not square" in movie.notes[0]


def test_metamorph_clock_passes_midnight():
    day = 86_400_000
    scale = stk_scale({"TimeCreated": [day - 100, day - 50, 0, 50], "ZDistance": [0, 0, 0, 0]})
    assert scale.frame_interval_s == pytest.approx(0.05)
    assert scale.z_step == ""


def test_damaged_ome_text_gives_no_scale():
    assert ome_scale("<OME>") == ome_scale("<OME/>")
    assert ome_scale("<OME/>").pixel_size_um is None
