"""Every format gives back the pixels that were written, with axes and scale."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import tifffile

from ivea_fiji.errors import MissingDependencyError, MovieError
from ivea_fiji.movie import open_movie
from ivea_fiji.params import MovieParams
from tests.movie_files import (
    ramp,
    write_described,
    write_imagej,
    write_imagej_large,
    write_lsm,
    write_ome_zarr,
    write_stk,
)

EXAMPLES = Path(__file__).parents[1] / "examples"


def whole(movie):
    return movie.read(0, movie.shape[0])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_imagej_gives_back_pixels_and_scale(tmp_path, dtype):
    data = ramp(dtype=dtype)
    movie = open_movie(write_imagej(tmp_path / "a.tif", data, um=0.11, finterval=0.05))
    assert movie.dtype == dtype
    assert movie.file_axes == "TYX"
    assert movie.pixel_size_um == pytest.approx(0.11, rel=1e-4)
    assert movie.frame_interval_s == pytest.approx(0.05)
    assert movie.notes == ()
    np.testing.assert_array_equal(whole(movie), data)


WRITERS = {
    "bigtiff": lambda p, d: tifffile.imwrite(p, d, bigtiff=True),
    "bigtiff of many pages": lambda p, d: write_pages(p, d, bigtiff=True),
    "plain": lambda p, d: tifffile.imwrite(p, d, metadata=None),
    "pages with tags between": lambda p, d: write_pages(p, d),
    "big-endian": lambda p, d: tifffile.imwrite(p, d, byteorder=">"),
    "big-endian pages": lambda p, d: write_pages(p, d, byteorder=">"),
    "imagej lzw": lambda p, d: tifffile.imwrite(p, d, imagej=True, compression="lzw", metadata={"axes": "TYX"}),
    "imagej deflate, predictor": lambda p, d: tifffile.imwrite(
        p, d, imagej=True, compression="zlib", predictor=True, metadata={"axes": "TYX"}
    ),
    "several strips": lambda p, d: tifffile.imwrite(p, d, rowsperstrip=2, metadata=None),
    "several packed strips": lambda p, d: tifffile.imwrite(p, d, rowsperstrip=2, compression="zlib"),
    "tiles that stick out": lambda p, d: tifffile.imwrite(p, d, tile=(16, 16), compression="zlib"),
    "imagej above 4 GB": lambda p, d: write_imagej_large(p, d),
    "stk": write_stk,
    "lsm": write_lsm,
    "ome": lambda p, d: tifffile.imwrite(p, d, ome=True, metadata={"axes": "TYX"}),
    "ome zlib": lambda p, d: tifffile.imwrite(p, d, ome=True, compression="zlib", metadata={"axes": "TYX"}),
    "ome zarr 0.4": lambda p, d: write_ome_zarr(p, d, version="0.4"),
    "ome zarr 0.5": lambda p, d: write_ome_zarr(p, d, version="0.5"),
}


def write_pages(path, data, bigtiff=False, byteorder="<"):
    with tifffile.TiffWriter(path, bigtiff=bigtiff, byteorder=byteorder) as tif:
        for frame in data:
            tif.write(frame, metadata=None, contiguous=False)


@pytest.mark.parametrize("kind", WRITERS)
def test_every_format_whole_and_in_blocks(tmp_path, kind):
    data = ramp(frames=7)
    suffix = {"stk": ".stk", "lsm": ".lsm", "ome": ".ome.tif"}.get(kind, ".zarr" if "zarr" in kind else ".tif")
    path = tmp_path / f"größe 日本 {kind}{suffix}"
    WRITERS[kind](path, data)
    movie = open_movie(str(path))
    assert movie.shape == data.shape
    np.testing.assert_array_equal(whole(movie), data)
    np.testing.assert_array_equal(movie.read(2, 5), data[2:5])
    assert movie.read(2, 5).dtype.isnative


@pytest.mark.parametrize("kind", ["plain", "imagej lzw", "ome zarr 0.5"])
def test_one_movie_may_be_read_by_several_threads(tmp_path, kind):
    data = ramp(frames=40)
    path = tmp_path / "a"
    WRITERS[kind](path, data)
    movie = open_movie(path)
    with ThreadPoolExecutor(4) as pool:
        blocks = list(pool.map(lambda start: movie.read(start, start + 4), list(range(0, 37)) * 3))
    for start, block in zip(list(range(0, 37)) * 3, blocks, strict=True):
        np.testing.assert_array_equal(block, data[start : start + 4])


def test_stk_time_stamps_and_calibration(tmp_path):
    movie = open_movie(write_stk(tmp_path / "a.stk", ramp(), step_ms=50, um=0.16))
    assert movie.frame_interval_s == pytest.approx(0.05)
    assert movie.pixel_size_um == pytest.approx(0.16)


def test_stk_with_z_distances_is_a_z_stack(tmp_path):
    with pytest.raises(MovieError, match="Z stack"):
        open_movie(write_stk(tmp_path / "a.stk", ramp(), z_step=2))


def test_lsm_header(tmp_path):
    movie = open_movie(write_lsm(tmp_path / "a.lsm", ramp(), interval=0.2, um=0.1))
    assert movie.frame_interval_s == pytest.approx(0.2)
    assert movie.pixel_size_um == pytest.approx(0.1)
    with pytest.raises(MovieError, match="Z stack"):
        open_movie(write_lsm(tmp_path / "z.lsm", ramp(), axis="Z"))


def test_ome_scale_in_other_units(tmp_path):
    path = tmp_path / "a.ome.tif"
    keys = {
        "axes": "TYX", "PhysicalSizeX": 107.0, "PhysicalSizeXUnit": "nm", "PhysicalSizeY": 107.0,
        "PhysicalSizeYUnit": "nm", "TimeIncrement": 20.0, "TimeIncrementUnit": "ms",
    }
    tifffile.imwrite(path, ramp(), ome=True, metadata=keys)
    movie = open_movie(path)
    assert movie.pixel_size_um == pytest.approx(0.107)
    assert movie.frame_interval_s == pytest.approx(0.02)
    assert movie.notes == ()


def test_ome_interval_from_the_time_stamps_of_planes(tmp_path):
    path = tmp_path / "a.ome.tif"
    keys = {"axes": "TYX", "Plane": {"DeltaT": [3.0, 3.5, 4.1, 4.5, 5.0, 5.5], "DeltaTUnit": ["s"] * 6}}
    tifffile.imwrite(path, ramp(), ome=True, metadata=keys)
    assert open_movie(path).frame_interval_s == pytest.approx(0.5)


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_ome_zarr_channel_and_scale(tmp_path, version):
    data = ramp(frames=12).reshape(4, 3, 1, 5, 7)
    path = write_ome_zarr(
        tmp_path / "a.zarr", data, "tczyx", version, (0.5, 1, 1, 0.1, 0.1), {"t": "second", "x": "micrometer"}
    )
    movie = open_movie(path, MovieParams(channel=2))
    np.testing.assert_array_equal(whole(movie), data[:, 1, 0])
    assert (movie.pixel_size_um, movie.frame_interval_s, movie.file_axes) == (0.1, 0.5, "TCYX")


@pytest.mark.parametrize(
    ("kind", "axes"),
    [("imagej", "TCYX"), ("imagej packed", "TCYX"), ("ome", "TCYX"), ("ome", "CTYX"), ("ome packed", "CTYX")],
)
def test_one_channel_of_several(tmp_path, kind, axes):
    data = ramp(frames=12).reshape((4, 3, 5, 7) if axes == "TCYX" else (3, 4, 5, 7))
    path = tmp_path / "a.tif"
    options = {"compression": "zlib"} if " " in kind else {}
    tifffile.imwrite(path, data, imagej="imagej" in kind, ome="ome" in kind, metadata={"axes": axes}, **options)
    for channel in (1, 2, 3):
        movie = open_movie(path, MovieParams(channel=channel))
        np.testing.assert_array_equal(whole(movie), data.take(channel - 1, axis=axes.index("C")))


def test_channels_stored_as_samples_that_are_no_colours(tmp_path):
    data = ramp(frames=8).reshape(4, 5, 7, 2)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, data, photometric="minisblack", planarconfig="contig")
    np.testing.assert_array_equal(whole(open_movie(path, MovieParams(channel=2))), data[..., 1])


def test_signed_16_bit_of_imagej_is_stored_with_an_offset(tmp_path):
    # The header is what ImageJ 1.54p wrote for an image with setSigned16BitCalibration().
    truth = ramp(dtype=np.int16) - 100
    header = (
        "ImageJ=1.54p\nimages=6\nframes=6\nunit=micron\ncf=0\nc0=-32768.0\nc1=1.0\nvunit=Gray Value\n"
        "finterval=0.25\nloop=false\n"
    )
    stored = (truth.astype(np.int32) + 32768).astype(np.uint16)
    movie = open_movie(write_described(tmp_path / "a.tif", stored, header))
    assert movie.dtype == np.int16
    np.testing.assert_array_equal(whole(movie), truth)


def test_real_signed_16_bit(tmp_path):
    truth = ramp(dtype=np.int16) - 100
    tifffile.imwrite(tmp_path / "a.tif", truth)
    movie = open_movie(tmp_path / "a.tif")
    assert movie.dtype == np.int16
    np.testing.assert_array_equal(whole(movie), truth)


def test_other_calibrations_are_left_alone_and_said(tmp_path):
    header = "ImageJ=1.54p\nimages=6\nframes=6\ncf=0\nc0=1.5\nc1=0.2\nvunit=OD\n"
    movie = open_movie(write_described(tmp_path / "a.tif", ramp(), header))
    np.testing.assert_array_equal(whole(movie), ramp())
    assert any("calibration" in note for note in movie.notes)


@pytest.mark.parametrize(
    ("dtype", "read_as"),
    [(np.float64, np.float32), (np.float16, np.float32), (np.int32, np.int32), (np.uint32, np.uint32),
     (np.int64, np.float32), (np.bool_, np.uint8)],
)
def test_other_pixel_types(tmp_path, dtype, read_as):
    data = ramp().astype(dtype)
    tifffile.imwrite(tmp_path / "a.tif", data)
    movie = open_movie(tmp_path / "a.tif")
    assert movie.dtype == read_as
    assert whole(movie).dtype == read_as
    np.testing.assert_array_equal(whole(movie), data.astype(read_as))


def test_complex_pixels_are_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", ramp().astype(np.complex64))
    with pytest.raises(MovieError, match="convert the movie"):
        open_movie(tmp_path / "a.tif")


def test_real_movies():
    synapse = open_movie(EXAMPLES / "synactj" / "testMovie.tif")
    assert synapse.shape == (20, 124, 117)
    assert synapse.pixel_size_um == pytest.approx(0.162)
    assert synapse.frame_interval_s == pytest.approx(2.0)  # planned by Micro-Manager, in the Info text
    assert synapse.file_axes == "ZYX"
    assert "its 20 slices were taken as frames" in synapse.notes[0]
    telomeres = open_movie(EXAMPLES / "telomeres" / "timelapse_telomeres_2d.tif")
    assert telomeres.shape == (200, 133, 162)
    assert telomeres.pixel_size_um == pytest.approx(0.11)
    assert telomeres.frame_interval_s == pytest.approx(0.05)
    assert (telomeres.file_axes, telomeres.notes) == ("TYX", ())


def test_two_positions_in_one_file(tmp_path):
    path = tmp_path / "a.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as tif:
        tif.write(ramp(), metadata={"axes": "TYX"})
        tif.write(ramp() + 1000, metadata={"axes": "TYX"})
    movie = open_movie(path)
    np.testing.assert_array_equal(whole(movie), ramp())
    assert "holds 2 movies; the first was taken" in movie.notes[0]


def test_ome_movie_spread_over_two_files(tmp_path):
    data = ramp(frames=5)
    planes = "".join(
        f'<TiffData FirstT="{t}" IFD="{t % 3}" PlaneCount="1">'
        f'<UUID FileName="{name}.ome.tif">urn:uuid:{name}</UUID></TiffData>'
        for t, name in enumerate("aaabb")
    )
    sizes = 'Type="uint16" SizeX="7" SizeY="5" SizeC="1" SizeZ="1" SizeT="5"'
    for name, part in (("a", data[:3]), ("b", data[3:])):
        xml = (
            f'<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:{name}">'
            f'<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" {sizes}>'
            f'<Channel ID="Channel:0:0" SamplesPerPixel="1"/>{planes}</Pixels></Image></OME>'
        )
        write_described(tmp_path / f"{name}.ome.tif", part, xml)
    movie = open_movie(tmp_path / "a.ome.tif")
    np.testing.assert_array_equal(whole(movie), data)
    np.testing.assert_array_equal(movie.read(2, 4), data[2:4])


def test_a_missing_vendor_reader_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "bioio_nd2", None)
    (tmp_path / "a.nd2").write_bytes(b"x")
    with pytest.raises(MissingDependencyError, match=r'pip install "ivea-fiji\[formats\]"'):
        open_movie(tmp_path / "a.nd2")


def test_a_vendor_file_through_its_reader(tmp_path, monkeypatch):
    data = ramp(frames=8).reshape(4, 2, 1, 5, 7)

    class Lazy:
        def __init__(self, values):
            self.values, self.shape, self.dtype = values, values.shape, values.dtype

        def __getitem__(self, key):
            return Lazy(self.values[key])

        def compute(self):
            return self.values

    class BioImage:
        dims = SimpleNamespace(order="TCZYX", T=4, C=2, Z=1, Y=5, X=7)
        scenes = ("one",)
        physical_pixel_sizes = SimpleNamespace(X=0.1, Y=0.1, Z=None)
        time_interval = timedelta(milliseconds=40)

        def __init__(self, path, reader):
            assert reader == "the reader"

        def get_image_dask_data(self, order, C, Z):
            assert (order, Z) == ("TYX", 0)
            return Lazy(data[:, C, 0])

    core, plugin = ModuleType("bioio"), ModuleType("bioio_nd2")
    core.BioImage, plugin.Reader = BioImage, "the reader"
    monkeypatch.setitem(sys.modules, "bioio", core)
    monkeypatch.setitem(sys.modules, "bioio_nd2", plugin)
    (tmp_path / "a.nd2").write_bytes(b"x")
    movie = open_movie(tmp_path / "a.nd2", MovieParams(channel=2))
    np.testing.assert_array_equal(whole(movie), data[:, 1, 0])
    assert movie.pixel_size_um == 0.1
    assert movie.frame_interval_s == pytest.approx(0.04)
    BioImage.time_interval, BioImage.physical_pixel_sizes = 40.0, None  # in no unit one could know
    assert open_movie(tmp_path / "a.nd2").frame_interval_s is None
