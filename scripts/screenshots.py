"""Make the pictures of docs/images from the real thing: ImageJ with IVEA, on a screen that nobody sees.

``python scripts/screenshots.py [FOLDER]``; needs Java, Maven, Xvfb and openbox (which draws the windows' frames).
Those of the tutorial are made by ``tutorial.py``.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from imagej_stage import Stage, make_host, screen, window_manager  # noqa: E402

from ivea_fiji.cli.main import main as ivea  # noqa: E402

DETECT = "Detect Random Bursts..."
MOVIE = ["--frames", "200", "--height", "256", "--width", "256", "--seed", "11"]
SCALE = ["--pixel-size-um", "0.11", "--frame-interval-s", "0.05"]


def pictures(ij: Stage, movie: Path, folder: Path) -> None:
    """Take all pictures."""
    ij("open", movie)
    ij("place", "ImageJ", 10, 10)
    ij("macro", 'run("Enhance Contrast", "saturated=0.3"); run("Set... ", "zoom=200 x=128 y=128");')
    ij("place", movie.name, 10, 130)
    dialog(ij, DETECT, folder / "dialog.png")
    dialog(ij, "Detect Random Bursts Advanced...", folder / "dialog-advanced.png")
    dialog(ij, "Batch Process Folder...", folder / "dialog-batch.png")
    dialog(ij, "Measure ROIs...", folder / "dialog-measure.png")

    ij("start", "Record...")
    ij.until("windows", "Recorder")
    ij("place", "Recorder", 640, 720, 840, 160)
    ij("start", DETECT)
    ij("press", DETECT, "OK")
    title = f"{movie.name} events"
    ij("table", title)
    ij("place", title, 640, 130, 840, 300)
    ij("place", "ROI Manager", 1130, 445, 350, 260)
    ij("wait", 800)
    shot(ij, "Recorder", folder / "recorder.png")
    ij("macro", 'roiManager("Show All with labels");')
    ij("click", title, 3)
    ij("wait", 800)
    ij("shot", folder / "result.png")

    ij("choose", title, "IVEA", f"{movie.name} overview")
    ij.until("windows", "_overview.png")
    ij("choose", title, "IVEA", "Plot Trace of Event")
    ij.until("windows", "traces, event")
    (plot,) = [name for name in ij("windows") if "traces, event" in name]
    (overview,) = [name for name in ij("windows") if "_overview.png" in name]
    ij("place", overview, 10, 130)
    ij("place", plot, 780, 430)
    ij("front", plot)
    ij("wait", 800)
    ij("shot", folder / "overview.png")


def dialog(ij: Stage, title: str, path: Path) -> None:
    """Take the picture of a dialog."""
    ij("start", title)
    ij("dialog", title)
    ij("place", title, 620, 60)
    ij("wait", 500)
    shot(ij, title, path)
    ij("press", title, "Cancel")


def shot(ij: Stage, title: str, path: Path) -> None:
    """Take the picture of one window, with its frame."""
    ij("shot", path, *ij("where", title))


@contextlib.contextmanager
def on_a_screen(work: Path) -> Iterator[Stage]:
    """Start ImageJ among windows with frames; `work` is for its files."""
    if not shutil.which("openbox"):
        sys.exit("openbox is missing; on Debian and Ubuntu: sudo apt-get install openbox")
    (work / "home").mkdir()
    with screen("1500x900") as display, window_manager(display):
        ij = Stage(make_host(work / "ImageJ"), work / "home", display)
        try:
            time.sleep(1)
            yield ij
        finally:
            ij.close()


def main() -> None:
    """Make the pictures in the folder named, or in docs/images."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, on_a_screen(Path(name)) as ij:
        ivea(["simulate", "--out", name, "--name", "cell", *MOVIE, *SCALE])
        pictures(ij, Path(name) / "cell.tif", folder)


if __name__ == "__main__":
    main()
