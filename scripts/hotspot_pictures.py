"""Make the pictures of docs/hotspots.md: a simulated layer of sensors, and what IVEA finds in it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
MOVIE = ["--recipe", "sensors", "--seed", "11", "--frames", "300", "--height", "192", "--width", "256",
         "--events", "12", "--pixel-size-um", "0.15", "--frame-interval-s", "0.066"]  # fmt: skip


def main() -> None:
    """Simulate, detect, and copy the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        for arguments in (
            ["simulate", *MOVIE, "--out", folder, "--name", "axon"],
            ["hotspots", str(Path(folder) / "axon.tif"), "--out", str(Path(folder) / "found")],
        ):
            subprocess.run([sys.executable, "-m", "ivea_fiji", *arguments], check=True)
        for kind in ("overview", "heat_map"):
            shutil.copyfile(Path(folder) / "found" / f"axon_hotspot_{kind}.png",
                            IMAGES / f"hotspot-{kind.replace('_', '-')}.png")  # fmt: skip


if __name__ == "__main__":
    main()
