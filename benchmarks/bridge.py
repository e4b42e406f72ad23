"""How long a command takes in ImageJ, from the macro's call to its return, beside the engine alone.

    python -m benchmarks.bridge

Real ImageJ without a display, a warm engine, one movie of 1000 x 256 x 256: read by the engine from its file, and with
its pixels sent because ImageJ has changed them. The engine alone is `detect_random` and the writing of the same files
in this process. One run of each comes first and does not count. Needs a JDK and Maven, and the tests' folder.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import tifffile

from benchmarks.markdown import markdown, number
from ivea_fiji.random_bursts import detect_random
from ivea_fiji.results.writer import write_result
from ivea_fiji.simulation.physics import simulate_physics

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from imagej_stage import make_host, run_headless

_SEED, _FRAMES, _RUNS = 9_300_001, 1000, 4
_COMMAND = "Detect Random Bursts..."


def main() -> None:
    """Measure and print a table."""
    os.environ.setdefault("IVEA_PYTHON", sys.executable)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        movie = _movie(home)
        alone = [_alone(movie, home / f"alone{k}") for k in range(_RUNS)]
        times = {"engine alone": alone, **_in_imagej(movie, home)}
    kept = {name: statistics.median(runs[1:]) for name, runs in times.items()}
    rows = [[name, number(s, 2), number(s / kept["engine alone"], 2)] for name, s in kept.items()]
    print(markdown([["way", "s", "time / engine alone"], *rows]))


def _movie(home: Path) -> Path:
    sim = simulate_physics(_SEED, frames=_FRAMES, kind="mixed")
    per_um = (1 / sim.pixel_size_um,) * 2
    scale = {"axes": "TYX", "finterval": sim.frame_interval_s, "unit": "um"}
    tifffile.imwrite(home / "movie.tif", sim.frames, imagej=True, resolution=per_um, metadata=scale)
    return home / "movie.tif"


def _alone(movie: Path, folder: Path) -> float:
    start = time.perf_counter()
    write_result(detect_random(movie), folder)
    return time.perf_counter() - start


def _in_imagej(movie: Path, home: Path) -> dict[str, list[float]]:
    ways = {"ImageJ, file read by the engine": "file", "ImageJ, pixels sent": "sent"}
    loop = (
        f'for (i = 0; i < {_RUNS}; i++) {{ s = getTime(); run("{_COMMAND}", "output_folder={home}/%s" + i); '
        'print("took %s " + (getTime() - s)); }'
    )
    macro = home / "bridge.ijm"
    change = 'run("Add...", "value=0 stack");'
    macro.write_text("\n".join([f'open("{movie}");', loop % ("file", "file"), change, loop % ("sent", "sent")]))
    done = run_headless(make_host(home / "ImageJ"), home, "Headless.java", macro)
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("took ")]
    if len(lines) != 2 * _RUNS:
        sys.exit(f"ImageJ did not finish: {done.stdout}{done.stderr}")
    return {name: [int(ms) / 1000 for _, way, ms in lines if way == key] for name, key in ways.items()}


if __name__ == "__main__":
    main()
