"""Results as ImageJ's own objects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ivea_fiji.events.model import Result
from ivea_fiji.pyimagej.gateway import java_class
from ivea_fiji.results.columns import EVENT_COLUMNS, SUMMARY_COLUMNS, TRACE_COLUMNS, Column
from ivea_fiji.results.palette import class_colour
from ivea_fiji.results.rois import event_marks, roi_bytes
from ivea_fiji.results.tables import samples


def rois(result: Result) -> tuple[Any, ...]:
    """Return one ROI per event, of the colour of its class, on its frame."""
    import jpype

    decoder, colour = java_class("ij.io.RoiDecoder"), java_class("java.awt.Color")
    grouped = _groups_have_colours()
    made = []
    for mark in event_marks(result):
        data = np.frombuffer(roi_bytes(mark, result.movie.file_axes, grouped=grouped), np.int8)
        roi = decoder(jpype.JArray(jpype.JByte)(data), f"{mark.name}.roi").getRoi()
        if mark.class_id is not None:  # a group replaces the colour the ROI was stored with
            roi.setStrokeColor(colour.decode(class_colour(mark.class_id)))
        made.append(roi)
    return tuple(made)


def event_table(result: Result) -> Any:
    """Return the table of events."""
    return _table(EVENT_COLUMNS, [(event, result.movie) for event in result.events])


def trace_table(result: Result) -> Any:
    """Return the table of traces."""
    return _table(TRACE_COLUMNS, [(sample,) for sample in samples(result)])


def summary_table(result: Result) -> Any:
    """Return the table of counts and rates."""
    from ivea_fiji.measure.summary import summarise

    return _table(SUMMARY_COLUMNS, [(row,) for row in summarise(result.events, result.movie)])


def _table(columns: Sequence[Column], rows: Sequence[tuple[Any, ...]]) -> Any:
    """Return a ``ResultsTable``; numbers have the digits of the files, NaN stands where a value is not known."""
    import jpype

    table = java_class("ij.measure.ResultsTable")(java_class("java.lang.Integer")(len(rows)))
    table.showRowNumbers(False)
    for column in columns:
        index = table.getFreeColumn(column.name)
        cells = [column.text(column.get(*row)) for row in rows]
        numbers = _numbers(cells)
        if numbers is None:
            for i, cell in enumerate(cells):
                table.setValue(column.name, i, cell)
            continue
        table.setValues(column.name, jpype.JArray(jpype.JDouble)(numbers))
        if not column.significant:
            table.setDecimalPlaces(index, column.digits or 0)
    return table


def _numbers(cells: Iterable[str]) -> list[float] | None:
    try:
        return [float(cell) if cell else float("nan") for cell in cells]
    except ValueError:
        return None


def _groups_have_colours() -> bool:
    """Whether ImageJ has the colours of groups; without, it would complain in its log at every ROI."""
    folder = java_class("ij.IJ").getDirectory("luts")
    return folder is not None and any((Path(str(folder)) / name).is_file() for name in ("Glasbey.lut", "glasbey.lut"))
