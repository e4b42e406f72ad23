"""Make the picture of docs/stationary.md: a simulated movie of synapses, and what IVEA finds in it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
MOVIE = ["--recipe", "synapses", "--kind", "stimulated", "--seed", "9100022", "--frames", "250", "--height", "192",
         "--width", "192", "--pixel-size-um", "0.16", "--frame-interval-s", "0.1"]  # fmt: skip


def main() -> None:
    """Simulate, detect, and copy the picture."""
    with tempfile.TemporaryDirectory() as folder:
        for arguments in (
            ["simulate", *MOVIE, "--out", folder, "--name", "neuron"],
            ["stationary", str(Path(folder) / "neuron.tif"), "--out", str(Path(folder) / "found")],
        ):
            subprocess.run([sys.executable, "-m", "ivea_fiji", *arguments], check=True)
        shutil.copyfile(Path(folder) / "found" / "neuron_stationary_overview.png", IMAGES / "stationary-overview.png")


if __name__ == "__main__":
    main()
