"""The overview picture: it says what is in the result, and draws any result."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import EllipseCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from toy_result import Blank, toy_movie, toy_result

from ivea_fiji.events.model import Traces
from ivea_fiji.results.montage import most_probable, tile
from ivea_fiji.results.overview import overview, write_overview
from ivea_fiji.results.palette import class_colour


def words(figure: Figure) -> str:
    """Return everything written in a figure."""
    titles = [axes.get_title(loc) for axes in figure.axes for loc in ("left", "center")]
    labels = [axes.get_xlabel() for axes in figure.axes]
    texts = [t.get_text() for part in (figure, *figure.axes) for t in part.texts]
    return "\n".join((*titles, *labels, *texts))


def test_picture_has_its_size_and_repeats(tmp_path):
    for name in ("a.png", "b.png"):
        write_overview(tmp_path / name, toy_result(5))
    data = (tmp_path / "a.png").read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(data[16:20]), int.from_bytes(data[20:24])) == (1320, 880)
    assert data == (tmp_path / "b.png").read_bytes()


def test_it_tells_name_counts_rate_and_model():
    result = toy_result(24)  # 600 frames of 0.1 s are one minute
    text = words(overview(result))
    assert "cell 1.tif" in text
    assert "24 events (24 per minute)" in text
    assert "evit28" in text
    fusions = sum(e.class_id == 0 for e in result.events)
    assert f"{fusions} fusion with a spreading cloud" in text
    assert "time (s)" in text
    assert "5 \u00b5m" in text


def test_unknown_scale_gives_frames_and_no_bar():
    text = words(overview(toy_result(3, movie=toy_movie(pixel_size_um=None, frame_interval_s=None))))
    assert "frame" in text.split("\n")
    assert "\u00b5m" not in text
    assert "per minute" not in text


def test_circles_lie_on_the_events_in_the_colour_of_their_class():
    result = toy_result(12)
    circles = next(c for c in overview(result).axes[0].collections if isinstance(c, EllipseCollection))
    np.testing.assert_allclose(circles.get_offsets(), [(e.x, e.y) for e in result.events])
    colours = [to_hex(c).upper() for c in circles.get_edgecolors()]
    assert colours == [class_colour(e.class_id) for e in result.events]


def test_nothing_found_is_said_with_the_reason():
    figure = overview(toy_result(0, notes=("The most probable candidate reached 0.21.",)))
    assert "No events found" in words(figure)
    assert "reached 0.21" in words(figure).replace("\n", " ")
    assert len(figure.axes) == 1


def _no_traces(result):
    nothing = np.full_like(result.traces.raw, np.nan)
    return replace(result, traces=Traces(result.traces.offset, nothing, nothing))


ODD = {
    "many": lambda: toy_result(200),
    "one": lambda: toy_result(1),
    "two frames": lambda: toy_result(2, movie=toy_movie(source=Blank((2, 40, 40)))),
    "no traces": lambda: _no_traces(toy_result(3)),
    "no patches": lambda: toy_result(3, patches=np.zeros((0, 17, 32, 32), np.float32), patch_events=()),
    "blank image": lambda: toy_result(3, mean_image=np.zeros((160, 200), np.float32)),
    "unknown image": lambda: toy_result(3, mean_image=np.full((160, 200), np.nan, np.float32)),
    "blank patches": lambda: toy_result(3, patches=np.zeros((3, 17, 32, 32), np.float32)),
    "few tiles": lambda: toy_result(3, patches=np.ones((3, 2, 32, 32), np.float32), patch_offsets=(-1, 0)),
    "tiles far away": lambda: toy_result(3, patches=np.ones((3, 2, 32, 32), np.float32), patch_offsets=(-90, 90)),
    "mask": lambda: toy_result(3, movie=toy_movie(mask=np.eye(160, 200, dtype=bool))),
    "long name": lambda: toy_result(3, movie=toy_movie(name="$x_$ " * 80 + ".tif")),
    "other class": lambda: replace(toy_result(1), events=(replace(toy_result(1).events[0], class_id=7),)),
}


@pytest.mark.parametrize("kind", ODD)
def test_any_result_is_drawn(kind):
    """Warnings are errors in this suite, so a division by zero or a missing letter fails here too."""
    file = io.BytesIO()
    overview(ODD[kind]()).savefig(file, format="png")
    assert file.getvalue()


def test_tiles_lie_in_rows_and_columns():
    patches = np.zeros((2, 3, 4, 5), np.float32)
    patches[0, 1], patches[1, 2] = 10, 7
    image = tile(patches, 1)
    assert image.shape == (9, 17)
    assert np.isnan(image[4]).all()
    assert np.isnan(image[:, 5]).all()
    assert (image[:4, 6:11] == 1).all()
    assert (image[5:, 12:] == 1).all(), "each row has its own contrast"
    assert image[:4, :5].max() == 0


def test_montage_takes_the_most_probable_and_shows_them_in_time():
    result = toy_result(4)
    chances = dict(zip((1, 2, 3, 4), (0.7, 0.9, 0.6, 0.8), strict=True))
    events = tuple(replace(e, probability=chances[e.event]) for e in result.events)
    result = replace(result, events=events, patch_events=(4, 3, 2, 1))
    assert [result.patch_events[row] for row in most_probable(result, 2)] == [2, 4]


def test_no_window_machinery_is_loaded(tmp_path):
    code = (
        "import sys; sys.path[:0] = ['tests', '.']; from pathlib import Path; from toy_result import toy_result\n"
        "from ivea_fiji.results.overview import write_overview\n"
        f"write_overview(Path({str(tmp_path / 'a.png')!r}), toy_result(2))\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"
