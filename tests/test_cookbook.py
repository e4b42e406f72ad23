"""The macros of docs/macros, which the cookbook shows: their lines are complete, and ImageJ replays them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from imagej_oracle import need_java
from imagej_stage import Stage, make_host, need_display, run_headless, screen

from ivea_fiji.commands.scripts import menu_title, scripts
from ivea_fiji.fiji.layout import Host

DOCS = Path(__file__).resolve().parents[1] / "docs"
MACROS = sorted((DOCS / "macros").glob("*.ijm"))
ASKED = {
    menu_title(name): re.findall(r"^#@ (?!ImagePlus).*\) (\w+)$", text, re.MULTILINE)
    for name, text in scripts().items()
}
"""What every entry of the menu asks for."""


def lines(macro: Path) -> list[tuple[str, str]]:
    """Return command and options of every line that IVEA's commands record."""
    found = re.findall(r'^\s*run\("([^"]+)", "(.*)"\);$', macro.read_text(encoding="utf-8"), re.MULTILINE)
    return [(title, re.sub(r'" \+ .*? \+ "', "PLACE", options)) for title, options in found if title in ASKED]


@pytest.mark.parametrize("macro", MACROS, ids=lambda path: path.stem)
def test_lines_are_complete(macro: Path) -> None:
    """Fiji would ask for a parameter that is left out."""
    assert lines(macro)
    for title, options in lines(macro):
        given = re.findall(r"(\w+)=(?:\[[^\]]*\]|\S*)", options)
        assert given == ASKED[title]


def test_the_page_shows_every_macro_as_it_is() -> None:
    page = (DOCS / "macro-cookbook.md").read_text(encoding="utf-8")
    for macro in MACROS:
        assert f"[{macro.name}](macros/{macro.name})" in page
        assert macro.read_text(encoding="utf-8") in page, f"{macro.name} differs from what the cookbook shows"


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Host:
    """Give an ImageJ with IVEA."""
    need_java()
    return make_host(tmp_path_factory.mktemp("host") / "ImageJ")


@pytest.fixture(scope="module")
def kitchen(host: Host, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, Path]]:
    """Give it on a screen, and a folder with the movie that simulate.ijm makes."""
    need_display()
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("my cells")
    with screen() as display:
        stage = Stage(host, home, display)
        try:
            replay(stage, "simulate", folder)
            stage("macro", 'run("Close All");')
            yield stage, folder
        finally:
            stage.close()


def replay(stage: Stage, name: str, folder: Path) -> None:
    """Run a macro as the menu Plugins > Macros > Run... does, with the folder as its argument."""
    (answer,) = stage("macro", f'return "" + runMacro("{DOCS / "macros" / name}.ijm", "{folder}");')
    assert answer == "null" or answer == "", stage("log")


def events(folder: Path) -> list[dict[str, str]]:
    with (folder / "cell_events.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def synapses(folder: Path) -> bool:
    """Tell whether stationary.ijm found true events: at least 5, and 4 in 5 lie within 5 px and 6 frames of one."""
    with (folder / "synapses" / "neuron_stationary_events.csv").open(newline="", encoding="utf-8") as file:
        found = [(float(r["first_frame"]), float(r["x_px"]), float(r["y_px"])) for r in csv.DictReader(file)]
    with (folder / "neuron_truth.csv").open(newline="", encoding="utf-8") as file:
        truth = [(float(r["frame"]), float(r["x_px"]), float(r["y_px"])) for r in csv.DictReader(file)]
    true = sum(any(abs(t - u) <= 6 and (x - v) ** 2 + (y - w) ** 2 <= 25 for u, v, w in truth) for t, x, y in found)
    return true >= 5 and true >= 0.8 * len(found)


def hotspots(folder: Path) -> bool:
    """Tell whether what hotspots.ijm found are the true events: every one found is one of them, in space and time."""
    with (folder / "hotspots" / "layer_hotspot_events.csv").open(newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    with (folder / "layer_truth.csv").open(newline="", encoding="utf-8") as file:
        true = list(csv.DictReader(file))
    near = [
        min(np.hypot(float(f["x_px"]) - float(t["x_px"]), float(f["y_px"]) - float(t["y_px"]))
            + abs(int(f["start_frame"]) - int(t["start_frame"])) for t in true)
        for f in found
    ]  # fmt: skip
    return len(found) >= 3 and max(near) < 6


def all_true(folder: Path) -> bool:
    """Tell whether labels.ijm reports what was labelled, as far as it changes the movie at all."""
    with (folder / "cell_truth.csv").open(newline="", encoding="utf-8") as file:
        truth = [(float(r["frame"]), float(r["x_px"]), float(r["y_px"])) for r in csv.DictReader(file)]
    found = [(float(e["frame"]), float(e["x_px"]), float(e["y_px"])) for e in events(folder / "labelled")]
    near = [any(abs(t - u) <= 9 and np.hypot(x - v, y - w) <= 7 for u, v, w in found) for t, x, y in truth]
    return sum(near) >= max(3, len(events(folder / "detect")))


@pytest.mark.java
@pytest.mark.gui
class TestReplayed:
    """Every macro does in ImageJ what the cookbook says."""

    def test_simulate(self, kitchen) -> None:
        _, folder = kitchen
        assert {path.name for path in folder.glob("cell*")} >= {"cell.tif", "cell_truth.csv", "cell_truth_rois.zip"}

    def test_detect(self, kitchen) -> None:
        stage, folder = kitchen
        replay(stage, "detect", folder)
        assert events(folder / "detect")
        assert stage("macro", "return d2s(nImages, 0);") == ["0"]

    def test_open_images(self, kitchen) -> None:
        stage, folder = kitchen
        stage("open", folder / "cell.tif")
        stage("macro", 'run("Duplicate...", "title=copy.tif duplicate");')
        replay(stage, "open_images", folder)
        stage("macro", 'run("Close All");')
        assert events(folder / "cell_ivea")
        assert (folder / "copy_ivea" / "copy_events.csv").is_file()

    def test_cell_outline(self, kitchen) -> None:
        stage, folder = kitchen
        replay(stage, "cell_outline", folder)
        for event in events(folder / "inside"):
            assert (float(event["x_px"]) - 31.5) ** 2 + (float(event["y_px"]) - 31.5) ** 2 <= 29**2

    def test_batch(self, kitchen) -> None:
        stage, folder = kitchen
        replay(stage, "batch", folder)
        assert list((folder / "batch").glob("*.csv"))

    def test_count(self, kitchen) -> None:
        stage, folder = kitchen
        replay(stage, "count", folder)
        fusions = [event for event in events(folder / "count") if event["class_name"] == "fusion"]
        peaks = [float(event["peak_df_f0"]) for event in fusions if event["peak_df_f0"]]
        report = (folder / "count" / "report.txt").read_text().strip()
        number, mean = re.fullmatch(r"fusions with a cloud: (\d+), mean peak dF/F0: ([\d.NaN]+)", report).groups()
        assert int(number) == len(peaks) > 0
        assert float(mean) == pytest.approx(sum(peaks) / len(peaks), rel=1e-3)

    def test_measure_rois(self, kitchen) -> None:
        stage, folder = kitchen
        replay(stage, "measure_rois", folder)
        with next((folder / "measured").glob("*traces.csv")).open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == 5 * 80  # ROIs and frames

    def test_labels(self, kitchen) -> None:
        stage, folder = kitchen
        replay(stage, "labels", folder)
        assert all_true(folder)

    def test_hotspots(self, kitchen) -> None:
        stage, folder = kitchen
        replay(stage, "hotspots", folder)
        assert hotspots(folder)

    def test_stationary(self, kitchen) -> None:
        stage, folder = kitchen
        replay(stage, "stationary", folder)
        assert synapses(folder)


@pytest.mark.java
def test_without_a_display(host, tmp_path_factory) -> None:
    """All macros but the one that works on open windows, as ``fiji --headless -macro`` runs them."""
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("my cells")
    names = ["simulate", "detect", "cell_outline", "batch", "count", "labels", "measure_rois", "hotspots", "stationary"]
    assert {macro.stem for macro in MACROS} == {*names, "open_images"}
    jobs = home / "jobs.ijm"
    jobs.write_text("".join(f'runMacro("{DOCS / "macros" / name}.ijm", "{folder}");\n' for name in names))
    done = run_headless(host, home, "Headless.java", jobs)
    made = {path.relative_to(folder).parts[0] for path in folder.rglob("*.csv")}
    expected = {"cell_truth.csv", "layer_truth.csv", "detect", "inside", "batch", "count", "labelled", "measured",
                "hotspots", "neuron_truth.csv", "synapses"}
    assert made == expected, done.stdout + done.stderr
    assert events(folder / "detect") == events(folder / "count") != []
    assert all_true(folder)
    assert hotspots(folder)
    assert synapses(folder)
