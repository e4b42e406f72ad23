"""ROIs: ImageJ puts them on the right place and frame, and we read back what we wrote."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from imagej_oracle import imagej_jar, need_java, run_java
from roifile import ROI_TYPE, ImagejRoi, roiread, roiwrite
from toy_result import toy_movie, toy_result

from ivea_fiji.errors import MovieError
from ivea_fiji.events.model import Rejected
from ivea_fiji.results.rois import Mark, event_marks, read_rois, training_marks, write_rois

AXES = {"TYX": (7, 24, 30), "ZYX": (7, 24, 30), "TCYX": (7, 2, 24, 30), "ZCYX": (7, 2, 24, 30)}
MARKS = [
    Mark("1-event {1} | frame 2", 2, 10.25, 12.5, 3, 0, "fusion", 0.93, 1),
    Mark("2-event {2} | frame 7_class_-3", 7, 0, 0, 3, -3, "motion", 0.125, 2),
    Mark("3-event {3} | frame 1", 1, 20.75, 26.125, 3, 2, "latent_fusion", 1.0, 3),
]


@pytest.fixture(scope="module")
def ij(pytestconfig: pytest.Config):
    need_java()
    return imagej_jar(pytestconfig.cache.mkdir("imagej"))


@pytest.mark.java
@pytest.mark.parametrize("axes", AXES)
def test_imagej_shows_each_roi_on_its_frame(tmp_path, ij, axes):
    """ImageJ goes to the event's frame from any channel, and draws the circle there and nowhere else."""
    noise = np.random.default_rng(0).integers(0, 100, AXES[axes], dtype=np.uint16)
    tifffile.imwrite(tmp_path / "movie.tif", noise, imagej=True, metadata={"axes": axes})
    write_rois(tmp_path / "rois.zip", MARKS, axes)
    movie, *rows = run_java("RoiProbe.java", ij, tmp_path / "movie.tif", tmp_path / "rois.zip")
    channels = 2 if "C" in axes else 1
    assert movie[1:] == [str(channels), *(("7", "1") if "Z" in axes else ("1", "7")), str("C" in axes).lower()]
    assert [row[0] for row in rows] == [m.name for m in MARKS]
    for mark, (_, kind, x, y, width, height, group, props, chosen, drawn) in zip(MARKS, rows, strict=True):
        assert kind == "OvalRoi"
        assert (float(x), float(y)) == (mark.x + 0.5, mark.y + 0.5)
        assert (float(width), float(height)) == (6, 6)
        assert group == {0: "1", -3: "13", 2: "3"}[mark.class_id]
        assert f"class_name: {mark.class_name}" in props
        assert f"event: {mark.event}" in props
        assert chosen == f"1:{mark.frame} {channels}:{mark.frame}"
        images = [(mark.frame - 1) * channels + c + 1 for c in range(channels)]
        assert drawn == ",".join(map(str, images))


def write_by_hand(path, **fields):
    roi = ImagejRoi()
    roi.roitype = ROI_TYPE.OVAL
    roi.name, roi.left, roi.top, roi.right, roi.bottom = "a", 1, 1, 7, 7
    for name, value in fields.items():
        setattr(roi, name, value)
    roiwrite(path, [roi], mode="w")


@pytest.mark.java
def test_the_probe_sees_a_wrong_position(tmp_path, ij):
    """With only the frame set, ImageJ finds a ROI of a one-channel movie nowhere: the check above can fail."""
    tifffile.imwrite(tmp_path / "m.tif", np.zeros((7, 24, 30), np.uint16), imagej=True, metadata={"axes": "TYX"})
    write_by_hand(tmp_path / "r.zip", t_position=5)
    *_, row = run_java("RoiProbe.java", ij, tmp_path / "m.tif", tmp_path / "r.zip")
    assert row[-2] == "1:1 1:1"
    assert row[-1] != "5"


coordinates = st.floats(-3, 4000, width=32)
marks = st.builds(
    Mark,
    name=st.just("n"),
    frame=st.integers(1, 200000),
    y=coordinates,
    x=coordinates,
    radius=st.integers(1, 32).map(float),
    class_id=st.integers(-8, 2),
    class_name=st.sampled_from(["fusion", "latent_fusion"]),
    probability=st.integers(0, 10000).map(lambda p: p / 10000),
    event=st.integers(1, 10**6),
)


@given(st.lists(marks, max_size=4), st.sampled_from(sorted(AXES)))
def test_round_trip(tmp_path_factory, given_marks, axes):
    path = tmp_path_factory.mktemp("r") / "r.zip"
    named = [Mark(**{**vars(m), "name": f"{i}-event {{{i}}} | frame {m.frame}"}) for i, m in enumerate(given_marks)]
    write_rois(path, named, axes)
    found = read_rois(path) if named else []
    assert len(found) == len(named)
    for before, after in zip(named, found, strict=True):
        exact = {k: v for k, v in vars(before).items() if k not in ("y", "x", "roi")}
        assert exact == {k: v for k, v in vars(after).items() if k not in ("y", "x", "roi")}
        assert (after.y, after.x) == pytest.approx((before.y, before.x), abs=1e-3)


def test_same_marks_same_bytes_and_nothing_is_added(tmp_path):
    for name in ("a.zip", "b.zip", "a.zip"):
        write_rois(tmp_path / name, MARKS)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert len(roiread(tmp_path / "a.zip")) == 3


def test_integer_rectangle_is_what_imagej_would_make(tmp_path):
    write_rois(tmp_path / "a.zip", MARKS)
    roi = roiread(tmp_path / "a.zip")[0]  # centre 13.0, 10.75 in ImageJ's terms, 6 px wide
    assert (roi.left, roi.top, roi.right, roi.bottom) == (10, 7, 16, 13)
    assert (roi.xd, roi.yd, roi.widthd, roi.heightd) == (10.0, 7.75, 6.0, 6.0)


def test_no_roi_is_an_empty_zip(tmp_path):
    write_rois(tmp_path / "a.zip", [])
    assert zipfile.ZipFile(tmp_path / "a.zip").namelist() == []
    assert read_rois(tmp_path / "a.zip") == []


def test_double_names_are_refused(tmp_path):
    with pytest.raises(ValueError, match="differ"):
        write_rois(tmp_path / "a.zip", [MARKS[0], MARKS[0]])


def test_events_and_training_names():
    rejected = (
        Rejected(4, 1, 2, -3, 0.1, "artefact"),
        Rejected(5, 1, 2, 0, 0.4, "below threshold"),
        Rejected(6, 1, 2, 2, 0.9, "class not wanted"),
        Rejected(7, 1, 2, 0, 0.9, "repeat"),
    )
    result = toy_result(2, movie=toy_movie(first_frame=10), rejected=rejected)
    first, second = (e.frame + 11 for e in result.events)
    events = [m.name for m in event_marks(result)]
    assert events == [f"1-event {{1}} | frame {first}", f"2-event {{2}} | frame {second}"]
    names = [m.name for m in training_marks(result)]
    classes = [e.class_id for e in result.events]
    assert names == [
        f"1-event {{1}} | frame {first}_class_{classes[0]}",
        f"2-event {{2}} | frame {second}_class_{classes[1]}",
        "3-event {3} | frame 15_class_-3",
        "4-event {4} | frame 16_class_-99",
        "5-event {5} | frame 17_class_2",
        "6-event {6} | frame 18_class_-99",
    ]
    assert all(m.radius == result.params.search_radius for m in training_marks(result))


@pytest.mark.parametrize(
    ("fields", "frame", "class_id"),
    [
        ({"position": 9, "name": "e(0) | frame41_class_0"}, 9, 0),
        ({"name": "e10064 | frame 391_class_3"}, 391, 3),
        ({"z_position": 4, "name": "cell", "props": "class_id: rubbish\n"}, 4, None),
    ],
)
def test_rois_of_others_are_read(tmp_path, fields, frame, class_id):
    write_by_hand(tmp_path / "a.zip", **fields)
    mark = read_rois(tmp_path / "a.zip")[0]
    assert (mark.frame, mark.class_id) == (frame, class_id)
    assert (mark.x, mark.y, mark.radius) == (3.5, 3.5, 3)


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 broken", b"Iout"])
def test_what_is_no_roi_set_gets_one_sentence(tmp_path, content):
    path = tmp_path / "a.zip"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MovieError, match="ROI"):
        read_rois(path)
