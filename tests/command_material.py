"""A small movie with events, as a file and as ImageJ describes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from ivea_fiji.commands.calls import PROTOCOL
from ivea_fiji.params import SimulationParams
from ivea_fiji.simulation.simulate import simulate
from ivea_fiji.simulation.writer import write_simulation

RECIPE = SimulationParams(recipe="paper", frames=60, height=64, width=64, seed=3, events=4)
DETECT = "detect_random_bursts"
SETTINGS = {"confidence": 0.1, "overview": False, "threads": 1}


def write_movie(folder: Path) -> Path:
    """Write the movie and return its path."""
    return write_simulation(simulate(RECIPE), folder, "cell")["movie"]


def described(path: Path, **changes: Any) -> dict[str, Any]:
    """Return what a host tells of a movie it opened from `path`."""
    frames = tifffile.imread(path)
    with tifffile.TiffFile(path) as tif:
        meta = tif.imagej_metadata or {}
        top, bottom = tif.pages.first.tags.valueof("XResolution")
    last = len(frames) - 1
    return {
        "title": path.name, "path": str(path), "modified": False, "width": frames.shape[2], "height": frames.shape[1],
        "channels": 1, "slices": 1, "frames": len(frames), "channel": 1, "frame": 1,
        "bit_depth": 8 * frames.dtype.itemsize, "signed": False, "coefficients": None, "pixel_width": bottom / top,
        "pixel_unit": "micron", "frame_interval": meta["finterval"], "time_unit": "sec", "z_step": 1.0,
        "probe": [[index + 1, float(frames[index].sum(dtype=np.float64))] for index in (0, last // 2, last)],
        "selection": "", "rois": "", "selected_rois": [], **changes,
    }  # fmt: skip


def request(command: str, params: dict[str, Any], image: dict[str, Any] | None = None) -> str:
    """Return a request as a host sends it."""
    return json.dumps({"protocol": PROTOCOL, "command": command, "params": params, "image": image})


def planned(path: Path, planes: dict[str, int]) -> NDArray:
    """Return the planes of a plan, as a host sends them."""
    stack = tifffile.imread(path)
    return stack.reshape(-1, *stack.shape[-2:])[planes["first"] - 1 :: planes["step"]][: planes["count"]]
