"""Hotspot areas in ImageJ without a display: the files of the command line, and outlines as ImageJ fills them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hotspot_material import sensors
from imagej_oracle import imagej_jar, need_java, run_java
from imagej_stage import make_host, run_headless

from ivea_fiji.cli.main import main
from ivea_fiji.movie.regions import read_regions

pytestmark = pytest.mark.java


def test_a_macro_gives_the_files_of_the_command_line(tmp_path: Path) -> None:
    """Tables byte for byte; and ImageJ fills every outline with the same pixels."""
    need_java()
    host = make_host(tmp_path / "host" / "ImageJ")
    movie = tmp_path / "axon.tif"
    frames = np.rint(sensors()).astype(np.uint16)
    tifffile.imwrite(movie, frames, imagej=True, metadata={"axes": "TYX", "finterval": 0.1})
    macro = tmp_path / "hotspots.ijm"
    macro.write_text(
        f"""
        open("{movie}");
        run("Detect Hotspot Areas...", "output_folder={tmp_path}/found");
        run("Add...", "value=0 stack");
        run("Detect Hotspot Areas...", "output_folder={tmp_path}/sent");
        print("REACHED");
        """
    )
    done = run_headless(host, tmp_path, "Headless.java", macro)
    assert "REACHED" in done.stdout, done.stdout + done.stderr
    assert main(["hotspots", str(movie), "--out", str(tmp_path / "expected")]) == 0
    for kind in ("events", "areas", "traces", "summary"):
        expected = (tmp_path / "expected" / f"axon_hotspot_{kind}.csv").read_bytes()
        assert expected.count(b"\n") > 3
        for folder in ("found", "sent"):
            assert (tmp_path / folder / f"axon_hotspot_{kind}.csv").read_bytes() == expected, (folder, kind)

    rois = tmp_path / "expected" / "axon_hotspot_rois.zip"
    with (tmp_path / "expected" / "axon_hotspot_events.csv").open(newline="", encoding="utf-8") as file:
        events = list(csv.DictReader(file))
    told = run_java("RoiMeans.java", imagej_jar(tmp_path), movie, rois)
    theirs = {(name, int(n)): float(mean) for name, n, mean in told}
    regions, _ = read_regions(rois, frames.shape[1:], 3)
    assert len(regions) == len(events) == 3
    for region, event in zip(regions, events, strict=True):
        assert len(region.y) == int(event["largest_area_px"])
        mean = frames[region.frame - 1, region.y, region.x].mean()
        assert theirs[region.name, region.frame] == pytest.approx(mean, rel=1e-9)
