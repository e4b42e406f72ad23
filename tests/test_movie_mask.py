"""The cell mask from ROIs and images."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import roifile
import tifffile
from roifile import ROI_TYPE, ImagejRoi

from ivea_fiji.errors import MovieError
from ivea_fiji.movie import open_movie
from ivea_fiji.movie.mask import fill_outlines, load_mask
from ivea_fiji.params import MovieParams
from tests.movie_files import ramp

SHAPE = (12, 13)


def box(kind, left, top, width, height, **more):
    return ImagejRoi(
        roitype=kind, left=left, top=top, right=left + width, bottom=top + height, n_coordinates=0, **more
    )


def save(path, *rois):
    if path.suffix == ".zip":
        roifile.roiwrite(path, list(rois), name=[f"cell {n}" for n in range(len(rois))], mode="w")
    else:
        rois[0].tofile(path)
    return path


def test_rectangle(tmp_path):
    mask = load_mask(save(tmp_path / "Zelle 1.roi", box(ROI_TYPE.RECT, 3, 2, 4, 6)), SHAPE)
    expected = np.zeros(SHAPE, bool)
    expected[2:8, 3:7] = True
    np.testing.assert_array_equal(mask, expected)


def test_oval_as_imagej_fills_it(tmp_path):
    # ImageJ 1.54p fills OvalRoi(2, 3, 7, 5) with 31 pixels.
    mask = load_mask(save(tmp_path / "a.roi", box(ROI_TYPE.OVAL, 2, 3, 7, 5)), SHAPE)
    rows = ["..XXX..", ".XXXXX.", "XXXXXXX", "XXXXXXX", "XXXXXXX"]
    assert mask.sum() == 31
    np.testing.assert_array_equal(mask[3:8, 2:9], mask[3:8, 2:9][::-1, ::-1])
    np.testing.assert_array_equal(mask[5, 2:9], [c == "X" for c in rows[2]])


def test_polygon_as_imagej_fills_it(tmp_path):
    # What ImageJ 1.54p fills for new PolygonRoi({1, 9, 9, 4}, {1, 1, 8, 10}, 4, Roi.POLYGON).
    rows = [
        ".............", ".XXXXXXXX....", "..XXXXXXX....", "..XXXXXXX....", "..XXXXXXX....", "...XXXXXX....",
        "...XXXXXX....", "...XXXXXX....", "....XXXX.....", "....X........", ".............", ".............",
    ]
    roi = ImagejRoi.frompoints(np.array([[1, 1], [9, 1], [9, 8], [4, 10]]))
    assert roi.roitype in (ROI_TYPE.POLYGON, ROI_TYPE.FREEHAND)
    mask = load_mask(save(tmp_path / "a.roi", roi), SHAPE)
    np.testing.assert_array_equal(mask, [[c == "X" for c in row] for row in rows])


def test_holes_stay_empty():
    outer = np.array([[1, 1], [9, 1], [9, 9], [1, 9]])
    inner = np.array([[3, 3], [6, 3], [6, 6], [3, 6]])
    mask = fill_outlines([outer, inner], SHAPE)
    assert mask.sum() == 64 - 9
    assert not mask[4, 4]
    assert mask[2, 2]


def test_composite_roi(tmp_path):
    path = np.array(
        [0, 1, 1, 1, 9, 1, 1, 9, 9, 1, 1, 9, 4, 0, 3, 3, 1, 6, 3, 1, 6, 6, 1, 3, 6, 4], np.float32
    )  # 0 = move, 1 = line, 4 = close
    roi = box(ROI_TYPE.RECT, 1, 1, 8, 8, shape_roi_size=len(path), multi_coordinates=path)
    mask = load_mask(save(tmp_path / "a.roi", roi), SHAPE)
    assert mask.sum() == 64 - 9
    assert not mask[4, 4]


def test_rois_of_a_zip_are_united_and_cut_at_the_border(tmp_path):
    rois = box(ROI_TYPE.RECT, -2, -2, 4, 4), box(ROI_TYPE.RECT, 11, 10, 9, 9)
    mask = load_mask(save(tmp_path / "zwei Zellen.zip", *rois), SHAPE)
    assert mask.sum() == 4 + 4
    assert mask[0, 0]
    assert mask[11, 12]


def test_mask_images(tmp_path):
    truth = np.zeros(SHAPE, np.uint8)
    truth[3:6, 4:9] = 255
    tifffile.imwrite(tmp_path / "a.tif", truth)
    (tmp_path / "größe.png").write_bytes(cv2.imencode(".png", truth)[1].tobytes())
    colour = np.dstack([truth, truth * 0, truth * 0, truth * 0 + 255])
    (tmp_path / "colour.png").write_bytes(cv2.imencode(".png", colour)[1].tobytes())
    for name in ("a.tif", "größe.png", "colour.png"):
        np.testing.assert_array_equal(load_mask(tmp_path / name, SHAPE), truth > 0)


def test_a_movie_carries_its_mask(tmp_path):
    path = save(tmp_path / "a.roi", box(ROI_TYPE.RECT, 1, 1, 2, 3))
    movie = open_movie(ramp(), MovieParams(cell_mask=str(path)))
    assert movie.cell_area_px == 6
    assert movie.mask.shape == movie.shape[1:]
    other = save(tmp_path / "b.roi", box(ROI_TYPE.RECT, 2, 1, 3, 3))
    assert open_movie(movie, MovieParams(cell_mask=str(other))).cell_area_px == 3
    apart = save(tmp_path / "c.roi", box(ROI_TYPE.RECT, 5, 1, 1, 1))
    with pytest.raises(MovieError, match="no pixel inside the mask"):
        open_movie(movie, MovieParams(cell_mask=str(apart)))
    assert open_movie(ramp()).cell_area_px == 35


def test_masks_that_cannot_be_used(tmp_path):
    def refusal(path):
        with pytest.raises(MovieError) as caught:
            load_mask(path, SHAPE)
        return str(caught.value)

    assert "There is no cell mask" in refusal(tmp_path / "none.roi")
    (tmp_path / "a.roi").write_bytes(b"no roi")
    (tmp_path / "a.zip").write_bytes(b"no zip")
    (tmp_path / "a.txt").write_bytes(b"no image")
    (tmp_path / "empty.png").touch()
    assert "no ImageJ ROI that can be read" in refusal(tmp_path / "a.roi")
    assert "no ImageJ ROI that can be read" in refusal(tmp_path / "a.zip")
    assert "neither an ImageJ ROI nor an image" in refusal(tmp_path / "a.txt")
    assert "neither an ImageJ ROI nor an image" in refusal(tmp_path / "empty.png")
    line = ImagejRoi(roitype=ROI_TYPE.LINE, x1=1, y1=1, x2=5, y2=5, n_coordinates=0)
    assert "no ROI with an area" in refusal(save(tmp_path / "line.roi", line))
    assert "no pixel inside the movie" in refusal(save(tmp_path / "far.roi", box(ROI_TYPE.RECT, 50, 50, 5, 5)))
    tifffile.imwrite(tmp_path / "small.tif", np.ones((5, 6), np.uint8))
    assert "has 6 x 5 pixels, but the movie has 13 x 12" in refusal(tmp_path / "small.tif")
    tifffile.imwrite(tmp_path / "blank.tif", np.zeros(SHAPE, np.uint8))
    assert "no pixel inside the movie" in refusal(tmp_path / "blank.tif")
