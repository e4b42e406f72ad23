"""What is made of the pixels of a region, on arrays that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivea_fiji.measure.rois import QUANTITIES, RegionTraces, f0_samples, region_means, ring_medians, ring_pixels

NAN = np.nan


def mask_of(pixels: tuple[np.ndarray, np.ndarray], shape: tuple[int, int]) -> list[str]:
    out = np.full(shape, ".")
    out[pixels] = "X"
    return ["".join(row) for row in out]


def pixel(y: int, x: int) -> tuple[np.ndarray, np.ndarray]:
    return np.array([y]), np.array([x])


def test_ring_lies_beyond_the_gap() -> None:
    assert mask_of(ring_pixels(*pixel(3, 3), (7, 7), 1, 1), (7, 7)) == [
        ".......",
        "...X...",
        "..X.X..",
        ".X...X.",
        "..X.X..",
        "...X...",
        ".......",
    ]


def test_ring_without_gap_touches_the_region_and_ends_at_the_border() -> None:
    y, x = np.array([0, 0]), np.array([0, 1])
    assert mask_of(ring_pixels(y, x, (3, 4), 0, 1), (3, 4)) == ["..X.", "XX..", "...."]


def test_ring_follows_a_region_with_a_hole() -> None:
    y, x = np.nonzero(np.pad(np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]]), 1))
    assert mask_of(ring_pixels(y, x, (5, 5), 0, 1), (5, 5)) == [".XXX.", "X...X", "X.X.X", "X...X", ".XXX."]


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 3), st.integers(1, 3))
def test_ring_is_what_its_distances_say(y: int, x: int, gap: int, width: int) -> None:
    rows, columns = ring_pixels(*pixel(y, x), (10, 10), gap, width)
    yy, xx = np.mgrid[:10, :10]
    distance = np.hypot(yy - y, xx - x)
    expected = np.argwhere((distance > gap) & (distance <= gap + width))
    assert sorted(zip(rows.tolist(), columns.tolist(), strict=True)) == sorted(map(tuple, expected.tolist()))


def test_means_and_medians() -> None:
    frames = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    np.testing.assert_array_equal(region_means(frames, np.array([0, 2]), np.array([1, 3])), [6.0, 18.0])
    y, x = np.divmod(np.arange(9), 4)
    np.testing.assert_array_equal(ring_medians(frames, y, x), [4.0, 16.0])
    assert np.isnan(ring_medians(frames, y[:7], x[:7])).all(), "7 pixels say nothing"


def test_means_of_bright_frames_do_not_overflow() -> None:
    frames = np.full((1, 300, 300), 65535, np.uint16)
    y, x = np.nonzero(np.ones((300, 300)))
    assert region_means(frames, y, x)[0] == 65535


OFFSET = np.array([[-3, -2, -1, 0, 1], [-3, -2, -1, 0, 1], [NAN] * 5])
KNOWN = np.array([[True] * 5, [False, True, True, True, True], [True] * 5])


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("lowest", ["11111", ".1111", "11111"]),
        ("first", ["11...", ".11..", "11..."]),
        ("before", ["11...", ".1...", "....."]),
    ],
)
def test_samples_of_f0(rule: str, expected: list[str]) -> None:
    found = f0_samples(KNOWN, rule, OFFSET, 2)
    assert ["".join("1" if cell else "." for cell in row) for row in found] == expected


def make(raw, background=None, samples=None, rule="first") -> RegionTraces:
    raw = np.array(raw, float)
    samples = np.ones(raw.shape, bool) if samples is None else np.array(samples, bool)
    return RegionTraces.make(1, raw, None if background is None else np.array(background, float), samples, rule)


def test_what_is_made_of_a_trace() -> None:
    traces = make([[100, 100, 100, 150, 125]], samples=[[1, 1, 1, 0, 0]])
    assert traces.quantities == ("raw", "df", "df_f0", "normalised")
    assert traces.f0.tolist() == [100]
    assert traces.values("df").tolist() == [[0, 0, 0, 50, 25]]
    assert traces.values("df_f0").tolist() == [[0, 0, 0, 0.5, 0.25]]
    assert traces.values("normalised").tolist() == [[0, 0, 0, 1, 0.5]]
    assert np.isnan(traces.values("background")).all()


def test_background_is_subtracted_but_not_from_f0() -> None:
    traces = make([[100, 100, 100, 150, 125]], [[90, 90, 90, 120, 90]], [[1, 1, 1, 0, 0]])
    assert traces.quantities == QUANTITIES
    assert (traces.f0.tolist(), traces.level.tolist()) == ([100], [10])
    assert traces.values("df").tolist() == [[0, 0, 0, 20, 25]]
    assert traces.values("df_f0").tolist() == [[0, 0, 0, 0.2, 0.25]]
    assert traces.values("normalised").tolist() == [[0, 0, 0, 0.8, 1]]


def test_the_lowest_tenth() -> None:
    assert make([np.arange(101.0)], rule="lowest").f0.tolist() == [10]
    assert make([np.arange(101.0)]).f0.tolist() == [50], "the others take the median"


def test_what_cannot_be_known_is_nan() -> None:
    few = make([[1, 2, 3]], samples=[[1, 1, 0]])
    assert np.isnan(few.values("df")).all()
    assert few.values("normalised").tolist() == [[0, 0.5, 1]]
    flat = make([[5, 5, 5]])
    assert np.isnan(flat.values("normalised")).all()
    assert flat.values("df_f0").tolist() == [[0, 0, 0]]
    negative = make([[-5, -5, -4]])
    assert negative.values("df").tolist() == [[0, 0, 1]]
    assert np.isnan(negative.values("df_f0")).all()
    gaps = make([[NAN, 4, 4, 4, 8, NAN]], samples=[[0, 1, 1, 1, 0, 0]])
    np.testing.assert_array_equal(gaps.values("df"), [[NAN, 0, 0, 0, 4, NAN]])
    nothing = make([[NAN, NAN, NAN]])
    assert all(np.isnan(nothing.values(name)).all() for name in QUANTITIES)


@given(st.lists(st.integers(1, 1000), min_size=3, max_size=20), st.integers(1, 50))
def test_df_f0_does_not_depend_on_gain(values: list[int], gain: int) -> None:
    one, other = make([values]), make([np.array(values) * gain])
    np.testing.assert_allclose(one.values("df_f0"), other.values("df_f0"), atol=1e-9)
    np.testing.assert_allclose(one.values("normalised"), other.values("normalised"), atol=1e-9)


def test_a_row_is_a_row_of_all() -> None:
    traces = make([[1, 2, 3, 7], [4, 4, 5, 9]], [[1, 1, 1, 1], [0, 1, 2, 3]])
    for name in QUANTITIES:
        for index in (0, 1):
            np.testing.assert_array_equal(traces.row(name, index), traces.values(name)[index])
