"""Labels as other people save them: ROIs on stacks of any axes, tables of spreadsheet programs and of TrackMate."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
import roifile
import tifffile
from roifile import ROI_OPTIONS, ROI_TYPE, ImagejRoi

from ivea_fiji.datasets import collect
from ivea_fiji.datasets.labels import read_labels
from ivea_fiji.datasets.truth import read_truth
from ivea_fiji.errors import IveaError, MovieError, TableError
from ivea_fiji.evaluation import read_marks
from ivea_fiji.movie.regions import read_regions
from ivea_fiji.movie.rois import Reference, load_rois, roi_frames
from ivea_fiji.roi_traces import measure_rois

EVENTS = [(3, 10.25, 20.5), (7, 31.0, 8.75), (12, 4.5, 33.25)]
"""Frame from 1, x, y."""


def oval(event: tuple[int, float, float], name: str, **more: object) -> ImagejRoi:
    """Return a circle of 6 px with fractions of a pixel."""
    left, top = event[1] + 0.5 - 3, event[2] + 0.5 - 3
    roi = ImagejRoi(roitype=ROI_TYPE.OVAL, options=ROI_OPTIONS.SUB_PIXEL_RESOLUTION, n_coordinates=0, version=228)
    roi.name, roi.left, roi.top, roi.right, roi.bottom = name, int(left), int(top), int(left) + 6, int(top) + 6
    roi.xd, roi.yd, roi.widthd, roi.heightd = left, top, 6.0, 6.0
    for key, value in more.items():
        setattr(roi, key, value)
    return roi


def save(path: Path, rois: list[ImagejRoi]) -> Path:
    """Write ROIs one after the other, also those of equal names."""
    with zipfile.ZipFile(path, "w") as archive:
        for roi in rois:
            if f"{roi.name}.roi" in archive.namelist():
                with pytest.warns(UserWarning, match="Duplicate name"):
                    archive.writestr(f"{roi.name}.roi", roi.tobytes())
            else:
                archive.writestr(f"{roi.name}.roi", roi.tobytes())
    return path


def multipoint(path: Path, channels: int = 1) -> Path:
    roi = ImagejRoi.frompoints(np.array([e[1:] for e in EVENTS], np.float32))
    roi.roitype, roi.name, roi.position = ROI_TYPE.POINT, "many", -2  # as ImageJ says "per point"
    roi.counters = np.zeros(len(EVENTS), np.uint8)
    roi.counter_positions = np.array([channels * (e[0] - 1) + 1 for e in EVENTS], np.uint32)
    roi.tofile(path)
    return path


def places(marks) -> list[tuple[int, float, float]]:
    return [(int(t) + 1, float(x), float(y)) for t, y, x in zip(marks.frame, marks.y, marks.x, strict=True)]


KINDS = {
    "slices": lambda k, e: {"c_position": 1, "z_position": e[0], "t_position": 1},
    "frames": lambda k, e: {"c_position": 2, "z_position": 1, "t_position": e[0]},
    "frame only": lambda k, e: {"t_position": e[0]},
    "plane": lambda k, e: {"position": 2 * e[0]},
}


@pytest.mark.parametrize("axis", ["", "T", "Z"])
@pytest.mark.parametrize("kind", KINDS)
def test_each_roi_lies_on_its_own_frame(tmp_path: Path, kind: str, axis: str) -> None:
    """Labels, regions and marks agree, whichever of ImageJ's ways a ROI of a stack of two channels says its frame."""
    rois = [oval(e, f"e{k}", **KINDS[kind](k, e)) for k, e in enumerate(EVENTS)]
    path, movie = save(tmp_path / "a.zip", rois), Reference(axis, 2)  # type: ignore[arg-type]
    assert places(read_marks(path, movie)) == EVENTS
    assert [(k.frame, k.x, k.y) for k in read_labels(path, reference=movie)] == EVENTS
    regions, _ = read_regions(path, (48, 48), 1.0, reference=movie)
    assert [region.frame for region in regions] == [e[0] for e in EVENTS]


def test_projected_stacks_keep_their_frames() -> None:
    """A ROI drawn at slice 5 of frame 3 belongs to frame 3 of the projection, whose frames lie in T."""
    rois = [oval(EVENTS[0], "a", z_position=5, t_position=3), oval(EVENTS[0], "b", z_position=2, t_position=1)]
    assert roi_frames(rois, Reference("T")) == [3, 1]


def test_names_of_the_roi_manager_tell_the_frame(tmp_path: Path) -> None:
    rois = [oval(e, f"{e[0]:04d}-{round(e[2]):04d}-{round(e[1]):04d}") for e in EVENTS]
    assert places(read_marks(save(tmp_path / "a.zip", rois))) == EVENTS
    two = [oval(e, f"{2 * e[0]:05d}-00020-00010") for e in EVENTS]
    assert places(read_marks(save(tmp_path / "b.zip", two), Reference("T", 2))) == EVENTS
    with pytest.raises(TableError, match=r"'2024-06-01 cell' in 'c.zip' belongs to no frame"):
        read_marks(save(tmp_path / "c.zip", [oval(EVENTS[0], "2024-06-01 cell")]))


def test_every_point_of_several_is_a_label(tmp_path: Path) -> None:
    path = multipoint(tmp_path / "a.roi")
    assert places(read_marks(path)) == EVENTS
    assert [k.frame for k in read_labels(multipoint(tmp_path / "b.roi", 2), reference=Reference("T", 2))] == [3, 7, 12]
    truth, _ = read_truth(path, chosen=[0])
    assert len(truth) == 3, "the points of one ROI are chosen together"


def test_rois_of_one_name_are_all_read(tmp_path: Path) -> None:
    path = save(tmp_path / "a.zip", [oval(e, "fusion_class_0", position=e[0]) for e in EVENTS])
    assert places(read_marks(path)) == EVENTS
    assert [k.class_id for k in read_labels(path)] == [0, 0, 0]
    regions, _ = read_regions(path, (48, 48), 1.0)
    assert [region.frame for region in regions] == [3, 7, 12]


def test_polygons_lie_where_they_are_drawn(tmp_path: Path) -> None:
    """Corners with fractions of a pixel count, not the whole pixels around them."""
    corners = np.array([(10.3, 5.2), (12.8, 5.2), (12.8, 9.7), (10.3, 9.7)])
    roi = ImagejRoi.frompoints(corners)
    roi.position = 4
    roifile.roiwrite(tmp_path / "a.roi", roi)
    (mark,) = read_labels(tmp_path / "a.roi")
    assert (mark.x, mark.y) == pytest.approx((11.05, 6.95), abs=1e-5)


def test_collect_takes_the_axes_of_the_movie(tmp_path: Path) -> None:
    """Two channels, frames in Z: samples lie on the frames at which the ROIs were drawn."""
    noise = np.random.default_rng(0).integers(0, 100, (40, 2, 48, 48), dtype=np.uint16)
    tifffile.imwrite(tmp_path / "cell.tif", noise, imagej=True, metadata={"axes": "ZCYX"})
    events = [(15, 20.0, 20.0), (22, 30.0, 12.0)]
    rois = [oval(e, f"{k}_class_{k}", c_position=1, z_position=e[0], t_position=1) for k, e in enumerate(events)]
    save(tmp_path / "cell.zip", rois)
    made = collect(tmp_path, tmp_path / "a.h5", centre_on="label")
    assert sorted(made.info.rows.frame) == [14, 21]


def test_measuring_around_frames_of_a_hyperstack(tmp_path: Path) -> None:
    stack = np.zeros((20, 2, 24, 24), np.uint16) + np.arange(20, dtype=np.uint16)[:, None, None, None]
    stack[0, 0, 0, 0] = 1
    tifffile.imwrite(tmp_path / "m.tif", stack, imagej=True, metadata={"axes": "ZCYX"})
    save(tmp_path / "a.zip", [oval((9, 10.0, 10.0), "a", c_position=1, z_position=9, t_position=1)])
    made = measure_rois(tmp_path / "m.tif", tmp_path / "a.zip", span="around_frame", window_before=2, window_after=2)
    assert made.channels[0].raw[0].tolist() == [6, 7, 8, 9, 10]


# ---------------------------------------------------------------------------- damaged ROIs


def polygon_bytes() -> bytes:
    roi = ImagejRoi.frompoints(np.array([(1, 1), (9, 1), (9, 9), (1, 9)]) + 0.25)
    roi.name, roi.position = "p_class_1", 3
    return roi.tobytes()


def test_damaged_rois_get_one_sentence(tmp_path: Path) -> None:
    data = polygon_bytes()
    count = data[:16] + struct.pack(">h", 30000) + data[18:]
    place = bytearray(data)
    place[64 + 16 : 64 + 20] = struct.pack(">f", float("nan"))
    with zipfile.ZipFile(tmp_path / "d.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("p.roi", data * 3)
    packed = bytearray((tmp_path / "d.zip").read_bytes())
    packed[40:60] = bytes(20)
    for name, content in (("a.roi", count), ("b.roi", bytes(place)), ("c.roi", data[:70]), ("d.zip", bytes(packed))):
        (tmp_path / name).write_bytes(content)
        for read in (read_marks, read_labels, lambda path: read_regions(path, (20, 20), 1.0)):
            with pytest.raises(MovieError, match=r"holds no ImageJ ROI that can be read|lies nowhere"):
                read(tmp_path / name)


def test_a_polygon_without_corners_has_no_area(tmp_path: Path) -> None:
    data = bytearray(polygon_bytes())
    data[16:22] = bytes(6)
    (tmp_path / "a.roi").write_bytes(bytes(data))
    with pytest.raises(MovieError, match="has pixels inside the movie"):
        read_regions(tmp_path / "a.roi", (20, 20), 1.0)


def test_a_zip_that_unpacks_to_too_much_is_not_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.roi", bytes(65_000_000))
    with pytest.raises(MovieError, match="no ImageJ ROI"):
        load_rois(tmp_path / "a.zip")


# ---------------------------------------------------------------------------- tables

SEMI = [f"{t};{x:.3f};{y:.3f}".replace(".", ",") for t, x, y in EVENTS]
TABLES = {
    "sep": ("utf-8", ["sep=;", "frame;x_px;y_px", *SEMI]),
    "sep and bom": ("utf-8-sig", ['"sep=;"', "frame;x_px;y_px", *SEMI]),
    "windows": ("cp1252", ["frame;x_px;y_px;remark", *(f"{s};gr\u00f6\u00dfer" for s in SEMI)]),
    "unicode": ("utf-16", ["frame\tx_px\ty_px", *(s.replace(";", "\t") for s in SEMI)]),
    "blank rows": ("utf-8", ["", "frame;x_px;y_px", SEMI[0], ";;", *SEMI[1:], ";;", ";;"]),
    "blanks": ("utf-8", ["frame, x_px, y_px", *(f"{t}, {x:.3f}, {y:.3f}" for t, x, y in EVENTS)]),
    "quoted": ("utf-8", ['"frame","x_px","y_px"', *(f'"{t}","{x:.3f}","{y:.3f}"' for t, x, y in EVENTS)]),
    "other names": ("utf-8", ["frame,x,y,mass", *(f"{t},{x},{y},1" for t, x, y in EVENTS)]),
    "from 0": ("utf-8", ["frame,x,y", "0,1,1", *(f"{t - 1},{x},{y}" for t, x, y in EVENTS)]),
    "nm": ("utf-8", ['"id","frame","x [nm]","y [nm]"', *(f"1,{t},{100 * x},{100 * y}" for t, x, y in EVENTS)]),
    "napari": ("utf-8", ["index,axis-0,axis-1,axis-2", *(f"1,{t - 1},{y},{x}" for t, x, y in EVENTS)]),
}
HEAD = "LABEL,ID,TRACK_ID,QUALITY,POSITION_X,POSITION_Y,POSITION_Z,POSITION_T,FRAME"


def trackmate(unit: str) -> list[str]:
    size = 1.0 if unit == "pixel" else 0.1
    words = ["Label,Spot ID,Track ID,Quality,X,Y,Z,T,Frame"] * 2
    return [HEAD, *words, f",,,(quality),({unit}),({unit}),({unit}),(sec),"] + [
        f"ID{t},{t},,5,{x * size:.5f},{y * size:.5f},0,0,{t - 1}" for t, x, y in EVENTS
    ]


TABLES["trackmate"] = ("utf-8", trackmate("micron"))
TABLES["trackmate in pixels"] = ("utf-8", trackmate("pixel"))


@pytest.mark.parametrize("kind", TABLES)
def test_tables_of_other_programs(tmp_path: Path, kind: str) -> None:
    encoding, lines = TABLES[kind]
    (tmp_path / "a.csv").write_bytes("\r\n".join([*lines, ""]).encode(encoding))
    movie = Reference(pixel_size_um=0.1)
    skipped = int(kind == "from 0")
    for found in (places(read_marks(tmp_path / "a.csv", movie)),
                  [(k.frame, k.x, k.y) for k in read_labels(tmp_path / "a.csv", reference=movie)],
                  places(read_truth(tmp_path / "a.csv", reference=movie)[0])):  # fmt: skip
        np.testing.assert_allclose(found[skipped:], EVENTS, atol=1e-4)


def write_session(path: Path, unit: str = "micron", image: str = "") -> Path:
    spots = "".join(
        f'<SpotsInFrame frame="{t - 1}"><Spot ID="{t}" POSITION_X="{x * 0.1}" POSITION_Y="{y * 0.1}" FRAME="{t - 1}"/>'
        "</SpotsInFrame>" for t, x, y in EVENTS
    )
    path.write_text(
        f'<?xml version="1.0" encoding="UTF-8"?><TrackMate version="7.11.1"><Model spatialunits="{unit}">'
        f"<AllSpots>{spots}</AllSpots></Model><Settings>{image}</Settings></TrackMate>"
    )
    return path


def test_sessions_of_trackmate(tmp_path: Path) -> None:
    path = write_session(tmp_path / "cell.xml")
    movie = Reference(pixel_size_um=0.1)
    np.testing.assert_allclose(places(read_marks(path, movie)), EVENTS)
    np.testing.assert_allclose(places(read_truth(path, reference=movie)[0]), EVENTS)
    with pytest.raises(TableError, match="in micron, and the pixel size is not known"):
        read_marks(path)
    own = write_session(tmp_path / "own.xml", image='<ImageData pixelwidth="0.1" timeinterval="0.05"/>')
    np.testing.assert_allclose(places(read_marks(own)), EVENTS)
    with pytest.raises(TableError, match="in which unit"):
        read_marks(write_session(tmp_path / "odd.xml", "parsec"), movie)


def test_trackmate_beside_its_movie_is_collected(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 100, (40, 48, 48), dtype=np.uint16)
    tifffile.imwrite(tmp_path / "cell.tif", noise, imagej=True, resolution=(10, 10),
                     metadata={"axes": "TYX", "unit": "um"})  # fmt: skip
    write_session(tmp_path / "cell.xml")
    made = collect(tmp_path, tmp_path / "a.h5", unlabelled_class="0", centre_on="label")
    assert sorted(made.info.rows.frame) == [2, 6, 11]


@pytest.mark.parametrize("text", [
    "Area,Mean,Min\n1,2,3\n", "frame,X [parsec],Y [parsec]\n1,2,3\n", HEAD + "\nID1,1,,5,1,1,0,0,3\n",
    "frame,x [nm],y [nm]\n1,2,3\n", "frame;x_px;y_px\n1;2\n", 'frame,x_px,y_px\n"1,2', "\n\n", "sep=;",
])  # fmt: skip
def test_tables_that_cannot_be_understood_say_why(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    for read in (read_marks, read_labels):
        with pytest.raises(IveaError) as caught:
            read(tmp_path / "a.csv")
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) <= 300


def test_sentences_stay_short() -> None:
    told = str(MovieError(f"'{'a' * 500}.tif' is no\nmovie; choose '{'b' * 30}' and read the page about it."))
    assert len(told) <= 300
    assert "is no movie; choose 'bbb" in told
    assert len(str(MovieError("x" * 5000))) <= 300
