"""How long the real command takes from its start to its results, and how much memory it needs.

    python -m benchmarks.speed --out speed --long

Movies are simulated scenes as busy as asked for, played forwards and backwards in turn so that no cut shows, and kept
in a temporary folder for the next time. Everything is in the wall time: start of Python, imports, reading, hashing,
writing of tables, ROIs and picture. Options after ``--`` go to ``ivea random``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from benchmarks.markdown import markdown, number
from ivea_fiji.candidates import find_candidates, learn_thresholds
from ivea_fiji.movie.movie import Movie
from ivea_fiji.movie.sources import ArraySource
from ivea_fiji.params import RandomParams
from ivea_fiji.simulation.physics import TRAINING, simulate_physics

_SEED = 9_300_000
_SCENE_FRAMES = 500
_PLAIN = replace(TRAINING, photons=(100.0, 100.0), background=(60.0, 60.0), vesicles=(40, 40), artefacts=(20, 20),
                 events=(15, 15))  # fmt: skip
_LONGER = 10
_READ_BYTES = 1 << 25

# Linux hands the peak memory of a process on to what it starts, so a small one stands between.
_WATCHED = """
import json, subprocess, sys, time
start = time.perf_counter()
code = subprocess.call(sys.argv[2:], stdout=subprocess.DEVNULL)
record = {"code": code, "wall_s": time.perf_counter() - start}
try:
    import resource
except ImportError:
    pass
else:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1 if sys.platform == "darwin" else 1024
    record |= {"cpu_s": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss * unit / 1e6}
open(sys.argv[1], "w").write(json.dumps(record))
"""


@dataclass(frozen=True)
class Job:
    """One movie to time."""

    frames: int
    side: int
    candidates: int
    """About how many candidates 3000 frames shall have."""


def scene(side: int, candidates: int) -> NDArray[np.uint16]:
    """Return frames with about so many candidates per 3000 frames, found by trying densities."""
    wanted = candidates * _SCENE_FRAMES / 3000
    density, best = 1.0, (np.inf, np.zeros((0, side, side), np.uint16))
    for _ in range(8):
        ranges = replace(
            _PLAIN, **{name: tuple(density * v for v in getattr(_PLAIN, name)) for name in ("vesicles", "artefacts")}
        )
        frames = simulate_physics(
            _SEED, frames=_SCENE_FRAMES, height=side, width=side, pixel_size_um=0.1, frame_interval_s=0.1,
            ranges=ranges,
        ).frames  # fmt: skip
        params = RandomParams()
        movie = Movie(ArraySource(frames), "scene")
        found = len(find_candidates(movie, learn_thresholds(movie, params), params))
        miss = abs(np.log(max(found, 1) / wanted))
        if miss < best[0]:
            best = (miss, frames)
        if miss < 0.05:
            break
        density *= float(np.clip(wanted / max(found, 1), 0.25, 4.0))
    return best[1]


def make_movie(job: Job, cache: Path) -> Path:
    """Write the movie of a job as ImageJ TIFF, frame by frame, unless it is there."""
    path = cache / f"{job.frames}x{job.side}x{job.side}-{job.candidates}.tif"
    if path.exists():
        return path
    cache.mkdir(parents=True, exist_ok=True)
    short = cache / f"scene-{job.side}-{job.candidates}.npy"
    if not short.exists():
        np.save(short, scene(job.side, job.candidates))
    frames = np.load(short)
    unfinished = path.with_suffix(".part")
    tifffile.imwrite(
        unfinished, _forth_and_back(frames, job.frames), shape=(job.frames, job.side, job.side), dtype=np.uint16,
        imagej=True, resolution=(10.0, 10.0), metadata={"axes": "TYX", "unit": "um", "finterval": 0.1},
    )  # fmt: skip
    os.replace(unfinished, path)
    return path


def _forth_and_back(frames: NDArray, count: int) -> Iterator[NDArray]:
    period = 2 * len(frames) - 2
    for k in range(count):
        at = k % period
        yield frames[min(at, period - at)]


def plain_read(path: Path) -> float:
    """Return the seconds that reading the file into memory takes, in blocks, and nothing else."""
    start = time.perf_counter()
    with path.open("rb", buffering=0) as file:
        while np.fromfile(file, np.uint8, _READ_BYTES).size:
            pass
    return time.perf_counter() - start


def time_command(movie: Path, options: list[str], module: str = "random") -> dict[str, Any]:
    """Run ``ivea <module>`` on a movie in a process of its own and return what it took and found."""
    read = min(plain_read(movie) for _ in range(2))
    with tempfile.TemporaryDirectory() as folder:
        out, watched = Path(folder) / "results", Path(folder) / "watched.json"
        command = [sys.executable, "-m", "ivea_fiji", module, str(movie), "--out", str(out), "--quiet", "--json"]
        subprocess.run(
            [sys.executable, "-I", "-S", "-c", _WATCHED, str(watched), *command, *options], check=True
        )
        used = json.loads(watched.read_text(encoding="utf-8"))
        if used["code"]:
            raise SystemExit(f"The command failed with exit code {used['code']}.")
        (run,) = out.glob("*_run.json")
        record = json.loads(run.read_text(encoding="utf-8"))
    rest = used["wall_s"] - sum(record["timings"].values())
    return {
        "frames": record["input"]["shape_tyx"][0],
        "side": record["input"]["shape_tyx"][1],
        "candidates": record["counts"]["candidates"],
        "events": record["counts"]["events"],
        "wall_s": used["wall_s"],
        "cpu_s": used.get("cpu_s"),
        "peak_mb": used.get("peak_mb"),
        "read_s": read,
        "times_read": used["wall_s"] / read,
        "model": record["model"]["name"],
        "stages_s": {**record["timings"], "start-up, hash and files": rest},
    }


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows as two Markdown tables: totals, and seconds per stage."""
    totals = [["movie", "candidates", "events", "wall s", "CPU s", "peak MB", "plain read s", "wall / plain read"]]
    stages = [["movie", "candidates", *rows[0]["stages_s"]]]
    for r in rows:
        movie, count = f"{r['frames']} x {r['side']} x {r['side']}", str(r["candidates"])
        totals.append([
            movie, count, str(r["events"]), f"{r['wall_s']:.1f}", number(r["cpu_s"], 1), number(r["peak_mb"], 0),
            f"{r['read_s']:.2f}", f"{r['times_read']:.0f}",
        ])  # fmt: skip
        stages.append([movie, count, *(f"{s:.2f}" for s in r["stages_s"].values())])
    return f"{markdown(totals)}\n\nSeconds per stage:\n\n{markdown(stages)}"


def main() -> None:
    """Read the options, time, and write ``speed.json`` and ``speed.md``."""
    options = _options()
    jobs = [Job(options.frames, options.side, n) for n in options.candidates]
    if options.long:
        jobs.append(replace(jobs[0], frames=_LONGER * options.frames))
    rows = []
    for job in jobs:
        movie = make_movie(job, options.cache)
        runs = [time_command(movie, options.more) for _ in range(options.repeat)]
        rows.append(min(runs, key=lambda r: r["wall_s"]))
        print(f"{movie.name}: {rows[-1]['wall_s']:.1f} s", flush=True)
    system = f"{platform.system()} {platform.machine()}"
    machine = f"{system}, {os.cpu_count()} processors, Python {platform.python_version()}"
    text = f"{machine}, model {rows[0]['model']}\n\n{table(rows)}"
    options.out.mkdir(parents=True, exist_ok=True)
    record = {"machine": machine, "options": options.more, "rows": rows}
    (options.out / "speed.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    (options.out / "speed.md").write_text(text + "\n", encoding="utf-8")
    print(text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=3000)
    parser.add_argument("--side", type=int, default=256, help="height and width, px")
    parser.add_argument("--candidates", type=int, nargs="+", default=[3500, 15_000],
                        help="about how many candidates 3000 frames shall have; one movie each")
    parser.add_argument("--repeat", type=int, default=1, help="runs of each movie, of which the fastest counts")
    parser.add_argument("--long", action="store_true", help="also the first movie ten times as long")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "ivea-benchmark",
                        help="folder that keeps the movies")
    parser.add_argument("--out", type=Path, default=Path("speed"), help="folder of the tables")
    parser.add_argument("more", nargs="*", help="after --: options of `ivea random`, e.g. -- --model evit26")
    return parser.parse_args()


if __name__ == "__main__":
    main()
