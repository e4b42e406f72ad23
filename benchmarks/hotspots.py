"""How well hotspot areas are found on simulated sensor layers that were never used to choose anything, and how fast.

    python -m benchmarks.hotspots --out hotspots
    python -m benchmarks.hotspots --out hotspots --part speed

Part 'accuracy': movies of 256 x 256 px and 300 frames with patchy drift, bleaching, flicker and camera noise, seeds
from 9,320,000 on, and as many without events. Beside IVEA stand the same program with the additive layer correction
of DART, a DART-style finder (that correction, a mean filter, one threshold from the first frames, no learning of
alpha). Part 'thresholds': how much of a movie without events the automatic thresholds Otsu and Triangle call active,
frame by frame. Part 'speed': the whole command on 512 x 512 px and 3000 frames. Writes ``accuracy.json``,
``accuracy.md``, ``thresholds.json``, ``speed.json``.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray

from benchmarks.markdown import markdown
from benchmarks.speed import _WATCHED, _forth_and_back
from ivea_fiji.candidates.differences import blur
from ivea_fiji.hotspot_areas import detect_hotspots
from ivea_fiji.hotspots.correction import correct
from ivea_fiji.hotspots.layers import find_layers
from ivea_fiji.hotspots.linking import Linker, regions
from ivea_fiji.simulation.sensors import simulate_sensors
from ivea_fiji.simulation.truth import SimulatedMovie, TrueHotspot

_SEED = 9_320_000
_SPEED_SEED = 9_270_900
_EMPTY = 500
"""Added to the seeds of movies without events."""
_LAG = 3
_VISIBLE_Z = 12.0
"""Events whose area changes by so many standard deviations of its mean have to be found; fainter ones may be."""
_CLEAR_Z = 20.0
"""Of events so clear the durations are compared."""
_SURE_FRAMES = 0.5
"""Durations whose own error, as the finder tells it, is no larger have to be right."""
_SLACK_FRAMES = 2


@dataclass(frozen=True)
class Seen:
    """What any finder says of one event."""

    start: int
    end: int
    pixels: NDArray
    complete: bool = True
    duration_error: float = float("nan")


def ivea(movie: SimulatedMovie, **changes: Any) -> list[Seen]:
    """Return what IVEA finds with its defaults."""
    found = detect_hotspots(movie.frames, **changes).events
    return [Seen(e.start, e.end, e.footprint, e.complete, e.duration_error) for e in found]


def differences(movie: SimulatedMovie) -> Iterator[tuple[int, NDArray]]:
    """Yield difference images by the additive correction and a mean filter of 17 px."""
    frames = movie.frames
    first = frames[:2].mean(axis=0, dtype=np.float32)
    layers = find_layers(blur(first[None], 1.0)[0], 5, 1)
    plain = frames.astype(np.float32)
    for i in range(_LAG, len(frames)):
        change = correct(plain[i], plain[i - _LAG], layers, "dart") - plain[i - _LAG]
        yield i, np.maximum(cv2.blur(change, (17, 17)), 0)


def by_threshold(movie: SimulatedMovie) -> list[Seen]:
    """Find events in these difference images by one threshold from the first of them."""
    linker = Linker(movie.frames.shape[1:], _LAG, 6.0)
    threshold, found = 0.0, []
    for i, change in differences(movie):
        threshold = threshold or float(change.mean() + 4 * change.std())
        some = regions(change > threshold, change, threshold, 50) if threshold > 0 else []
        found += linker.add(i, some)
    found += linker.finish()
    return [Seen(c.first, c.last, c.pixels) for c in found if c.frames >= 2]


def called_active(movie: SimulatedMovie, choose: Callable[[NDArray], float]) -> float:
    """Return the median part of the pixels that an automatic threshold calls active in a difference image."""
    return float(np.median([np.mean(change > choose(change)) for _, change in differences(movie)]))


def automatic(kind: int) -> Callable[[NDArray], float]:
    """Return a threshold of OpenCV on the image scaled to 8 bits, as ImageJ scales it."""

    def choose(change: NDArray) -> float:
        top = float(change.max()) or 1.0
        level, _ = cv2.threshold((change / top * 255).astype(np.uint8), 0, 255, cv2.THRESH_BINARY + kind)
        return max(float(level), 1.0) / 255 * top

    return choose


FINDERS: dict[str, Callable[[SimulatedMovie], list[Seen]]] = {
    "IVEA": ivea,
    "IVEA, correction of DART": lambda movie: ivea(movie, correction="dart"),
    "DART-style": by_threshold,
}


def match(movie: SimulatedMovie, found: list[Seen]) -> list[tuple[TrueHotspot, Seen, float]]:
    """Pair every true event with the one that shares most pixels with it and is on at the same time, each used once."""
    width = movie.frames.shape[2]
    pairs = []
    for i, event in enumerate(movie.events):
        assert isinstance(event, TrueHotspot)
        own = event.area_y.astype(np.int64) * width + event.area_x
        for k, seen in enumerate(found):
            if seen.start <= event.end + _SLACK_FRAMES and seen.end >= event.start - _SLACK_FRAMES:
                common = len(np.intersect1d(own, seen.pixels))
                if common:
                    pairs.append((-common / len(np.union1d(own, seen.pixels)), i, k))
    out, done, used = [], set(), set()
    for overlap, i, k in sorted(pairs):
        if i not in done and k not in used:
            done.add(i)
            used.add(k)
            out.append((movie.events[i], found[k], -overlap))
    return out  # type: ignore[return-value]


def judge(movie: SimulatedMovie, found: list[Seen]) -> dict[str, Any]:
    """Return counts and errors of one movie and finder."""
    pairs = match(movie, found)
    matched = {id(event) for event, _, _ in pairs}
    visible = [event for event in movie.events if event.peak_z >= _VISIBLE_Z]
    drift = float(movie.recipe["drift"])
    clear = [
        (event, seen) for event, seen, _ in pairs
        if event.peak_z >= _CLEAR_Z and seen.complete and event.end < len(movie.frames) - 1
    ]  # fmt: skip
    return {
        "true": len(movie.events), "visible": len(visible), "found": len(found), "matched": len(pairs),
        "visible_found": sum(id(event) in matched for event in visible),
        "overlap": [overlap for event, _, overlap in pairs if event.peak_z >= _CLEAR_Z],
        "durations": [
            {"kind": event.kind, "z": event.peak_z, "over_drift": event.df_f / drift,
             "told_error": seen.duration_error, "off": seen.end - seen.start + 1 - event.duration}
            for event, seen in clear
        ],
        "missed": [[event.kind, event.peak_z, len(event.area_y)] for event in visible if id(event) not in matched],
    }  # fmt: skip


def accuracy(movies: int, peers: int, out: Path) -> None:
    """Judge all finders; those beside IVEA on the first `peers` movies of each kind only."""
    rows = []
    for name, finder in FINDERS.items():
        for k, kind in itertools.product(range(movies if name == "IVEA" else peers), ("mixed", "none")):
            movie = simulate_sensors(_SEED + k + (_EMPTY if kind == "none" else 0), kind=kind)
            start = time.process_time()
            row = judge(movie, finder(movie))
            rows.append({"finder": name, "kind": kind, "movie": k, "cpu_s": time.process_time() - start, **row})
            told = f"{row['visible_found']} of {row['visible']}, {row['found']} found"
            print(f"{name}, {kind} {k}: {told}", flush=True)
            (out / "accuracy.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
            (out / "accuracy.md").write_text(report(rows) + "\n", encoding="utf-8")
    print(report(rows))


def report(rows: list[dict[str, Any]]) -> str:
    """Return the table of all finders."""
    lines = [["finder", "movies", "visible events", "recall", "precision", "F1", "overlap of areas (median)",
              "movies without events", "found there", "duration within 1 frame",
              "the same, event 20 times the drift", "the same, told error 0.5 or less"]]  # fmt: skip
    for name in FINDERS:
        events = [r for r in rows if r["finder"] == name and r["kind"] == "mixed"]
        empty = [r for r in rows if r["finder"] == name and r["kind"] == "none"]
        if not events:
            continue
        total = {key: sum(r[key] for r in events) for key in ("visible", "visible_found", "found", "matched")}
        recall = total["visible_found"] / max(total["visible"], 1)
        precision = total["matched"] / max(total["found"], 1)
        errors = [d for r in events for d in r["durations"]]
        calm = [d for d in errors if d["over_drift"] >= _CLEAR_Z]
        sure = [d for d in errors if d["told_error"] <= _SURE_FRAMES]
        lines.append([
            name, str(len(events)), str(total["visible"]), f"{recall:.3f}", f"{precision:.3f}",
            f"{2 * recall * precision / max(recall + precision, 1e-9):.3f}",
            f"{np.median([o for r in events for o in r['overlap']] or [np.nan]):.2f}", str(len(empty)),
            str(sum(r["found"] for r in empty)), _share(errors), _share(calm),
            _share(sure),
        ])  # fmt: skip
    return markdown(lines)


def _share(errors: list[dict[str, Any]]) -> str:
    within = sum(abs(one["off"]) <= 1 for one in errors)
    return f"{within} of {len(errors)}"


def thresholds(movies: int, out: Path) -> None:
    """Tell what Otsu and Triangle call active in movies without events."""
    told: dict[str, list[float]] = {"Otsu": [], "Triangle": []}
    for k in range(movies):
        movie = simulate_sensors(_SEED + _EMPTY + k, kind="none")
        told["Otsu"].append(called_active(movie, automatic(cv2.THRESH_OTSU)))
        told["Triangle"].append(called_active(movie, automatic(cv2.THRESH_TRIANGLE)))
    (out / "thresholds.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(told, indent=2))


def speed(frames: int, side: int, out: Path) -> None:
    """Time the whole command on a long movie, the start of Python and writing of files included."""
    with tempfile.TemporaryDirectory() as folder:
        path, watched = Path(folder) / "layer.tif", Path(folder) / "watched.json"
        scene = simulate_sensors(_SPEED_SEED, frames=120, height=side, width=side).frames
        tifffile.imwrite(path, _forth_and_back(scene, frames), shape=(frames, side, side), dtype=np.uint16, imagej=True,
                         metadata={"axes": "TYX", "finterval": 0.066})  # fmt: skip
        command = [sys.executable, "-m", "ivea_fiji", "hotspots", str(path), "--out", str(Path(folder) / "results"),
                   "--quiet"]  # fmt: skip
        subprocess.run([sys.executable, "-I", "-S", "-c", _WATCHED, str(watched), *command], check=True)
        used = json.loads(watched.read_text(encoding="utf-8"))
        record = json.loads((Path(folder) / "results" / "layer_hotspot_run.json").read_text(encoding="utf-8"))
    told = {"frames": frames, "side": side, **used, "timings": record["timings"], "counts": record["counts"]}
    (out / "speed.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(told, indent=2))


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=("accuracy", "thresholds", "speed"), default="accuracy")
    parser.add_argument("--movies", type=int, default=20, help="movies with events, and as many without")
    parser.add_argument("--peers", type=int, default=5, help="of these, movies on which the other finders are run too")
    parser.add_argument("--frames", type=int, default=3000, help="of the movie that is timed")
    parser.add_argument("--side", type=int, default=512, help="height and width of it, px")
    parser.add_argument("--out", type=Path, default=Path("hotspots"), help="folder of the tables")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    if options.part == "speed":
        speed(options.frames, options.side, options.out)
    elif options.part == "thresholds":
        thresholds(options.peers, options.out)
    else:
        accuracy(options.movies, options.peers, options.out)


if __name__ == "__main__":
    main()
