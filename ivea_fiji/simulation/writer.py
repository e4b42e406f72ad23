"""Files of a simulated movie: the movie, and what is true of it."""

from __future__ import annotations

import csv
import json
import math
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from ivea_fiji.errors import OutputError, ParameterError, TableError
from ivea_fiji.events.classes import BY_ID
from ivea_fiji.hotspots.outlines import outline
from ivea_fiji.results.columns import Column
from ivea_fiji.results.rois import Mark, write_rois
from ivea_fiji.simulation.truth import SimulatedMovie, TrueEvent, TrueHotspot
from ivea_fiji.version import __version__

BIG_BYTES = 2**32 - 2**25
"""Movies beyond this do not fit a classic TIFF; they become BigTIFF with OME metadata."""
_IMAGEJ_TYPES = "BHf"
"""Pixel types that an ImageJ TIFF knows: uint8, uint16 and float32."""
_ENDINGS = {"movie": ".tif", "truth": "_truth.csv", "rois": "_truth_rois.zip", "recipe": "_recipe.json"}
_SMALLEST_ROI = 3.0  # px, the search radius

TRUTH_COLUMNS: tuple[Column, ...] = (
    Column("event", "", None, "Number of the event, in the order of the recipe.", lambda n, e, s: n),
    Column("class_id", "", None, "0 or more for kinds of fusion.", lambda n, e, s: e.class_id),
    Column("class_name", "", None, "Name of the class.", lambda n, e, s: BY_ID[e.class_id].name),
    Column("kind", "", None, "How the event was made.", lambda n, e, s: e.kind),
    Column("frame", "", None, "Frame of the peak, counted from 1 as ImageJ shows it; of a fusion without cloud, the "
           "first frame without the vesicle.", lambda n, e, s: e.frame + 1),
    Column("t_s", "s", 4, "Time of it; the first frame is 0.",
           lambda n, e, s: e.frame * (s.frame_interval_s or math.nan)),
    Column("x_px", "px", 3, "Centre; the centre of the leftmost pixel is 0.", lambda n, e, s: e.x),
    Column("y_px", "px", 3, "Centre; the centre of the topmost pixel is 0.", lambda n, e, s: e.y),
    Column("x_um", "um", 4, "Centre; the centre of the leftmost pixel is 0.",
           lambda n, e, s: e.x * (s.pixel_size_um or math.nan)),
    Column("y_um", "um", 4, "Centre; the centre of the topmost pixel is 0.",
           lambda n, e, s: e.y * (s.pixel_size_um or math.nan)),
    Column("duration_frames", "frames", 3, "How long the change lasts (decay time or tau).",
           lambda n, e, s: e.duration),
    Column("amplitude", "units of the recipe", 6, "Peak above the surroundings in the noise-free movie.",
           lambda n, e, s: e.amplitude, significant=True),
    Column("sigma_px", "px", 3, "Standard deviation of the spot at its peak.", lambda n, e, s: e.sigma),
    Column("peak_z", "noise SD", 3, "How visible the event is: its largest change over the noise.",
           lambda n, e, s: e.peak_z),
)
"""Columns of ``<stem>_truth.csv``; `Column.get` takes the event's number, the event and its movie."""

HOTSPOT_TRUTH_COLUMNS: tuple[Column, ...] = (
    *TRUTH_COLUMNS,
    Column("start_frame", "", None, "First frame, counted from 1, in which the mean of the area is above its mid "
           "intensity.", lambda n, e, s: e.start + 1),
    Column("end_frame", "", None, "Last such frame.", lambda n, e, s: e.end + 1),
    Column("df_f0", "", 4, "Highest change of brightness, over the brightness.", lambda n, e, s: e.df_f),
    Column("area_px", "px", None, "Pixels that reach half of it at any time.", lambda n, e, s: len(e.area_y)),
    Column("largest_px", "px", None, "Most pixels that reach half of it in one frame.", lambda n, e, s: e.largest_px),
    Column("moved_px", "px", 2, "Way of the centre from the first frame to the last.", lambda n, e, s: e.moved_px),
)
"""The same of hotspot areas."""

SYNAPSE_TRUTH_COLUMNS: tuple[Column, ...] = (
    *TRUTH_COLUMNS,
    Column("site", "", None, "Number of the synapse; its place stands in the recipe.", lambda n, e, s: e.site),
)
"""The same of synapses: the frame is the first of the rise, the duration how long it rises."""
_COLUMNS = {"sensors": HOTSPOT_TRUTH_COLUMNS, "synapses": SYNAPSE_TRUTH_COLUMNS}
"""Columns of recipes that tell more."""


def write_simulation(sim: SimulatedMovie, out_dir: Path | str, stem: str = "simulated") -> dict[str, Path]:
    """Write a simulated movie with its truth: ``<stem>.tif``, ``_truth.csv``, ``_truth_rois.zip``, ``_recipe.json``.

    All files are made aside and moved into place when they are complete; files of the same names are replaced.

    Parameters
    ----------
    sim
        What to write.
    out_dir
        Folder, made if missing.
    stem
        What the names begin with.

    Returns
    -------
    dict
        The written files by kind: 'movie', 'truth', 'rois', 'recipe'.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    ParameterError
        If `stem` is no file name.
    """
    if not stem or Path(stem).name != stem or stem in (".", ".."):
        raise ParameterError(f"'{stem}' cannot be a file name; give one without a folder.")
    folder = Path(out_dir)
    files = {kind: folder / (stem + ending) for kind, ending in _ENDINGS.items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".ivea-", dir=folder) as aside:
            for kind, path in files.items():
                _WRITE[kind](Path(aside) / path.name, sim)
            for path in files.values():
                os.replace(Path(aside) / path.name, path)
    except OSError as error:
        raise OutputError(
            f"The simulated movie cannot be written to '{folder}' ({error.strerror or error}); choose another folder."
        ) from error
    return files


def read_truth(path: Path | str) -> tuple[TrueEvent, ...]:
    """Read the true events of a ``<stem>_truth.csv``.

    Raises
    ------
    TableError
        If it is no such table.
    """
    sentence = f"'{path}' is no table of true events; give a '_truth.csv' as `ivea simulate` writes it."
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if not {c.name for c in TRUTH_COLUMNS} <= set(reader.fieldnames or ()):
                raise TableError(sentence)
            return tuple(_event(row) for row in reader)
    except (OSError, TypeError, ValueError) as error:
        raise TableError(sentence) from error


def _event(row: dict[str, str]) -> TrueEvent:
    return TrueEvent(
        class_id=int(row["class_id"]),
        kind=row["kind"],
        frame=int(row["frame"]) - 1,
        y=float(row["y_px"]),
        x=float(row["x_px"]),
        duration=float(row["duration_frames"]),
        amplitude=float(row["amplitude"]),
        sigma=float(row["sigma_px"]),
        peak_z=float(row["peak_z"] or "nan"),
    )


def _write_movie(path: Path, sim: SimulatedMovie) -> None:
    metadata: dict[str, Any] = {"axes": "TYX"}
    resolution: dict[str, Any] = {}
    per_um = 1 / sim.pixel_size_um if sim.pixel_size_um else None
    if sim.frames.nbytes <= BIG_BYTES and sim.frames.dtype.char in _IMAGEJ_TYPES:
        if per_um:
            metadata["unit"], resolution["resolution"] = "um", (per_um, per_um)
        if sim.frame_interval_s:
            metadata |= {"finterval": sim.frame_interval_s, "fps": 1 / sim.frame_interval_s}
        tifffile.imwrite(path, sim.frames, imagej=True, metadata=metadata, **resolution)
        return
    if per_um:
        metadata |= {"PhysicalSizeX": sim.pixel_size_um, "PhysicalSizeY": sim.pixel_size_um}
        metadata |= {"PhysicalSizeXUnit": "um", "PhysicalSizeYUnit": "um"}
        resolution = {"resolution": (per_um * 1e4, per_um * 1e4), "resolutionunit": "CENTIMETER"}
    if sim.frame_interval_s:
        metadata |= {"TimeIncrement": sim.frame_interval_s, "TimeIncrementUnit": "s"}
    tifffile.imwrite(
        path, sim.frames, bigtiff=True, ome=True, photometric="minisblack", metadata=metadata, **resolution
    )


def _write_table(path: Path, sim: SimulatedMovie) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        columns = _COLUMNS.get(sim.recipe.get("recipe", ""), TRUTH_COLUMNS)
        writer.writerow([c.name for c in columns])
        for n, event in enumerate(sim.events, 1):
            writer.writerow([c.text(c.get(n, event, sim)) for c in columns])


def _write_rois(path: Path, sim: SimulatedMovie) -> None:
    """Write a circle of 2 sigma per event, or the outline of its area, named as a training set."""
    marks = [
        Mark(
            name=f"{n}-event {{{n}}} | frame {e.frame + 1}_class_{e.class_id}",
            frame=e.frame + 1,
            y=float(e.y),
            x=float(e.x),
            radius=max(_SMALLEST_ROI, 2 * float(e.sigma)),
            class_id=e.class_id,
            class_name=BY_ID[e.class_id].name,
            event=n,
            outline=_outline(e),
        )
        for n, e in enumerate(sim.events, 1)
    ]
    write_rois(path, marks)


def _outline(event: TrueEvent) -> tuple[tuple[int, int], ...]:
    """Return the outline of the area of a hotspot, holes filled; nothing of other events."""
    if not isinstance(event, TrueHotspot):
        return ()
    top, left = int(event.area_y.min()), int(event.area_x.min())
    mask = np.zeros((int(event.area_y.max()) - top + 1, int(event.area_x.max()) - left + 1), bool)
    mask[event.area_y - top, event.area_x - left] = True
    return tuple((int(x), int(y)) for x, y in outline(mask, top, left))


def _write_recipe(path: Path, sim: SimulatedMovie) -> None:
    record = {
        "ivea_version": __version__,
        "shape": list(sim.frames.shape),
        "pixel_size_um": sim.pixel_size_um,
        "frame_interval_s": sim.frame_interval_s,
        "true_events": len(sim.events),
        **sim.recipe,
    }
    path.write_text(json.dumps(_plain(record), indent=2, allow_nan=False) + "\n", encoding="utf-8")


def _plain(value: Any) -> Any:
    """Return a value as JSON knows it; what is not finite becomes null."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if hasattr(value, "tolist"):  # numpy
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


_WRITE = {"movie": _write_movie, "truth": _write_table, "rois": _write_rois, "recipe": _write_recipe}
