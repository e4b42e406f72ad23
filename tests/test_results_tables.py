"""Tables: right numbers in the right cells, the same bytes every time."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_result import Blank, toy_movie, toy_result

from ivea_fiji.events.model import Event, Kinetics
from ivea_fiji.results import columns, tables
from ivea_fiji.results.columns import EVENT_COLUMNS, SUMMARY_COLUMNS, TRACE_COLUMNS, Column


def cells(event: Event, movie) -> dict[str, str]:
    """Return one row of the event table by column."""
    return {c.name: c.text(c.get(event, movie)) for c in EVENT_COLUMNS}


EVENT = Event(3, 0, "fusion", 0.98765, 9, 20.0, 10.5, 4.0, 7.0, 1.5,
              Kinetics(7.5, 100.0, 50.0, 0.5, 12.0, 2.0, 8.0, 0.9, 5.0, 6.0, 4.0, 400.0, 0.25, 0.8))


def test_event_row_by_hand():
    row = cells(EVENT, toy_movie(pixel_size_um=0.1, frame_interval_s=0.5))
    assert row["frame"] == "10"
    assert row["t_s"] == "4.5000"
    assert (row["x_px"], row["y_px"], row["x_um"], row["y_um"]) == ("10.500", "20.000", "1.0500", "2.0000")
    assert row["probability"] == "0.9877"
    assert (row["onset_frame"], row["onset_t_s"]) == ("8.50", "3.7500")
    assert (row["rise_frames"], row["rise_s"]) == ("2.000", "1.00000")
    assert (row["area_counts_frames"], row["area_counts_s"]) == ("400", "200")
    assert float(row["diffusion_um2_s"]) == pytest.approx(0.25 * 0.01 / 0.5)


def test_reduced_movie_speaks_of_the_files_frames():
    """Frames 0-2 of the analysis are 11-13 of the file (from 1); frame 9 is 38-40, its middle 39."""
    row = cells(EVENT, toy_movie(frame_interval_s=1.5, first_frame=10, frames_per_step=3))  # the file has 0.5 s
    assert row["frame"] == "39"
    assert row["t_s"] == "19.0000"
    assert (row["decay_tau_frames"], row["decay_tau_s"]) == ("24.000", "12.00000")
    assert row["area_counts_s"] == "600"
    assert float(row["diffusion_px2_frame"]) == pytest.approx(0.25 / 3, abs=1e-5)
    assert float(row["onset_frame"]) == pytest.approx(12 + 7.5 * 3)


def test_unknown_scale_and_kinetics_leave_cells_empty():
    row = cells(replace(EVENT, kinetics=Kinetics()), toy_movie(pixel_size_um=None, frame_interval_s=None))
    empty = {name for name, text in row.items() if text == ""}
    assert {"t_s", "x_um", "y_um", "sigma_um", "onset_frame", "baseline", "diffusion_um2_s"} <= empty
    assert not empty & {"event", "class_name", "frame", "x_px", "strength"}


@pytest.mark.parametrize(
    ("value", "digits", "significant", "text"),
    [(1.25, 3, False, "1.250"), (-0.0001, 3, False, "0.000"), (math.nan, 3, False, ""), (math.inf, 3, False, ""),
     (1234567.8, 6, True, "1234570"), (0.00001234567, 6, True, "0.0000123457"), (123456789, 6, True, "123456789"),
     (np.int32(7), None, False, "7"), (-0.0, 6, True, "0")],
)  # fmt: skip
def test_text_of_a_value(value, digits, significant, text):
    assert Column("a", "", digits, "", None, significant).text(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False, width=32), st.booleans())
def test_text_is_a_plain_number(value, significant):
    text = Column("a", "", 6, "", None, significant).text(value)
    assert "e" not in text
    assert "," not in text
    assert float(text) == pytest.approx(value, rel=1e-5, abs=1e-6)


def test_columns_are_declared_well():
    for table in (EVENT_COLUMNS, TRACE_COLUMNS, SUMMARY_COLUMNS):
        names = [c.name for c in table]
        assert len(set(names)) == len(names)
        assert all(c.description.endswith(".") for c in table)
    wanted = {"s": "_s", "um": "_um", "px": "_px", "frames": "_frames", "um2/s": "_um2_s"}
    assert all(c.name.endswith(wanted.get(c.unit, "")) for c in (*EVENT_COLUMNS, *TRACE_COLUMNS))
    assert [c.name for c in EVENT_COLUMNS[:8]] == [
        "event", "class_id", "class_name", "probability", "frame", "t_s", "x_px", "y_px"]  # fmt: skip
    assert all(f"`{c.name}`" in columns.markdown({"x.csv": EVENT_COLUMNS}) for c in EVENT_COLUMNS)


@pytest.mark.parametrize("n", [0, 7])
def test_files_equal_frames_and_repeat_byte_for_byte(tmp_path, n):
    result = toy_result(n)
    for write, frame in ((tables.write_events, tables.events_frame), (tables.write_traces, tables.traces_frame)):
        write(tmp_path / "a.csv", result)
        write(tmp_path / "b.csv", toy_result(n))
        data = (tmp_path / "a.csv").read_bytes()
        assert data == (tmp_path / "b.csv").read_bytes()
        assert b"\r" not in data
        assert data.endswith(b"\n")
        assert b"nan" not in data
        read = pd.read_csv(tmp_path / "a.csv")
        assert list(read) == list(frame(result))
        if n:
            pd.testing.assert_frame_equal(read, frame(result), check_dtype=False)
        else:
            assert len(read) == 0
            assert len(data.splitlines()) == 1


def test_result_offers_the_frame():
    pd.testing.assert_frame_equal(toy_result(3).to_dataframe(), tables.events_frame(toy_result(3)))


def one_event(raw: list[float], frame: int, onset: float, frames: int = 50):
    """Return a result of one event whose trace is `raw` around its peak at the third value."""
    result = toy_result(1, movie=toy_movie(source=Blank((frames, 160, 200)), first_frame=4))
    offset = np.arange(-3, len(raw) - 3, dtype=np.int32)
    traces = replace(result.traces, offset=offset, raw=np.array([raw], np.float32),
                     background=np.full((1, len(raw)), 100, np.float32))  # fmt: skip
    event = replace(result.events[0], frame=frame, kinetics=Kinetics(onset_frame=onset))
    return replace(result, events=(event,), traces=traces)


def test_traces_by_hand():
    result = one_event([110, 112, 111, 161, 131], frame=10, onset=9.5)
    table = tables.traces_frame(result)
    assert table["offset_frames"].tolist() == [-3, -2, -1, 0, 1]
    assert table["frame"].tolist() == [12, 13, 14, 15, 16]  # frame 10 of the analysis is the file's 15th
    assert table["df"].tolist() == [-1, 1, 0, 50, 20]
    assert table["t_s"].tolist() == pytest.approx([1.1, 1.2, 1.3, 1.4, 1.5])


def test_frames_outside_the_movie_are_left_out():
    table = tables.traces_frame(one_event([np.nan, np.nan, 111, 161, 131], frame=1, onset=0.5))
    assert table["offset_frames"].tolist() == [-1, 0, 1]
    assert table["df"].isna().all(), "one frame before the event is no level to compare with"
    table = tables.traces_frame(one_event([1, 2, 3, 4, np.nan], frame=49, onset=48.5, frames=50))
    assert table["offset_frames"].tolist() == [-3, -2, -1, 0]
