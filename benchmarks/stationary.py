"""Stationary bursts on the real SynActJ movie beside SynActJ's own recipe, and how long a large movie takes.

    python -m benchmarks.stationary --out stationary

'real': the program is given the movie and nothing else; SynActJ's recipe is given the stimulation frame, which it
needs. The 11 places were marked by a third program (the difference of two means), not by a person; a site is at a
place if it lies within 5 px. 'speed': a simulated scene of synapses of 512 x 512 px, played forwards and backwards to
3000 frames. Writes ``stationary.json`` and ``stationary.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.markdown import markdown
from benchmarks.speed import _forth_and_back, table, time_command
from ivea_fiji.candidates.maxima import find_maxima
from ivea_fiji.evaluation import Marks, match_events
from ivea_fiji.movie import open_movie
from ivea_fiji.stationary_bursts import detect_stationary

_MOVIE = Path(__file__).resolve().parents[1] / "examples" / "synactj" / "testMovie.tif"
_PLACES = Path(__file__).with_name("synactj_places.csv")
_NEAR_PX = 5.0
_STIMULUS = (5, 7)
"""Frames (from 0) in which the marked places begin to rise."""
_LOG_UM, _PROMINENCE, _BLUR, _BALL, _GRADIENT, _WINDOW = 0.5, 0.005, 1.0, 30, 3, 4
"""SynActJ's constants: LoG sigma in um, prominence, blur and rolling ball in px, radius of the gradient, frames."""
_SPEED_SEED = 9_300_500
_SCENE_FRAMES = 200


def synactj(frames: NDArray, stimulus: int, pixel_um: float) -> NDArray[np.float64]:
    """Return the sites ``(n, 2)`` (y, x) of SynActJ's published recipe, written anew from its constants.

    The median of 5 frames from the stimulus over that of 4 before it; minima of its Laplacian of Gaussian with the
    prominence mark spots; blur, rolling ball (here: opening with a disc) and triangle threshold give a mask; a
    watershed from the marks on the gradient parts it; the largest region is taken away.
    """
    before = np.median(frames[stimulus - _WINDOW : stimulus], axis=0)
    after = np.median(frames[stimulus : stimulus + _WINDOW + 1], axis=0)
    ratio = (after / np.maximum(before, 1)).astype(np.float32)
    spots = -ndimage.gaussian_laplace(ratio, _LOG_UM / pixel_um).astype(np.float32)
    m = find_maxima(spots, 0.0, _PROMINENCE, 2)
    blurred = cv2.GaussianBlur(ratio, (0, 0), _BLUR)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _BALL + 1, 2 * _BALL + 1))
    flat = blurred - cv2.morphologyEx(blurred, cv2.MORPH_OPEN, disc)
    byte = np.round(255 * (flat - flat.min()) / max(float(np.ptp(flat)), 1e-9)).astype(np.uint8)
    _, mask = cv2.threshold(byte, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_TRIANGLE)
    ring = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _GRADIENT + 1, 2 * _GRADIENT + 1))
    gradient = cv2.dilate(ratio, ring) - ratio
    scaled = np.round(65535 * (gradient - gradient.min()) / max(float(np.ptp(gradient)), 1e-9)).astype(np.uint16)
    marks = np.zeros(ratio.shape, np.int32)
    inside = mask[m.y, m.x] > 0
    marks[m.y[inside], m.x[inside]] = np.arange(1, int(inside.sum()) + 1)
    regions = ndimage.watershed_ift(scaled, np.where(mask > 0, marks, -1).astype(np.int32))
    regions[(mask == 0) | (regions < 0)] = 0
    sizes = np.bincount(regions.ravel())
    labels = np.flatnonzero(sizes[1:]) + 1
    if not len(labels):
        return np.zeros((0, 2))
    kept = labels[labels != 1 + int(sizes[1:].argmax())]
    return np.array(ndimage.center_of_mass(regions > 0, regions, kept)).reshape(-1, 2)


def compare(sites: NDArray[np.float64], places: NDArray[np.float64]) -> dict[str, int]:
    """Return how many places have a site of their own, how many sites share one, and how many are at none."""
    found, truth = (Marks.of(np.zeros(len(p)), p[:, 0], p[:, 1]) for p in (sites, places))
    match = match_events(found, truth, max_distance_px=_NEAR_PX)
    twice = int(match.duplicate.sum())
    return {"places": len(places), "at_places": len(match.found), "twice": twice, "elsewhere": len(match.false) - twice}


def real(model: str) -> list[dict[str, Any]]:
    """Return what this program and SynActJ's recipe find in the SynActJ movie."""
    places = np.loadtxt(_PLACES, delimiter=",", skiprows=1)[:, ::-1]
    result = detect_stationary(_MOVIE, model=model)
    sites = np.array([(s.y, s.x) for s in result.sites]).reshape(-1, 2)
    synchronous = [e for e in result.events if e.stimulus]
    rows = [{
        "program": "IVEA", **compare(sites, places),
        "stimuli": [[result.movie.file_frame(s.start), result.movie.file_frame(s.end)] for s in result.stimuli],
        "events": len(result.events), "synchronous": len(synchronous),
        "onset_in_stimulus": sum(_STIMULUS[0] <= e.onset <= _STIMULUS[1] for e in result.events),
        "onsets": sorted(result.movie.file_frame(e.onset) for e in result.events),
        "notes": list(result.notes),
    }]  # fmt: skip
    movie = open_movie(_MOVIE)
    frames = movie.read(0, movie.shape[0])
    theirs = synactj(frames, _STIMULUS[0], movie.pixel_size_um or 0.162)
    rows.append({"program": "SynActJ's recipe, stimulation frame given", **compare(theirs, places)})
    return rows


def large_movie(folder: Path, frames: int, side: int) -> Path:
    """Write a movie of synapses of `frames` frames; it is kept for the next time."""
    from ivea_fiji.simulation.synapses import simulate_synapses

    path = folder / f"synapses-{frames}-{side}.tif"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    scene = simulate_synapses(
        _SPEED_SEED, frames=_SCENE_FRAMES, height=side, width=side, pixel_size_um=0.16, frame_interval_s=0.1
    ).frames.astype(np.uint16)
    unfinished = path.with_suffix(".part")
    tifffile.imwrite(
        unfinished, _forth_and_back(scene, frames), shape=(frames, side, side), dtype=np.uint16, imagej=True,
        resolution=(6.25, 6.25), metadata={"axes": "TYX", "unit": "um", "finterval": 0.1},
    )  # fmt: skip
    os.replace(unfinished, path)
    return path


def report(rows: list[dict[str, Any]], speed: dict[str, Any] | None) -> str:
    """Return the tables."""
    parts = []
    if rows:
        head = [
            "program", "places with a site", "second sites there", "sites elsewhere", "stimulus found (frames)",
            "events", "synchronous",
        ]  # fmt: skip
        lines = [
            [r["program"], f"{r['at_places']} of {r['places']}", str(r["twice"]), str(r["elsewhere"]),
             ", ".join(f"{a}-{b}" for a, b in r.get("stimuli", [])), str(r.get("events", "")),
             str(r.get("synchronous", ""))]
            for r in rows
        ]  # fmt: skip
        parts += ["The real SynActJ movie.", markdown([head, *lines])]
    if speed:
        parts += ["A large movie, `ivea stationary` from start to end.", table([speed])]
    return "\n\n".join(parts)


def main() -> None:
    """Read the options, measure, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", default=["real", "speed"], choices=["real", "speed"])
    parser.add_argument("--model", default="neuro-lstm", help="network to judge")
    parser.add_argument("--frames", type=int, default=3000)
    parser.add_argument("--side", type=int, default=512, help="height and width of the large movie, px")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "ivea-benchmark",
                        help="folder that keeps the large movie")
    parser.add_argument("--out", type=Path, default=Path("stationary"), help="folder of the tables")
    options = parser.parse_args()
    rows = real(options.model) if "real" in options.parts else []
    speed = None
    if "speed" in options.parts:
        movie = large_movie(options.cache, options.frames, options.side)
        speed = time_command(movie, ["--model", options.model], "stationary")
    options.out.mkdir(parents=True, exist_ok=True)
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors"
    record = {"machine": machine, "real": rows, "speed": speed}
    (options.out / "stationary.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    text = report(rows, speed)
    (options.out / "stationary.md").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
