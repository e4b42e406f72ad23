"""Stationary bursts in ImageJ without a display: the files of the command line, and ROIs that ImageJ reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from imagej_oracle import need_java
from imagej_stage import make_host, run_headless
from synapse_material import flash, response, synapses

from ivea_fiji.cli.main import main

pytestmark = pytest.mark.java


def test_a_macro_gives_the_files_of_the_command_line(tmp_path: Path) -> None:
    """Byte for byte, for the file and for pixels that only ImageJ has; frames of a stimulus are those ImageJ shows."""
    need_java()
    host = make_host(tmp_path / "host" / "ImageJ")
    movie = tmp_path / "neuron.tif"
    courses = {**{k: response(120, 60, 75) for k in range(4)}, 4: flash(120, 30, 8)}
    frames = np.rint(synapses(courses, 120, height=300)).astype(np.uint16)
    tifffile.imwrite(movie, frames, imagej=True, metadata={"axes": "TYX", "finterval": 0.1})
    macro = tmp_path / "stationary.ijm"
    macro.write_text(
        f"""
        open("{movie}");
        run("Detect Stationary Bursts...", "stimuli=61-76 output_folder={tmp_path}/found");
        run("Add...", "value=0 stack");
        run("Detect Stationary Bursts...", "stimuli=61-76 output_folder={tmp_path}/sent");
        print("REACHED");
        """
    )
    done = run_headless(host, tmp_path, "Headless.java", macro)
    assert "REACHED" in done.stdout, done.stdout + done.stderr
    assert main(["stationary", str(movie), "--stimuli", "61-76", "--out", str(tmp_path / "expected")]) == 0
    for kind in ("events", "sites", "stimuli", "traces", "sites_raw", "sites_normalised", "summary"):
        expected = (tmp_path / "expected" / f"neuron_stationary_{kind}.csv").read_bytes()
        assert expected.count(b"\n") > 1
        for folder in ("found", "sent"):
            assert (tmp_path / folder / f"neuron_stationary_{kind}.csv").read_bytes() == expected, (folder, kind)
