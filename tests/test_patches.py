"""Windows around candidates, their moment, and what the network gets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from movie_material import as_movie

from ivea_fiji import patches
from ivea_fiji.movie.movie import Movie
from ivea_fiji.patches import Window, peak_shift, resize_matrix, stream_windows, to_patches, vision_radius


def ramp(frames: int = 12, height: int = 20, width: int = 30) -> np.ndarray:
    """Return a movie in which every pixel tells its frame and place: 10000 t + 100 y + x."""
    t, y, x = np.ogrid[:frames, :height, :width]
    return (10000 * t + 100 * y + x).astype(np.float32)


def cut(stack: np.ndarray, frame, y, x, window: Window, **values) -> np.ndarray:
    out = [None] * len(frame)
    for rows, block in stream_windows(as_movie(stack), np.array(frame), np.array(y), np.array(x), window, **values):
        for k in range(rows.start, rows.stop):
            out[k] = block[k - rows.start]
    return np.array(out)


# Windows


def test_window_inside() -> None:
    got = cut(ramp(), [5], [9.4], [14.6], Window(2, 3, 1))
    assert got.shape == (1, 6, 3, 3)
    np.testing.assert_array_equal(got[0], ramp()[3:9, 8:11, 14:17])


def test_window_keeps_the_pixel_type_of_no_file() -> None:
    assert cut(ramp().astype(np.uint8), [5], [9], [9], Window(1, 1, 1)).dtype == np.float32


def test_ends_are_repeated() -> None:
    got = cut(ramp(), [1, 10], [9, 9], [9, 9], Window(3, 3, 0))[:, :, 0, 0]
    np.testing.assert_array_equal(got // 10000, [[0, 0, 0, 1, 2, 3, 4], [7, 8, 9, 10, 11, 11, 11]])


def test_ends_are_nan_if_asked() -> None:
    got = cut(ramp(), [1, 10], [9, 9], [9, 9], Window(3, 3, 0), outside="nan")[:, :, 0, 0] // 10000
    nan = np.nan
    np.testing.assert_array_equal(got, [[nan, nan, 0, 1, 2, 3, 4], [7, 8, 9, 10, 11, nan, nan]])


@pytest.mark.parametrize(("y", "x"), [(0, 0), (0, 29), (19, 0), (19, 29)])
def test_corners_get_the_median_of_what_is_seen(y: int, x: int) -> None:
    stack = ramp()
    got = cut(stack, [5], [y], [x], Window(0, 0, 2))[0, 0]
    rows, columns = np.arange(y - 2, y + 3), np.arange(x - 2, x + 3)
    seen = ((rows >= 0) & (rows < 20))[:, None] & ((columns >= 0) & (columns < 30))
    expected = stack[5][np.ix_(rows[(rows >= 0) & (rows < 20)], columns[(columns >= 0) & (columns < 30)])]
    assert seen.sum() == 9
    np.testing.assert_array_equal(got[seen], expected.ravel())
    np.testing.assert_array_equal(got[~seen], np.median(expected))


def test_borders_are_nan_if_asked() -> None:
    got = cut(ramp(), [5], [0], [12], Window(0, 0, 2), outside="nan")[0, 0]
    assert np.isnan(got[:2]).all()
    np.testing.assert_array_equal(got[2:], ramp()[5, 0:3, 10:15])


def test_a_window_larger_than_the_movie() -> None:
    stack = ramp(2, 3, 3)
    got = cut(stack, [0], [1], [1], Window(5, 5, 4))
    assert got.shape == (1, 11, 9, 9)
    np.testing.assert_array_equal(got[0, 5, 3:6, 3:6], stack[0])
    np.testing.assert_array_equal(got[0, 10, 3:6, 3:6], stack[1])
    assert np.isfinite(got).all()


def test_nothing_to_cut() -> None:
    none = np.zeros(0)
    assert list(stream_windows(as_movie(ramp()), none, none, none, Window(1, 1, 1))) == []


places = st.lists(st.tuples(st.integers(0, 39), st.floats(0, 19), st.floats(0, 29)), min_size=1, max_size=25)


@given(places, st.integers(0, 9), st.integers(0, 9), st.integers(0, 6), st.sampled_from(["fill", "nan"]),
       st.integers(1, 10), st.integers(1, 60))
@settings(max_examples=40, deadline=None)
def test_blocks_do_not_matter(rows, before, after, radius, outside, together, frames) -> None:
    rows = sorted(rows)
    frame, y, x = (np.array(v) for v in zip(*rows, strict=True))
    window, stack = Window(before, after, radius), ramp(40)
    one = np.concatenate([cut(stack, frame[k : k + 1], y[k : k + 1], x[k : k + 1], window, outside=outside)
                          for k in range(len(rows))])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(patches, "_WINDOW_BYTES", together * 4 * window.frames * (2 * radius + 1) ** 2)
        patch.setattr(patches, "_BLOCK_BYTES", frames * 4 * 20 * 30)
        np.testing.assert_array_equal(cut(stack, frame, y, x, window, outside=outside), one)


def test_rows_come_once_and_in_order() -> None:
    frame = np.repeat(np.arange(40), 3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(patches, "_WINDOW_BYTES", 7 * 4 * 5 * 9)
        slices = [rows for rows, _ in stream_windows(as_movie(ramp(40)), frame, frame * 0, frame * 0, Window(2, 2, 1))]
    assert slices[0].start == 0
    assert slices[-1].stop == 120
    assert [s.stop for s in slices[:-1]] == [s.start for s in slices[1:]]
    assert all(s.stop - s.start <= 7 for s in slices)


@pytest.mark.parametrize("frames_per_read", [1, 7, 30, 500])
def test_little_is_read_twice_however_large_the_frames(frames_per_read: int) -> None:
    class Counting:
        shape, dtype = (300, 20, 30), np.dtype(np.float32)

        def __init__(self) -> None:
            self.lengths: list[int] = []

        def read(self, start: int, stop: int) -> np.ndarray:
            self.lengths.append(stop - start)
            return ramp(stop - start)

    source, frame = Counting(), np.arange(300)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(patches, "_BLOCK_BYTES", frames_per_read * 4 * 20 * 30)
        for _ in stream_windows(Movie(source, "counted"), frame, frame * 0, frame * 0, Window(10, 20, 1)):
            pass
    assert max(source.lengths) <= frames_per_read
    assert 300 <= sum(source.lengths) <= 2.2 * 300


# The network's view


@pytest.mark.parametrize(
    ("asked", "pixel", "radius"),
    [(0, None, 12), (0, 0.1, 16), (0, 0.16, 10), (0, 0.05, 16), (0, 1.0, 7), (9, 0.1, 9), (40, None, 40)],
)
def test_vision_radius(asked: int, pixel: float | None, radius: int) -> None:
    assert vision_radius(asked, pixel) == radius


@given(st.integers(1, 129), st.integers(1, 64))
@settings(max_examples=40, deadline=None)
def test_resizing_keeps_constants(source: int, size: int) -> None:
    matrix = resize_matrix(source, size)
    assert matrix.shape == (size, source)
    assert (matrix >= 0).all()
    np.testing.assert_allclose(matrix.sum(axis=1), 1, rtol=1e-6)


@given(st.integers(2, 129), st.integers(1, 64))
@settings(max_examples=40, deadline=None)
def test_resizing_keeps_ramps_and_the_middle(source: int, size: int) -> None:
    got = resize_matrix(source, size) @ np.arange(source, dtype=np.float32)
    at = ((np.arange(size) + 0.5) * source / size - 0.5).clip(0, source - 1)
    np.testing.assert_allclose(got, at, atol=1e-3)
    np.testing.assert_allclose(got + got[::-1], source - 1, atol=1e-3)


def test_resizing_to_the_same_size_changes_nothing() -> None:
    np.testing.assert_allclose(resize_matrix(32), np.eye(32), atol=1e-6)


def test_patches_are_0_to_1_and_keep_direction() -> None:
    windows = np.zeros((1, 5, 15, 15), np.float32)
    windows[0, 2] = np.arange(15)[:, None] * 2 + np.arange(15) * 5
    got = to_patches(windows, np.array([1]), 3)
    assert got.shape == (1, 3, 32, 32)
    assert (got.min(), got.max()) == (0, 1)
    assert (got[0, 0] == 0).all()  # frame 1
    assert got[0, 1, 31, 31] == 1  # frame 2: low right is brightest
    assert got[0, 1, 0, 31] > got[0, 1, 31, 0] > got[0, 1, 0, 0]  # x counts more than y


def test_patches_by_the_matrix() -> None:
    rng = np.random.default_rng(0)
    windows = rng.normal(0, 1, (3, 6, 25, 25)).astype(np.float32)
    first = np.array([0, 2, 1])
    got, matrix = to_patches(windows, first, 4), resize_matrix(25)
    for k in range(3):
        wide = np.stack([matrix @ f @ matrix.T for f in windows[k, first[k] : first[k] + 4]])
        np.testing.assert_allclose(got[k], (wide - wide.min()) / np.ptp(wide), atol=1e-5)


@pytest.mark.parametrize("value", [0.0, 3.0, -50.0, 65535.0])
def test_a_constant_sequence_is_0(value: float) -> None:
    got = to_patches(np.full((2, 5, 15, 15), value, np.float32), np.zeros(2, int), 5)
    np.testing.assert_allclose(got, 0, atol=0.02)


@given(
    hnp.arrays(np.float32, (2, 3, 9, 9), elements=st.floats(0, 1000, width=16)),
    st.floats(0.01, 100),
    st.floats(-1000, 1000),
)
@settings(max_examples=30, deadline=None)
def test_patches_ignore_gain_and_offset(windows: np.ndarray, gain: float, offset: float) -> None:
    got = to_patches(windows, np.zeros(2, int), 3)
    assert ((got >= 0) & (got <= 1 + 1e-6)).all()
    contrast = np.ptp(windows, axis=(1, 2, 3)) * min(gain, 1)
    other = to_patches((windows * gain + offset).astype(np.float32), np.zeros(2, int), 3)
    clear = contrast > 1
    np.testing.assert_allclose(other[clear], got[clear], atol=5e-3)


# The moment of an event


def trace(values: list[float], before: int = 10, after: int = 12) -> np.ndarray:
    """Return a window whose middle has these values around its frame and 0 elsewhere: values[5] is the candidate's."""
    line = np.full(before + after + 1, values[0], float)
    line[before - 5 : before - 5 + len(values)] = values
    line[before - 5 + len(values) :] = values[-1]
    return np.broadcast_to(line[None, :, None, None], (1, len(line), 9, 9)).astype(np.float32)


@pytest.mark.parametrize(
    ("values", "shift"),
    [
        ([0, 0, 0, 0, 0, 10, 8, 6, 4, 2, 1, 0, 0, 0], 0),  # a flash
        ([0, 0, 0, 10, 8, 6, 4, 2, 1, 0, 0, 0, 0, 0], -2),  # its difference is highest later
        ([0, 0, 0, 0, 0, 4, 7, 10, 8, 6, 4, 2, 1, 0], 2),  # a slow rise
        ([0, 0, 0, 0, 0, 10, 10, 10, 10, 10, 10, 10, 10, 10], 0),  # a step: its first frame
        ([6, 6, 6, 6, 6, 10, 8, 6, 4, 2, 0, 0, 0, 0], 0),  # on top of a vesicle that then is gone
        ([0, 0, 0, 0, 0, 9.2, 10, 6, 4, 2, 1, 0, 0, 0], 0),  # 90 % will do
        ([0, 0, 0, 0, 0, 8.8, 10, 6, 4, 2, 1, 0, 0, 0], 1),
    ],
)
def test_rise(values: list[float], shift: int) -> None:
    for direction in (0, 1):
        assert peak_shift(trace(values), 10, np.array([direction])).tolist() == [shift]


@pytest.mark.parametrize(
    ("values", "shift"),
    [
        ([10, 10, 10, 10, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0], 0),
        ([10, 10, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], -2),
        ([10, 10, 10, 10, 10, 10, 10, 0, 0, 0, 0, 0, 0, 0], 2),
    ],
)
def test_fall(values: list[float], shift: int) -> None:
    assert peak_shift(trace(values), 10, np.array([-1])).tolist() == [shift]


@given(hnp.arrays(np.float32, (4, 24, 9, 9), elements=st.floats(0, 1000, width=16)))
@settings(max_examples=30, deadline=None)
def test_shift_stays_in_reach(windows: np.ndarray) -> None:
    shift = peak_shift(windows, 10, np.array([-1, 0, 1, 1]))
    assert shift.dtype.kind == "i"
    assert ((shift >= -patches.SHIFT_BEFORE) & (shift <= patches.SHIFT_AFTER)).all()


def test_shift_ignores_what_is_beside() -> None:
    windows = trace([0, 0, 0, 0, 0, 10, 8, 6, 4, 2, 1, 0, 0, 0]).copy()
    windows[:, :8, 0] = 1e6
    assert peak_shift(windows, 10, np.array([1])).tolist() == [0]
