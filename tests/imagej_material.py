"""Movies for the tests in ImageJ, and what the command line makes of them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import tifffile

from ivea_fiji.cli.main import main

TABLES = ("events", "traces", "summary")
SCRIPTS = Path(__file__).resolve().parents[1] / "fiji-scripts" / "Plugins" / "IVEA"


def make_movie(folder: Path) -> Path:
    """Make a small movie of six events, of which `FOUND` are found."""
    size = ["--frames", "80", "--height", "96", "--width", "96"]
    scale = ["--pixel-size-um", "0.11", "--frame-interval-s", "0.05"]
    main(["simulate", "--out", str(folder), "--name", "cell", *size, *scale, "--events", "6", "--seed", "3"])
    return folder / "cell.tif"


def with_second_channel(movie: Path) -> Path:
    """Write the movie again with an empty channel before its own."""
    frames = tifffile.imread(movie)
    both = np.stack([np.full_like(frames, 100), frames], axis=1)
    path = movie.with_name("two channels.tif")
    told = {"axes": "TCYX", "finterval": 0.05, "unit": "um"}
    tifffile.imwrite(path, both, imagej=True, resolution=(1 / 0.11, 1 / 0.11), metadata=told)
    return path


def by_command_line(movie: Path, folder: Path, *options: str) -> Path:
    """Analyse a movie by ``ivea random`` into `folder`."""
    assert main(["random", str(movie), "--out", str(folder), *options]) == 0
    return folder


def rows(folder: Path, kind: str = "events") -> list[dict[str, str]]:
    """Read a table of a result folder."""
    (path,) = folder.glob(f"*_{kind}.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def same_tables(one: Path, other: Path) -> None:
    """Assert that two runs gave the same bytes."""
    for kind in TABLES:
        (first,), (second,) = one.glob(f"*_{kind}.csv"), other.glob(f"*_{kind}.csv")
        assert first.read_bytes() == second.read_bytes(), kind
