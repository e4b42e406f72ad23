"""What a data set holds and what was left out of it, as tables and for people."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ivea_fiji.datasets.collect import Collected, LeftOut
from ivea_fiji.datasets.layout import class_name
from ivea_fiji.datasets.model import DatasetInfo
from ivea_fiji.results.writer import write_whole

CONTENT_COLUMNS = ("movie", "class_id", "class_name", "samples", "pixel_size_um", "frame_interval_s")
LEFT_OUT_COLUMNS = ("file", "labels", "reason", "examples")


def content_rows(info: DatasetInfo) -> list[dict[str, Any]]:
    """Return one row per movie and class that has samples."""
    count = Counter(zip(info.rows.movie.tolist(), info.rows.label.tolist(), strict=True))
    rows = []
    for number, movie in enumerate(info.movies):
        for class_id in info.class_ids:
            if count[number, class_id]:
                values = (movie.name, class_id, class_name(class_id), count[number, class_id],
                          movie.pixel_size_um, movie.frame_interval_s)
                rows.append(dict(zip(CONTENT_COLUMNS, values, strict=True)))
    return rows


def left_out_rows(left_out: Sequence[LeftOut]) -> list[dict[str, Any]]:
    """Return one row per reason and file."""
    return [
        dict(zip(LEFT_OUT_COLUMNS, (part.file, part.count or "", part.reason, "; ".join(part.names)), strict=True))
        for part in left_out
    ]


def write_report(made: Collected, folder: Path) -> dict[str, Path]:
    """Write ``<name>_content.csv`` and ``<name>_left_out.csv`` and return them by kind."""
    stem = made.info.path.stem
    files = {"content": folder / f"{stem}_content.csv", "left_out": folder / f"{stem}_left_out.csv"}
    write_whole(folder, {
        files["content"].name: lambda path: write_rows(path, CONTENT_COLUMNS, content_rows(made.info)),
        files["left_out"].name: lambda path: write_rows(path, LEFT_OUT_COLUMNS, left_out_rows(made.left_out)),
    })  # fmt: skip
    return files


def write_rows(path: Path, columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    """Write rows as a table; what is None stays empty. OSError passes through."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def info_dict(info: DatasetInfo) -> dict[str, Any]:
    """Return what is known of a data set as plain data."""
    return {
        "file": str(info.path), "samples": len(info), "frames": info.layout.frames, "before": info.layout.before,
        "after": info.layout.after, "size": info.layout.size, "written_by_ivea_fiji": info.ours,
        "classes": {class_name(k): n for k, n in info.counts.items()},
        "vision_radius_px": sorted(set(info.rows.radius.tolist())), "movies": content_rows(info),
        "attributes": info.attributes,
    }  # fmt: skip


def info_text(info: DatasetInfo) -> str:
    """Return what is known of a data set for people."""
    lines = [f"{info.path.name}: {info.sentence}, {info.layout}"]
    lines += [f"  {n:7d}  {k:4d}  {class_name(k)}" for k, n in info.counts.items()]
    for row in content_rows(info):
        lines.append(f"  {row['movie']}: {row['samples']} {row['class_name']}")
    if not info.ours:
        lines.append("  It comes from the original program, which does not tell movies and places.")
    lines += [f"  {name} = {info.attributes[name]}" for name in sorted(info.attributes) if name != "class_names"]
    return "\n".join(lines)
