"""Reading in blocks: the same as reading the whole, in memory that does not grow; range and reduction."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from ivea_fiji.errors import MovieError
from ivea_fiji.movie import open_movie
from ivea_fiji.params import MovieParams
from tests.movie_files import ramp, write_imagej

COUNT = 23


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("movies")
    data = np.random.default_rng(5).integers(0, 60000, (COUNT, 6, 9)).astype(np.uint16)
    write_imagej(folder / "raw.tif", data)
    tifffile.imwrite(folder / "packed.tif", data, imagej=True, compression="zlib", metadata={"axes": "TYX"})
    with tifffile.TiffWriter(folder / "pages.tif") as tif:
        for frame in data:
            tif.write(frame, metadata=None, contiguous=False)
    return folder, data


@st.composite
def readings(draw):
    first = draw(st.integers(1, COUNT - 1))
    last = draw(st.integers(first + 1, COUNT))
    k = draw(st.integers(1, max(1, (last - first + 1) // 2)))
    return first, last, k, draw(st.sampled_from(["max", "mean"])), draw(st.integers(1, 7))


@settings(max_examples=60, deadline=None)
@given(reading=readings(), name=st.sampled_from(["raw.tif", "packed.tif", "pages.tif"]))
def test_blocks_of_any_size_make_the_whole(files, reading, name):
    folder, data = files
    first, last, k, how, block = reading
    params = MovieParams(first_frame=first, last_frame=last, reduce_frames=k, reduce_with=how)
    movie = open_movie(folder / name, params)
    used = data[first - 1 : last]
    steps = len(used) // k
    groups = used[: steps * k].reshape(steps, k, *used.shape[1:])
    expected = used if k == 1 else groups.max(1) if how == "max" else groups.mean(1).astype(np.float32)
    assert movie.shape == expected.shape
    blocks = [movie.read(at, min(at + block, steps)) for at in range(0, steps, block)]
    np.testing.assert_array_equal(np.concatenate(blocks), expected)
    assert movie.dtype == blocks[0].dtype


@settings(max_examples=60, deadline=None)
@given(reading=readings())
def test_frame_numbers_lead_back_into_the_file(reading):
    first, last, k, _, _ = reading
    movie = open_movie(ramp(COUNT), MovieParams(first_frame=first, last_frame=last, reduce_frames=k))
    for frame in range(movie.shape[0]):
        group = range(first + frame * k, first + (frame + 1) * k)
        assert movie.file_frame(frame) in group
        assert abs(movie.file_frame(frame) - (group[0] + group[-1]) / 2) <= 0.5


def test_reducing_more_frames_than_are_read_at_once():
    data = ramp(frames=450, height=2, width=3)
    for how, expected in (("max", data.reshape(3, 150, 2, 3).max(1)), ("mean", data.reshape(3, 150, 2, 3).mean(1))):
        movie = open_movie(data, MovieParams(reduce_frames=150, reduce_with=how))
        np.testing.assert_allclose(movie.read(0, 3), expected, rtol=1e-6)


def test_reduction_keeps_time_and_says_what_is_left_out(tmp_path):
    path = write_imagej(tmp_path / "a.tif", ramp(frames=11), um=0.1, finterval=0.1)
    movie = open_movie(path, MovieParams(first_frame=2, reduce_frames=3))
    assert movie.shape[0] == 3
    assert movie.frame_interval_s == pytest.approx(0.3)
    assert [movie.file_frame(t) for t in range(3)] == [3, 6, 9]
    assert movie.notes == ("The last 1 frames were left out, because they do not fill a group of 3.",)


def test_a_part_of_a_part():
    data = ramp(frames=40)
    once = open_movie(data, MovieParams(first_frame=5, reduce_frames=2, frame_interval_s=0.5))
    twice = open_movie(once, MovieParams(first_frame=3, reduce_frames=3))
    np.testing.assert_array_equal(twice.read(0, 1)[0], data[8:14].max(0))
    assert twice.first_frame == 8
    assert twice.frames_per_step == 6
    assert twice.frame_interval_s == pytest.approx(3.0)


def test_reading_outside_the_movie_is_refused():
    movie = open_movie(ramp())
    for start, stop in ((-1, 2), (0, 7), (3, 3)):
        with pytest.raises(MovieError, match="which has 6"):
            movie.read(start, stop)


MEASURE = """
import sys, tracemalloc
from ivea_fiji.movie import open_movie
open_movie(sys.argv[1]).read(0, 20)
tracemalloc.start()
movie = open_movie(sys.argv[2])
for start in range(0, movie.shape[0], 20):
    movie.read(start, start + 20)
print(tracemalloc.get_traced_memory()[1])
"""


@pytest.mark.parametrize("kind", ["raw", "packed"])
def test_memory_does_not_grow_with_the_movie(tmp_path, kind):
    peaks = []
    for name, frames in (("short", 60), ("long", 600)):
        path = tmp_path / f"{name}.tif"
        data = np.random.default_rng(1).integers(0, 99, (frames, 64, 64)).astype(np.uint16)
        packing = "zlib" if kind == "packed" else None
        tifffile.imwrite(path, data, imagej=True, metadata={"axes": "TYX"}, compression=packing)
        root = Path(__file__).parents[1]
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, str(tmp_path / "short.tif"), str(path)],
            cwd=root, capture_output=True, text=True, check=True, timeout=120,
        )
        peaks.append(int(done.stdout))
    block, whole = 20 * 64 * 64 * 2, 600 * 64 * 64 * 2
    assert peaks[0] >= block
    # Positions of pages are kept: less than 1 kB per frame, where a frame here has 8 kB.
    assert peaks[1] - peaks[0] < 0.12 * whole
