"""Detection on images of a real ImageJ that runs in this process; the gateway of PyImageJ is a small stand-in."""

from __future__ import annotations

import csv
import subprocess
import sys
import types
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import roifile
import tifffile
from command_material import write_movie
from fiji_material import fake_fiji, fake_imagej
from hotspot_material import sensors
from imagej_oracle import need_java
from imagej_stage import environment, need_display, screen
from model_material import Rising, write_card
from movie_material import flash, noise
from synapse_material import flash as flash_course
from synapse_material import response, rule_model, synapses

from ivea_fiji import random_bursts
from ivea_fiji.commands.modules import MODULES
from ivea_fiji.errors import (
    Cancelled,
    InstallError,
    MissingDependencyError,
    MovieError,
    OutputError,
    ParameterError,
)
from ivea_fiji.fiji.libraries import IMAGEJ, obtain
from ivea_fiji.networks.registry import PATH_VARIABLE
from ivea_fiji.params import MovieParams, RandomParams
from ivea_fiji.params.hotspot import HotspotParams
from ivea_fiji.pyimagej import detect, detect_random_bursts, start
from ivea_fiji.pyimagej.images import as_movie
from ivea_fiji.results.rois import read_rois
from ivea_fiji.results.writer import write_result

pytestmark = pytest.mark.java

EVENTS = [(25, 20, 16), (40, 50, 60)]
"""Frame, y and x of the flashes, from 0."""


@pytest.fixture(scope="module")
def java() -> Any:
    """Start Java with ImageJ in this process, as scyjava does: this can be done once only."""
    need_java()
    jpype = pytest.importorskip("jpype")
    if not jpype.isJVMStarted():
        jpype.startJVM("-Djava.awt.headless=true", classpath=[str(obtain(IMAGEJ))])
    return jpype


@pytest.fixture(autouse=True)
def stand_in(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path_factory.mktemp("models")
    write_card(root / "evit28")
    monkeypatch.setenv(PATH_VARIABLE, str(root))
    monkeypatch.setattr("ivea_fiji.classify.make_classifier", lambda folder, runtime, threads: Rising())


def scene(frames: int = 70, dtype: Any = np.uint16) -> np.ndarray:
    stack = noise(frames, 64, 80, seed=1)
    for t, y, x in EVENTS:
        flash(stack, t, y, x, 250)
    return np.clip(np.rint(stack), 0, None).astype(dtype)


def imageplus(java: Any, planes: np.ndarray, channels: int = 1, slices: int = 1, frames: int | None = None) -> Any:
    """Make an image of ImageJ from planes in the order of its stack."""
    boxes = {"uint8": ("ByteProcessor", java.JByte, np.int8), "uint16": ("ShortProcessor", java.JShort, np.int16),
             "float32": ("FloatProcessor", java.JFloat, np.float32)}  # fmt: skip
    name, kind, signed = boxes[planes.dtype.name]
    height, width = planes.shape[1:]
    stack = java.JClass("ij.ImageStack")(width, height)
    for plane in planes:
        processor = java.JClass(f"ij.process.{name}")(width, height)
        processor.setPixels(java.JArray(kind)(plane.view(signed).ravel()))
        stack.addSlice(processor)
    imp = java.JClass("ij.ImagePlus")("cell", stack)
    imp.setDimensions(channels, slices, frames or len(planes) // channels // slices)
    return imp


def calibrated(imp: Any) -> Any:
    calibration = imp.getCalibration()
    calibration.pixelWidth = calibration.pixelHeight = 100.0
    calibration.setUnit("nm")
    calibration.frameInterval = 50.0
    calibration.setTimeUnit("ms")
    return imp


def places(result: Any) -> list[tuple[int, int, int]]:
    return [(e.frame, round(e.y), round(e.x)) for e in result.events]


# ---------------------------------------------------------------------------- what comes out


def test_rois_lie_on_the_events(java) -> None:
    imp = calibrated(imageplus(java, scene()))
    found = detect_random_bursts(imp, threads=1)
    assert places(found.result) == EVENTS
    assert [int(roi.getPosition()) for roi in found.rois] == [26, 41]
    for roi, (_, y, x) in zip(found.rois, EVENTS, strict=True):
        assert roi.contains(x, y)
        assert str(roi.getClass().getName()) == "ij.gui.OvalRoi"
        assert str(roi.getProperty("class_name")) == "fusion"
        assert (roi.getStrokeColor().getRed(), roi.getStrokeColor().getGreen()) == (0xE6, 0x9F)
    assert str(found.rois[0].getName()) == "1-event {1} | frame 26"


def test_tables_are_those_of_the_files(java, tmp_path) -> None:
    found = detect_random_bursts(calibrated(imageplus(java, scene())), threads=1)
    files = write_result(found.result, tmp_path, overview=False)
    for kind in ("events", "traces", "summary"):
        table = getattr(found, kind)
        with files[kind].open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert table.size() == len(rows) > 0
        assert [str(name) for name in table.getHeadings()] == list(rows[0])
        for i, row in enumerate(rows):
            for name, cell in row.items():
                number = table.getValue(name, i)
                if np.isnan(number):
                    assert cell == "" or str(table.getStringValue(name, i)) == cell
                else:
                    assert number == float(cell)
    assert str(found.events.getStringValue("frame", 0)) == "26"
    assert str(found.events.getStringValue("t_s", 0)) == "1.2500"


def moving(name: str) -> np.ndarray:
    """Return a movie with events of a module, made by hand."""
    if name == "stationary_bursts":
        return np.rint(synapses({1: flash_course(120, 50), 3: response(120, 60, 70)})).clip(0).astype(np.uint16)
    return (np.rint(sensors()) if name == "hotspot_areas" else scene()).astype(np.uint16)


@pytest.mark.parametrize("name", MODULES)
def test_every_module_gives_what_its_files_tell(java, tmp_path, monkeypatch, name) -> None:
    """Tables, ROIs and events are those of the command line's files, with the marks of the module's own."""
    rule_model(monkeypatch)
    module = MODULES[name]
    movie = tmp_path / "cell.tif"
    tifffile.imwrite(movie, moving(name), imagej=True, metadata={"axes": "TYX", "finterval": 0.1})
    found = detect(name, java.JClass("ij.IJ").openImage(str(movie)))
    assert found.module is module
    assert len(found.result.events) > 0
    files = module.write(found.result, tmp_path / "files")
    assert set(found.tables) == set(module.columns)
    for kind, table in found.tables.items():
        with files[kind].open(newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
        assert [str(heading) for heading in table.getHeadings()] == header
        assert table.size() == len(rows)
        for i, row in enumerate(rows):
            for heading, cell in zip(header, row, strict=True):
                number = table.getValue(heading, i)
                assert (cell == "" if np.isnan(number) else number == float(cell)) or str(
                    table.getStringValue(heading, i)
                ) == cell
    marks = read_rois(files["rois"])
    assert [str(roi.getName()) for roi in found.rois] == [mark.name for mark in marks]
    assert [int(roi.getPosition()) for roi in found.rois] == [mark.frame for mark in marks]
    for roi, stored in zip(found.rois, roifile.roiread(files["rois"]), strict=True):
        colour = roi.getStrokeColor()
        assert int(colour.getRGB() if colour else 0) & 0xFFFFFFFF == int.from_bytes(stored.stroke_color, "big")
    with pytest.raises(OutputError, match="has no display"):
        found.show()


def test_a_module_takes_its_own_parameters(java) -> None:
    frames = moving("hotspot_areas")
    whole = detect("hotspot_areas", frames, params=HotspotParams())
    part = detect("hotspot_areas", frames, params=HotspotParams(), first_frame=30)
    assert 0 < len(part.result.events) < len(whole.result.events)
    with pytest.raises(ParameterError, match="RandomParams are not those of 'hotspot_areas'; give HotspotParams"):
        detect("hotspot_areas", frames, params=RandomParams())
    with pytest.raises(ParameterError, match="There is no module 'random'; there is random_bursts, "):
        detect("random", frames)


def test_image_is_not_changed(java) -> None:
    planes = scene()
    imp = calibrated(imageplus(java, planes))
    imp.setSlice(7)
    detect_random_bursts(imp, threads=1)
    assert (imp.getCurrentSlice(), bool(imp.changes), imp.getOverlay(), imp.getRoi()) == (7, False, None, None)
    after = np.stack([np.asarray(memoryview(imp.getStack().getPixels(i + 1))) for i in range(len(planes))])
    np.testing.assert_array_equal(after.view(np.uint16).reshape(planes.shape), planes)


def test_overlay_holds_all_rois(java) -> None:
    found = detect_random_bursts(imageplus(java, scene()), threads=1)
    overlay = found.overlay()
    assert [str(overlay.get(i).getName()) for i in range(overlay.size())] == [str(r.getName()) for r in found.rois]


def test_without_a_display_nothing_is_shown(java) -> None:
    found = detect_random_bursts(imageplus(java, scene()), threads=1)
    with pytest.raises(OutputError, match="has no display; use overlay"):
        found.show()


def test_no_event_gives_empty_tables(java) -> None:
    quiet = np.rint(noise(40, 64, 80, seed=3)).astype(np.uint16)
    found = detect_random_bursts(imageplus(java, quiet), threads=1)
    assert (found.rois, found.events.size()) == ((), 0)
    assert str(found.events.getHeadings()[0]) == "event"


# ---------------------------------------------------------------------------- what goes in


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_pixels_arrive_as_they_are(java, dtype) -> None:
    planes = np.random.default_rng(0).integers(0, 256, (6, 5, 4)).astype(dtype)
    if dtype == np.uint16:
        planes += 40000  # negative for Java
    image = as_movie(imageplus(java, planes), None, MovieParams())
    np.testing.assert_array_equal(image.pixels, planes)
    assert image.pixels.dtype == dtype


def test_channel_and_frames_of_a_hyperstack(java) -> None:
    planes = np.arange(6 * 2 * 4 * 5, dtype=np.uint16).reshape(12, 4, 5)
    imp = imageplus(java, planes, channels=2)
    image = as_movie(imp, None, MovieParams(channel=2, first_frame=3, last_frame=5))
    np.testing.assert_array_equal(image.pixels, planes[[5, 7, 9]])


def test_rois_on_a_hyperstack_show_in_every_channel(java) -> None:
    frames = scene()
    planes = np.stack([np.zeros_like(frames), frames], 1).reshape(-1, *frames.shape[1:])
    found = detect_random_bursts(imageplus(java, planes, channels=2), channel=2, threads=1)
    assert [(r.getCPosition(), r.getZPosition(), r.getTPosition()) for r in found.rois] == [(0, 0, 26), (0, 0, 41)]


def test_frames_that_ImageJ_calls_slices(java) -> None:
    frames = scene()
    found = detect_random_bursts(imageplus(java, frames, slices=len(frames)), threads=1)
    assert places(found.result) == EVENTS
    assert any("slices were taken as frames" in note for note in found.result.movie.notes)
    assert [int(roi.getPosition()) for roi in found.rois] == [26, 41]


def test_scale_comes_from_the_calibration(java) -> None:
    movie = detect_random_bursts(calibrated(imageplus(java, scene())), threads=1).result.movie
    assert (movie.pixel_size_um, movie.frame_interval_s) == (pytest.approx(0.1), pytest.approx(0.05))
    plain = detect_random_bursts(imageplus(java, scene()), threads=1).result.movie
    assert (plain.pixel_size_um, plain.frame_interval_s) == (None, None)


def test_unchanged_file_is_read_instead_of_the_image(java, tmp_path) -> None:
    path = tmp_path / "cell.tif"
    tifffile.imwrite(path, scene(), imagej=True, metadata={"axes": "TYX"})
    imp = java.JClass("ij.IJ").openImage(str(path))
    assert as_movie(imp, None, MovieParams()).pixels is None
    assert places(detect_random_bursts(imp, threads=1).result) == EVENTS
    imp.getStack().getProcessor(1).set(0, 0, 9999)
    assert as_movie(imp, None, MovieParams()).pixels[0, 0, 0] == 9999


def test_signed_pixels(java) -> None:
    signed = (scene().astype(np.int32) - 200).astype(np.int16)
    imp = imageplus(java, (signed.astype(np.int32) + 32768).astype(np.uint16))
    imp.getCalibration().setSigned16BitCalibration()
    movie = detect_random_bursts(imp, threads=1).result.movie
    np.testing.assert_array_equal(movie.read(0, 2), signed[:2])


def test_rgb_and_empty_images_are_refused(java) -> None:
    rgb = java.JClass("ij.IJ").createImage("colours", "RGB", 8, 8, 3)
    with pytest.raises(MovieError, match=r"'colours' is a colour \(RGB\) image"):
        detect_random_bursts(rgb)
    with pytest.raises(MovieError, match="The image is empty"):
        detect_random_bursts(java.JClass("ij.ImagePlus")())


def test_numpy_array(java) -> None:
    found = detect_random_bursts(scene(), threads=1, pixel_size_um=0.1)
    assert places(found.result) == EVENTS
    assert [int(roi.getPosition()) for roi in found.rois] == [26, 41]


@dataclass
class Values:
    """Coordinates of one axis, as xarray has them."""

    values: np.ndarray
    attrs: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.values)

    ndim = 1

    @property
    def dtype(self) -> np.dtype:
        return self.values.dtype


@dataclass
class Named:
    """An array with named axes, as xarray has it."""

    values: np.ndarray
    dims: tuple[str, ...]
    coords: dict[str, Values] = field(default_factory=dict)
    name: str | None = None


@pytest.mark.parametrize("dims", [("t", "row", "col", "ch"), ("Time", "Y", "X", "Channel")])
def test_array_with_named_axes(java, dims) -> None:
    frames = scene()
    values = np.stack([np.zeros_like(frames), frames], -1)
    found = detect_random_bursts(Named(values, dims), channel=2, threads=1)
    assert places(found.result) == EVENTS


def test_units_of_named_axes(java) -> None:
    coords = {"x": Values(np.arange(80) * 100.0, {"units": "nm"}), "t": Values(np.arange(70) * 0.2)}
    movie = detect_random_bursts(Named(scene(), ("t", "y", "x"), coords), threads=1).result.movie
    assert movie.pixel_size_um == pytest.approx(0.1)
    assert movie.frame_interval_s is None  # steps without a unit say nothing


@pytest.mark.parametrize("dims", [("t", "y", "wavelength"), ("t", "y", "row"), ("t", "y")])
def test_axes_that_are_not_understood(java, dims) -> None:
    with pytest.raises(MovieError, match="are not understood; name them t, y and x"):
        detect_random_bursts(Named(np.zeros((3, 4, 5)[: len(dims)]), dims))


class Axis:
    def __init__(self, label: str, step: float, unit: str | None) -> None:
        self.label, self.step, self.of_step = label, step, unit

    def type(self) -> Axis:
        return self

    def getLabel(self) -> str:
        return self.label

    def averageScale(self, first: float, last: float) -> float:
        return self.step

    def unit(self) -> str | None:
        return self.of_step


class Dataset:
    """As much of ``net.imagej.Dataset`` as is used."""

    axes = (Axis("X", 0.1, "um"), Axis("Y", 0.1, "um"), Axis("Time", 0.05, "sec"))

    def getClass(self) -> type:
        return Dataset

    def getName(self) -> str:
        return "cell.tif"

    def numDimensions(self) -> int:
        return 3

    def axis(self, number: int) -> Axis:
        return self.axes[number]


def gateway(converted: Any) -> Any:
    return types.SimpleNamespace(py=types.SimpleNamespace(from_java=lambda image: converted))


def test_dataset_comes_through_the_gateway(java) -> None:
    found = detect_random_bursts(Dataset(), gateway(Named(scene(), ("t", "row", "col"))), threads=1)
    movie = found.result.movie
    assert places(found.result) == EVENTS
    assert (movie.name, movie.pixel_size_um, movie.frame_interval_s) == ("cell.tif", 0.1, 0.05)


def test_dataset_without_gateway_and_other_things(java) -> None:
    with pytest.raises(MovieError, match="need the gateway"):
        detect_random_bursts(Dataset())
    with pytest.raises(MovieError, match="is no image with named axes"):
        detect_random_bursts(java.JClass("java.util.ArrayList")(), gateway([]))
    with pytest.raises(MovieError, match="of the kind 'str' cannot be analysed"):
        detect_random_bursts("movie.tif")


def test_it_can_be_stopped(java) -> None:
    class Stop:
        def update(self, stage: str, done: int, total: int) -> None:
            """Heed nothing."""

        def cancelled(self) -> bool:
            return True

    with pytest.raises(Cancelled):
        detect_random_bursts(imageplus(java, scene()), progress=Stop())


SHOW = """
import os, sys, traceback, jpype, tifffile
from ivea_fiji.pyimagej import detect_random_bursts
jpype.startJVM(classpath=[sys.argv[1]])
try:
    jpype.JClass("ij.ImageJ")()
    manager = jpype.JClass("ij.plugin.frame.RoiManager")()
    manager.addRoi(jpype.JClass("ij.gui.Roi")(1, 2, 3, 4))
    found = detect_random_bursts(tifffile.imread(sys.argv[2]), confidence=0.1, threads=1)
    found.show()
    table = jpype.JClass("ij.measure.ResultsTable").getResultsTable("array events")
    names = [str(roi.getName()) for roi in manager.getRoisAsArray()]
    print(len(found.result.events), manager.getCount(), table.size(), names[1] == str(found.rois[0].getName()))
except BaseException:
    traceback.print_exc()
sys.stdout.flush()
os._exit(0)  # windows of Java would keep the process
"""


@pytest.mark.gui
def test_show_adds_to_the_roi_manager(tmp_path, monkeypatch) -> None:
    """In a process of its own: a Java with windows is another than one without."""
    need_display()
    monkeypatch.delenv(PATH_VARIABLE)
    movie = write_movie(tmp_path)
    with screen() as display:
        done = subprocess.run(
            [sys.executable, "-c", SHOW, str(obtain(IMAGEJ)), str(movie)], capture_output=True, text=True, timeout=120,
            env=environment(DISPLAY=display), check=False,
        )  # fmt: skip
    assert done.stdout, done.stderr
    events, rois, rows, same = done.stdout.split()
    assert int(events) == int(rows) == int(rois) - 1 > 0
    assert same == "True"


# ---------------------------------------------------------------------------- starting a Fiji


def test_folder_in_place_of_the_gateway(java, monkeypatch) -> None:
    started: list[Any] = []
    monkeypatch.setattr("ivea_fiji.pyimagej.detection.start", lambda folder: started.append(folder))
    assert places(detect_random_bursts(scene(), "/opt/Fiji.app", threads=1).result) == EVENTS
    assert started == ["/opt/Fiji.app"]


def test_start_avoids_the_known_traps(tmp_path, monkeypatch) -> None:
    asked: list[Any] = []
    config = types.SimpleNamespace(set_java_constraints=lambda fetch: asked.append(fetch), endpoints=["imglyb:1.1.0"])
    scyjava = types.SimpleNamespace(config=config, jvm_started=lambda: False)

    def init(folder: str, mode: str) -> str:
        asked.append((folder, mode, list(config.endpoints)))
        return "gateway"

    monkeypatch.setitem(sys.modules, "scyjava", scyjava)
    monkeypatch.setitem(sys.modules, "imagej", types.SimpleNamespace(init=init))
    fiji = fake_fiji(tmp_path / "Fiji")
    assert start(tmp_path, mode="interactive") == "gateway"
    assert asked == ["auto", (str(fiji), "interactive", [])]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (UnboundLocalError("cannot access\nlocal variable"), r"did not start \(cannot access local variable\)"),
        (False, "is a Java installed"),
    ],
)
def test_start_that_fails_is_one_sentence(tmp_path, monkeypatch, answer, sentence) -> None:
    def init(folder: str, mode: str) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    config = types.SimpleNamespace(set_java_constraints=lambda fetch: None, endpoints=[])
    monkeypatch.setitem(sys.modules, "scyjava", types.SimpleNamespace(config=config, jvm_started=lambda: False))
    monkeypatch.setitem(sys.modules, "imagej", types.SimpleNamespace(init=init))
    with pytest.raises(InstallError, match=sentence):
        start(fake_fiji(tmp_path / "Fiji"))


def test_start_wants_a_fiji_and_pyimagej(tmp_path, monkeypatch) -> None:
    with pytest.raises(InstallError, match="is a plain ImageJ, which PyImageJ cannot start"):
        start(fake_imagej(tmp_path / "ImageJ"))
    monkeypatch.setitem(sys.modules, "imagej", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'ivea-fiji\[pyimagej\]'"):
        start(fake_fiji(tmp_path / "Fiji"))


def test_java_must_run(monkeypatch) -> None:
    stopped = types.SimpleNamespace(isJVMStarted=lambda: False)
    monkeypatch.setitem(sys.modules, "jpype", stopped)
    with pytest.raises(InstallError, match=r"call imagej\.init\(\) first"):
        detect_random_bursts(scene())
    monkeypatch.setitem(sys.modules, "jpype", None)
    with pytest.raises(MissingDependencyError, match="PyImageJ is needed"):
        detect_random_bursts(scene())


def test_command_line_does_without_java() -> None:
    """The package that needs jpype is not imported by others."""
    assert not any("pyimagej" in path.read_text(encoding="utf-8") for path in _modules_of_the_library())


def _modules_of_the_library() -> list[Path]:
    package = Path(random_bursts.__file__).parent
    return [path for path in package.rglob("*.py") if path.parent.name not in ("pyimagej", "cli")]
