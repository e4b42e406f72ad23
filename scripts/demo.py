"""The main job on two real movies and a simulated one; prints what was found and where the pictures lie."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "out" / "demo"
# A movie of ordinary quality: the first seed from 2025 on with 20 events or more, nearly all of them well visible
# (peak z above 5).
SIMULATION = ["--recipe", "physics", "--kind", "mixed", "--seed", "2027", "--frames", "300"]
COLUMNS = ("event", "class_name", "probability", "frame", "t_s", "x_px", "y_px", "peak_df_f0", "decay_tau_s")


def ivea(*arguments: str | Path) -> None:
    """Run one command as a user would, and show it."""
    print(f"\n$ ivea {' '.join(str(a) for a in arguments)}", flush=True)
    subprocess.run([sys.executable, "-m", "ivea_fiji", *map(str, arguments)], check=True, cwd=ROOT)


def show_events(folder: Path, rows: int = 8) -> None:
    """Print the first rows of the event table in `folder`."""
    with next(folder.glob("*_events.csv")).open(newline="", encoding="utf-8") as file:
        events = list(csv.DictReader(file))
    if not events:
        return
    widths = [max(len(name), 9) for name in COLUMNS]
    print("  " + "  ".join(name.rjust(width) for name, width in zip(COLUMNS, widths, strict=True)))
    for event in events[:rows]:
        print("  " + "  ".join((event[name] or "-").rjust(w) for name, w in zip(COLUMNS, widths, strict=True)))
    if len(events) > rows:
        print(f"  ... and {len(events) - rows} more")


def show_picture(path: Path) -> None:
    """Open a picture where there is a screen."""
    opener = shutil.which("xdg-open") or shutil.which("open")
    screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or sys.platform == "darwin"
    if opener and screen:
        subprocess.Popen([opener, str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main() -> None:
    """Run the demonstration."""
    examples = ROOT / "examples"
    shutil.rmtree(OUT, ignore_errors=True)
    jobs = {
        "synapses": examples / "synactj" / "testMovie.tif",
        "telomeres": examples / "telomeres" / "timelapse_telomeres_2d.tif",
        "simulated": OUT / "truth" / "simulated.tif",
    }
    ivea("simulate", "--out", OUT / "truth", *SIMULATION)
    for name, movie in jobs.items():
        ivea("random", movie, "--out", OUT / name)
        show_events(OUT / name)
    ivea("evaluate", OUT / "simulated" / "simulated_events.csv", OUT / "truth" / "simulated_truth.csv")
    print("\nfound in all:")
    for name in jobs:
        record = json.loads(next((OUT / name).glob("*_run.json")).read_text(encoding="utf-8"))
        picture = next((OUT / name).glob("*_overview.png"))
        print(f"  {name:10s} {record['counts']['events']:4d} events   picture: {picture}")
        show_picture(picture)


if __name__ == "__main__":
    main()
