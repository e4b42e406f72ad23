"""Plugins > IVEA without a display: macros in ImageJ, and the scripts as Fiji's SciJava and Groovy run them."""

from __future__ import annotations

from pathlib import Path

import pytest
from imagej_material import SCRIPTS, by_command_line, make_movie, rows, same_tables, with_second_channel
from imagej_oracle import need_java
from imagej_stage import make_host, run_headless

from ivea_fiji.fiji.layout import Host

pytestmark = pytest.mark.java
DETECT = "Detect Random Bursts..."


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Host:
    need_java()
    return make_host(tmp_path_factory.mktemp("host") / "ImageJ")


@pytest.fixture(scope="module")
def movie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_movie(tmp_path_factory.mktemp("movie"))


def test_macros_give_the_files_of_the_command_line(host: Host, movie: Path, tmp_path: Path) -> None:
    """Byte for byte: the file itself, and pixels that only ImageJ has; and an error ends a macro."""
    two = with_second_channel(movie)
    good = tmp_path / "good.ijm"
    good.write_text(
        f"""
        open("{movie}");
        run("{DETECT}", "output_folder=[{tmp_path}/one movie]");
        open("{two}");
        run("{DETECT}", "channel=2 threshold_factor=1.5 output_folder={tmp_path}/two");
        run("Add...", "value=0 stack");
        run("{DETECT}", "channel=2 threshold_factor=1.5 output_folder={tmp_path}/sent");
        print("REACHED");
        """
    )
    bad = tmp_path / "bad.ijm"
    bad.write_text(f'open("{movie}"); run("{DETECT}", "model=nonsense"); print("NOT" + " REACHED");')
    done = run_headless(host, tmp_path, "Headless.java", good, bad)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line]
    assert "REACHED" in lines
    assert "NOT REACHED" not in lines
    (error,) = [line for line in lines if "nonsense" in line]
    assert error.endswith("(The macro was stopped.)")
    assert "Exception" not in done.stdout + done.stderr

    same_tables(tmp_path / "one movie", by_command_line(movie, tmp_path / "expected one"))
    options = ("--channel", "2", "--threshold-factor", "1.5")
    expected = by_command_line(two, tmp_path / "expected two", *options)
    same_tables(tmp_path / "two", expected)
    assert rows(expected)
    # Its pixels may have changed, so they travelled through shared memory.
    same_tables(tmp_path / "sent", expected)


def test_scripts_run_under_scijava(host: Host, movie: Path, tmp_path: Path) -> None:
    """The same files again, by the scripts that Fiji runs; a failure is told and thrown."""
    detect = SCRIPTS / "Detect_Random_Bursts....groovy"
    simulate = SCRIPTS / "Simulate_Movie....groovy"
    done = run_headless(
        host, tmp_path, "Scripts.java", "run",
        detect, movie, f"output_folder={tmp_path}/out", "show_overlay=true", "next",
        detect, "empty", f"output_folder={tmp_path}/none", "next",
        simulate, "none", "frames=20", "height=48", "width=48", "movie_name=toy", f"output_folder={tmp_path}/toy",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    same_tables(tmp_path / "out", by_command_line(movie, tmp_path / "expected"))
    runs = [line.split("\t") for line in done.stdout.splitlines() if line.startswith("run\t")]
    assert [run[1] for run in runs] == ["", "", ""]
    assert [("There is no image; open a movie first." in run[2]) for run in runs] == [False, True, False]
    assert not (tmp_path / "none").exists()
    assert (tmp_path / "toy" / "toy.tif").exists()


def test_imagej_reads_the_scripts_as_scijava_does(host: Host, tmp_path: Path) -> None:
    """Name, label, default, choices and help of every parameter of every script."""
    scripts = sorted(SCRIPTS.glob("*.groovy"))
    done = run_headless(host, tmp_path, "Scripts.java", "header", *scripts)
    assert done.returncode == 0, done.stderr
    read: dict[str, list[str]] = {"scijava": [], "imagej": []}
    for line in done.stdout.splitlines():
        who, _, what = line.partition("\t")
        read[who].append(what)
    assert len(read["scijava"]) > 50
    assert read["imagej"] == read["scijava"]
