"""Traces of ROIs from a movie and a file of ROIs: which pixels and frames, what is written, what is refused."""

from __future__ import annotations

import csv
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import roifile
import tifffile
from imagej_oracle import imagej_jar, need_java, run_java
from roifile import ROI_OPTIONS, ROI_SUBTYPE, ROI_TYPE, ImagejRoi

from ivea_fiji.cli.main import main
from ivea_fiji.commands.measure import COMMAND, MeasureRoisParams
from ivea_fiji.commands.modules import params_from_record
from ivea_fiji.errors import Cancelled, MovieError, OutputError, ParameterError
from ivea_fiji.movie import ImageInput, Planes, open_movie
from ivea_fiji.movie.regions import chosen, read_regions
from ivea_fiji.movie.rois import Reference
from ivea_fiji.params.measure import MeasureParams
from ivea_fiji.progress import Silent
from ivea_fiji.results.record import load_record
from ivea_fiji.results.roi_tables import wide_names
from ivea_fiji.results.roi_writer import write_roi_traces
from ivea_fiji.roi_traces import measure_rois

T, H, W = 9, 12, 16


def box(kind: ROI_TYPE, left: int, top: int, width: int, height: int, **more) -> ImagejRoi:
    return ImagejRoi(
        roitype=kind, left=left, top=top, right=left + width, bottom=top + height, n_coordinates=0, **more
    )


def points(*places: tuple[float, float], **more) -> ImagejRoi:
    roi = ImagejRoi.frompoints(np.array(places))
    roi.roitype = ROI_TYPE.POINT
    for name, value in more.items():
        setattr(roi, name, value)
    return roi


def save(path: Path, **rois: ImagejRoi) -> Path:
    """Write ROIs under their names."""
    for name, roi in rois.items():
        roi.name = name
    if path.exists():
        path.unlink()
    roifile.roiwrite(path, list(rois.values()), name=list(rois), mode="w")
    return path


def frames(channels: int = 0) -> np.ndarray:
    """Return frames whose pixels are ``1000 c + 100 t + y``."""
    t, y = np.arange(T)[:, None, None], np.arange(H)[None, :, None]
    one = (100 * t + y + np.zeros((1, 1, W))).astype(np.uint16)
    return np.stack([one + 1000 * c for c in range(channels)], axis=1) if channels else one


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


# ---------------------------------------------------------------------------- pixels


def area(roi: ImagejRoi, tmp_path: Path, **given) -> tuple[list, list[str]]:
    return read_regions(save(tmp_path / "a.zip", a=roi), (H, W), given.pop("point_radius", 1.0), **given)


def test_shapes_become_pixels(tmp_path: Path) -> None:
    (rectangle,), _ = area(box(ROI_TYPE.RECT, 2, 3, 4, 2), tmp_path)
    assert set(zip(rectangle.y.tolist(), rectangle.x.tolist(), strict=True)) == {
        (y, x) for y in (3, 4) for x in (2, 3, 4, 5)
    }
    assert rectangle.centre == (3.5, 3.5)
    (polygon,), _ = area(ImagejRoi.frompoints(np.array([[1, 1], [7, 1], [7, 7]])), tmp_path)
    assert polygon.y.size == 15, "half a square without its diagonal, as ImageJ fills it"
    path = np.array([0, 1, 1, 1, 9, 1, 1, 9, 9, 1, 1, 9, 4, 0, 3, 3, 1, 6, 3, 1, 6, 6, 1, 3, 6, 4], np.float32)
    (composite,), _ = area(
        box(ROI_TYPE.RECT, 1, 1, 8, 8, shape_roi_size=len(path), multi_coordinates=path), tmp_path
    )
    assert composite.y.size == 64 - 9


def test_fractions_of_a_pixel_count(tmp_path: Path) -> None:
    roi = box(ROI_TYPE.RECT, 2, 3, 4, 2, options=ROI_OPTIONS.SUB_PIXEL_RESOLUTION, xd=2.6, yd=3.0, widthd=4, heightd=2)
    roi.version = 228
    (found,), _ = area(roi, tmp_path)
    assert set(found.x.tolist()) == {3, 4, 5, 6}


def test_points_become_discs_each_on_its_frame(tmp_path: Path) -> None:
    stack = points((4, 5), (15, 0), t_position=3)
    (one, two), _ = area(stack, tmp_path)
    assert set(zip(one.y.tolist(), one.x.tolist(), strict=True)) == {(5, 4), (4, 4), (6, 4), (5, 3), (5, 5)}
    assert (one.name, two.name, one.frame, two.frame) == ("a-1", "a-2", 3, 3)
    assert set(zip(two.y.tolist(), two.x.tolist(), strict=True)) == {(0, 15), (1, 15), (0, 14)}
    (single,), _ = area(points((4.4, 5.2)), tmp_path, point_radius=0.0)
    assert (single.name, single.y.tolist(), single.x.tolist(), single.frame) == ("a", [5], [4], 0)
    counted = points((4, 5), (6, 7), counters=np.zeros(2, np.uint8), counter_positions=np.array([3, 8], np.uint32))
    found, _ = area(counted, tmp_path, reference=Reference("T", 2))
    assert [region.frame for region in found] == [2, 4], "places in a stack of two channels"


def test_the_frame_of_a_roi(tmp_path: Path) -> None:
    rois = {
        "a": box(ROI_TYPE.RECT, 0, 0, 2, 2, t_position=4), "b": box(ROI_TYPE.RECT, 0, 0, 2, 2, position=5),
        "1-event {1} | frame 6": box(ROI_TYPE.RECT, 0, 0, 2, 2), "free": box(ROI_TYPE.RECT, 0, 0, 2, 2),
    }  # fmt: skip
    found, _ = read_regions(save(tmp_path / "a.zip", **rois), (H, W), 1.0)
    assert [region.frame for region in found] == [4, 5, 6, 0]


def test_what_is_left_out_is_told(tmp_path: Path) -> None:
    line = ImagejRoi(roitype=ROI_TYPE.LINE, x1=1, y1=1, x2=5, y2=5, n_coordinates=0)
    text = box(ROI_TYPE.RECT, 1, 1, 5, 5, subtype=ROI_SUBTYPE.TEXT)
    far = {f"far{k}": box(ROI_TYPE.OVAL, 50 + k, 1, 5, 5) for k in range(5)}
    rim = box(ROI_TYPE.RECT, -3, -3, 4, 4)
    path = save(tmp_path / "a.zip", line=line, text=text, rim=rim, **far)
    found, notes = read_regions(path, (H, W), 1.0)
    assert [(region.number, region.name, region.y.size) for region in found] == [(3, "rim", 1)]
    assert notes == [
        "Left out, having no area: 'line', 'text'; draw ROIs as rectangle, oval, polygon or point.",
        "Left out, having no pixel inside the movie: 'far0', 'far1', 'far2' and 2 more.",
    ]
    with pytest.raises(MovieError, match=r"No ROI of 'a\.zip' has pixels inside the movie"):
        read_regions(path, (H, W), 1.0, "1-2,4")


@pytest.mark.parametrize(
    ("text", "numbers"), [("", [1, 2, 3, 4]), ("2", [2]), (" 4, 1-2 ", [1, 2, 4]), ("2-3,3", [2, 3])]
)
def test_numbers_of_rois(text: str, numbers: list[int]) -> None:
    assert chosen(text, 4) == numbers


@pytest.mark.parametrize("text", ["a", "1;2", "1-", "1,,2", "-1"])
def test_numbers_that_are_none(text: str) -> None:
    with pytest.raises(ParameterError, match="is no list of ROI numbers; write them like 1,3-5"):
        chosen(text, 4)


@pytest.mark.parametrize("text", ["0", "5", "3-2", "2-5"])
def test_numbers_that_are_not_there(text: str) -> None:
    with pytest.raises(ParameterError, match=f"There is no ROI {text}; the file holds 4"):
        chosen(text, 4)


def test_files_that_hold_no_rois(tmp_path: Path) -> None:
    (tmp_path / "bad.zip").write_bytes(b"no zip")
    (tmp_path / "a.csv").write_text("x")
    zipfile.ZipFile(tmp_path / "empty.zip", "w").close()
    for name, sentence in (
        ("none.zip", "There is no ROI file"), ("bad.zip", "holds no ImageJ ROI that can be read"),
        ("a.csv", "is no ImageJ ROI file"), ("empty.zip", "holds no ROI; add ROIs to the ROI Manager"),
    ):  # fmt: skip
        with pytest.raises(MovieError, match=sentence):
            read_regions(tmp_path / name, (H, W), 1.0)


# ---------------------------------------------------------------------------- frames


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """Return two ROIs: rows 2-3 on frame 4, rows 6-7 on frame 8."""
    return save(
        tmp_path / "rois.zip", early=box(ROI_TYPE.RECT, 2, 2, 3, 2, t_position=4),
        late=box(ROI_TYPE.RECT, 5, 6, 3, 2, t_position=8),
    )  # fmt: skip


def test_the_whole_movie(two: Path) -> None:
    result = measure_rois(frames(), two)
    (traces,) = result.channels
    np.testing.assert_array_equal(traces.raw, [100 * np.arange(T) + 2.5, 100 * np.arange(T) + 6.5])
    assert (traces.channel, traces.background, result.f0_rule) == (1, None, "lowest")
    np.testing.assert_allclose(traces.f0, [80 + 2.5, 80 + 6.5])
    np.testing.assert_allclose(result.mean_image[:, 0], 400 + np.arange(H))
    np.testing.assert_array_equal(result.frames, [np.arange(T)] * 2)


def test_around_the_frame_of_each(two: Path) -> None:
    result = measure_rois(frames(), two, span="around_frame", window_before=5, window_after=2)
    assert result.offset.tolist() == [-5, -4, -3, -2, -1, 0, 1, 2]
    assert result.f0_rule == "before"
    raw = result.channels[0].raw
    np.testing.assert_array_equal(raw[0], [np.nan, np.nan, 2.5, 102.5, 202.5, 302.5, 402.5, 502.5])
    np.testing.assert_array_equal(raw[1], [206.5, 306.5, 406.5, 506.5, 606.5, 706.5, 806.5, np.nan])
    np.testing.assert_array_equal(result.channels[0].f0, [np.nan, 306.5])
    assert result.notes[-1] == "Too few frames for F0 by the rule 'before': 'early'; choose another rule for F0."


def test_the_ring_is_subtracted(two: Path) -> None:
    movie = frames()
    movie[:, 2:4, 2:5] += 50
    result = measure_rois(movie, two, background="ring", ring_gap=1, ring_width=2, f0_from="first", f0_frames=3)
    (traces,) = result.channels
    np.testing.assert_allclose(traces.raw[0] - traces.background[0], 50, atol=0.5)
    np.testing.assert_allclose(traces.values("df")[0], 0, atol=1e-9)
    assert traces.f0[0] == 152.5


def test_a_range_of_frames_and_rois_outside_it(two: Path) -> None:
    result = measure_rois(frames(), two, first_frame=3, last_frame=6)
    np.testing.assert_array_equal(result.channels[0].raw[0], [202.5, 302.5, 402.5, 502.5])
    around = measure_rois(frames(), two, first_frame=3, last_frame=6, span="around_frame", window_before=1)
    assert [region.name for region in around.regions] == ["early"]
    np.testing.assert_array_equal(around.channels[0].raw[0, :5], [202.5, 302.5, 402.5, 502.5, np.nan])
    assert "Left out, lying on frames outside 3 to 6: 'late'." in around.notes


def test_rois_without_a_frame(tmp_path: Path) -> None:
    free = box(ROI_TYPE.RECT, 2, 2, 3, 2)
    tied = box(ROI_TYPE.RECT, 2, 2, 3, 2, position=4)
    result = measure_rois(frames(), save(tmp_path / "a.zip", free=free, tied=tied), span="around_frame")
    assert [region.name for region in result.regions] == ["tied"]
    assert "Left out, tied to no frame: 'free'; measure the whole movie to have them." in result.notes
    with pytest.raises(MovieError, match="No ROI is tied to a frame of the movie; measure the whole movie"):
        measure_rois(frames(), save(tmp_path / "a.zip", free=free), span="around_frame")


def test_selected_rois_give_the_same_numbers(two: Path) -> None:
    both = measure_rois(frames(), two, background="ring")
    one = measure_rois(frames(), two, background="ring", roi_numbers="2")
    assert [region.number for region in one.regions] == [2]
    np.testing.assert_array_equal(one.channels[0].raw[0], both.channels[0].raw[1])
    np.testing.assert_array_equal(one.channels[0].background[0], both.channels[0].background[1])


def test_every_frame_is_read_once_and_none_that_nobody_needs(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivea_fiji.roi_traces._BLOCK_BYTES", 2 * 2 * H * W)  # two frames
    movie = open_movie(frames())
    read: list[int] = []

    class Counting:
        shape, dtype = movie.shape, movie.dtype

        def read(self, start: int, stop: int) -> np.ndarray:
            read.extend(range(start, stop))
            return movie.read(start, stop)

    counted = replace(movie, source=Counting())
    blocks = measure_rois(counted, two, background="ring").channels[0]
    assert read == list(range(T))
    read.clear()
    measure_rois(counted, two, span="around_frame", window_before=0, window_after=0)
    assert read == [3, 4, 7]
    monkeypatch.undo()
    whole = measure_rois(movie, two, background="ring").channels[0]
    np.testing.assert_array_equal(blocks.raw, whole.raw)
    np.testing.assert_array_equal(blocks.background, whole.background)


def test_a_wish_to_stop_is_heeded(two: Path) -> None:
    class Stop(Silent):
        def cancelled(self) -> bool:
            return True

    with pytest.raises(Cancelled):
        measure_rois(frames(), two, progress=Stop())


def test_infinite_pixels_are_told(two: Path) -> None:
    movie = frames().astype(np.float32)
    movie[4, 2, 2] = np.inf
    result = measure_rois(movie, two)
    assert np.isfinite(result.channels[0].raw).all()
    assert any("NaN, infinite" in note for note in result.notes)


# ---------------------------------------------------------------------------- channels and files


@pytest.fixture
def movie(tmp_path: Path) -> Path:
    path = tmp_path / "cell 1.tif"
    options = {"axes": "TCYX", "finterval": 0.5, "unit": "um"}
    tifffile.imwrite(path, frames(2), imagej=True, metadata=options, resolution=(10, 10))
    return path


def test_every_channel_or_one(movie: Path, two: Path) -> None:
    every = measure_rois(movie, two)
    assert [traces.channel for traces in every.channels] == [1, 2]
    np.testing.assert_array_equal(every.channels[1].raw, every.channels[0].raw + 1000)
    (second,) = measure_rois(movie, two, channel=2).channels
    assert second.channel == 2
    np.testing.assert_array_equal(second.raw, every.channels[1].raw)
    with pytest.raises(MovieError, match="Channel 3 was asked for"):
        measure_rois(movie, two, channel=3)


def test_files(movie: Path, two: Path, tmp_path: Path) -> None:
    result = measure_rois(movie, two, background="ring")
    files = write_roi_traces(result, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(p.name for p in files.values())
    assert set(files) == {
        "roi_table", "roi_traces", "roi_raw", "roi_background", "roi_df", "roi_df_f0", "roi_normalised", "roi_set",
        "roi_picture", "roi_run",
    }  # fmt: skip
    table = rows(files["roi_table"])
    assert [(row["roi"], row["roi_name"], row["channel"], row["roi_frame"]) for row in table] == [
        ("1", "early", "1", "4"), ("2", "late", "1", "8"), ("1", "early", "2", "4"), ("2", "late", "2", "8")
    ]  # fmt: skip
    assert (table[0]["x_px"], table[0]["y_px"], table[0]["area_px"], table[0]["area_um2"]) == (
        "3.000", "2.500", "6", "0.0600"
    )  # fmt: skip
    assert (table[2]["mean"], table[2]["f0"]) == ("1402.5", "1082.5")
    traces = rows(files["roi_traces"])
    assert len(traces) == 2 * 2 * T
    assert {key: traces[3][key] for key in ("roi", "channel", "frame", "t_s", "offset_frames", "offset_s", "raw")} == {
        "roi": "1", "channel": "1", "frame": "4", "t_s": "1.5000", "offset_frames": "0", "offset_s": "0.00000",
        "raw": "302.5",
    }  # fmt: skip
    wide = rows(files["roi_raw"])
    assert list(wide[0]) == ["frame", "t_s", "C1 early", "C1 late", "C2 early", "C2 late"]
    assert list(wide[3].values()) == ["4", "1.50000", "302.5", "306.5", "1302.5", "1306.5"]
    assert files["roi_set"].read_bytes() == two.read_bytes()
    assert files["roi_picture"].read_bytes()[:4] == b"\x89PNG"
    record = load_record(files["roi_run"])
    assert record["parameters"] == result.params.model_dump()
    assert (record["measured"], record["rois"]["path"]) == (
        {"rois": 2, "channels": [1, 2], "f0_rule": "lowest"}, str(two)
    )  # fmt: skip
    with pytest.raises(ParameterError, match="The run record is of 'roi_traces', which cannot be repeated"):
        params_from_record(record)


def test_long_and_wide_tables_agree(movie: Path, two: Path, tmp_path: Path) -> None:
    result = measure_rois(movie, two, span="around_frame", window_before=4, window_after=2, background="ring")
    files = write_roi_traces(result, tmp_path)
    wide = {name: rows(files[f"roi_{name}"]) for name in ("raw", "background", "df", "df_f0", "normalised")}
    assert list(wide["raw"][0])[:2] == ["offset_frames", "offset_s"]
    assert wide["raw"][0]["C1 early"] == "", "before the movie"
    traces = rows(files["roi_traces"])
    assert traces
    for row in traces:
        place = int(row["offset_frames"]) + 4
        for name, table in wide.items():
            assert table[place][f"C{row['channel']} {row['roi_name']}"] == row[name]


def test_another_measurement_leaves_no_old_files(movie: Path, two: Path, tmp_path: Path) -> None:
    write_roi_traces(measure_rois(movie, two, background="ring"), tmp_path / "out")
    (tmp_path / "out" / "cell 1_events.csv").write_text("mine")
    write_roi_traces(measure_rois(movie, two, picture=False), tmp_path / "out")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert "cell 1_events.csv" in names
    assert "cell 1_roi_background.csv" not in names
    assert "cell 1_roi_picture.png" not in names
    other = tmp_path / "other" / movie.name
    other.parent.mkdir()
    tifffile.imwrite(other, frames(2) + 1, imagej=True, metadata={"axes": "TCYX"})
    with pytest.raises(OutputError, match="holds results of another movie"):
        write_roi_traces(measure_rois(other, two), tmp_path / "out")


def test_names_that_repeat_are_told_apart(movie: Path, two: Path) -> None:
    result = measure_rois(movie, two, channel=1)
    same = replace(result, regions=tuple(replace(region, name="cell") for region in result.regions))
    assert wide_names(result) == ["early", "late"]
    assert wide_names(same) == ["cell (1)", "cell (2)"]


def test_many_rois_make_a_picture_too(tmp_path: Path) -> None:
    rois = {f"r{k}": box(ROI_TYPE.OVAL, k % 12, k // 3, 4, 4) for k in range(25)}
    result = measure_rois(frames(), save(tmp_path / "a.zip", **rois))
    assert write_roi_traces(result, tmp_path / "out")["roi_picture"].stat().st_size > 10_000


# ---------------------------------------------------------------------------- command line and menu


def test_the_command_line(movie: Path, two: Path, tmp_path: Path, capsys) -> None:
    assert main(["measure", str(movie), str(two), "--channel", "2", "--no-picture"]) == 0
    printed, faults = capsys.readouterr()
    assert printed.startswith("cell 1.tif: 2 ROIs, 9 frames, ")
    assert faults == ""
    assert (tmp_path / "cell 1_ivea" / "cell 1_roi_table.csv").is_file()
    assert main(["measure", str(movie), str(two), "--out", str(tmp_path / "o"), "--no-picture", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["rois"], data["channels"], data["f0_rule"]) == (2, [1, 2], "lowest")
    assert main(["measure", str(movie), str(tmp_path / "none.zip")]) == 1
    assert "ivea: There is no ROI file" in capsys.readouterr().err
    assert main(["measure", str(movie), str(two), "--span", "all"]) == 2
    assert "Frames measured (span)" in capsys.readouterr().err


def image_of(path: Path, **changes) -> ImageInput:
    stack = frames(2).reshape(-1, H, W)
    probe = tuple((index, float(stack[index - 1].sum())) for index in (1, 2, 17, 18))
    given = {"path": str(path), "channels": 2, "frames": T, "pixel_width": 0.1, "pixel_unit": "um", "probe": probe,
             "frame_interval": 0.5}  # fmt: skip
    return ImageInput(path.name, W, H, **{**given, **changes})


@pytest.mark.parametrize("channel", [0, 2])
@pytest.mark.parametrize("shared", [False, True], ids=["path", "shared"])
def test_the_menu_gives_the_files_of_the_command_line(
    movie: Path, two: Path, tmp_path: Path, channel: int, shared: bool
) -> None:
    params = MeasureRoisParams.make(
        channel=channel, output_folder=str(tmp_path / "menu"), background="ring", first_frame=2, picture=False
    )
    image = image_of(movie, rois=str(two), modified=shared)
    planes = COMMAND.plan(params, image)
    if shared:
        expected = Planes(4, 2, 8) if channel else Planes(3, 1, 16)
        assert planes == expected
        sent = frames(2).reshape(-1, H, W)[planes.first - 1 :: planes.step][: planes.count]
        image = replace(image, pixels=sent)
    else:
        assert planes is None
    reply = COMMAND.run(params, image, Silent())
    assert reply.message == "cell 1.tif: 2 ROIs measured in 8 frames."
    assert (reply.temporary, reply.rois) == (False, "")
    assert [table.kind for table in reply.tables][:2] == ["roi_table", "roi_traces"]
    assert reply.jump.table == "roi_table"
    assert {reply.jump.frame, reply.jump.x, reply.jump.y} <= set(rows(Path(reply.tables[0].path))[0])
    options = ["--channel", str(channel), "--background", "ring", "--first-frame", "2", "--no-picture", "--quiet"]
    assert main(["measure", str(movie), str(two), "--out", str(tmp_path / "cli"), *options]) == 0
    for path in (tmp_path / "cli").glob("*.csv"):
        assert (tmp_path / "menu" / path.name).read_bytes() == path.read_bytes(), path.name


def test_selected_rois_a_file_and_the_selection(movie: Path, two: Path, tmp_path: Path) -> None:
    def measured(image: ImageInput, **given) -> list[str]:
        params = MeasureRoisParams.make(output_folder=str(tmp_path / "r"), picture=False, channel=1, **given)
        reply = COMMAND.run(params, image, Silent())
        return [row["roi_name"] for row in rows(Path(reply.tables[0].path))]

    roi = box(ROI_TYPE.OVAL, 1, 1, 4, 4, name="drawn")
    selection = tmp_path / "selection.roi"
    roi.tofile(selection)
    image = image_of(movie, rois=str(two), selected_rois=(1,), selection=str(selection))
    assert measured(image) == ["early", "late"]
    assert measured(image, roi_choice="selected") == ["late"]
    assert measured(image, roi_file=str(selection)) == ["drawn"]
    assert measured(replace(image, rois="")) == ["drawn"]
    with pytest.raises(ParameterError, match="No ROI is selected in the ROI Manager; select some, or measure all"):
        measured(replace(image, selected_rois=()), roi_choice="selected")
    with pytest.raises(ParameterError, match="choose one"):
        measured(image, roi_choice="selected", roi_numbers="1")
    with pytest.raises(ParameterError, match="There is no ROI to measure; add some to the ROI Manager"):
        measured(image_of(movie))


def test_the_first_question_is_which_rois() -> None:
    assert next(iter(MeasureRoisParams.model_fields)) == "roi_choice"
    assert MeasureParams().of_movie(2).channel == 2


# ---------------------------------------------------------------------------- ImageJ as the judge


@pytest.mark.java
def test_raw_means_are_those_of_imagej(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    need_java()
    rng = np.random.default_rng(4)
    stack = rng.integers(0, 60000, (3, 40, 50)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "m.tif", stack, imagej=True, metadata={"axes": "TYX"})
    rois = {f"oval{n}": box(ROI_TYPE.OVAL, n, 2 * n, n + 1, 15 - n) for n in range(12)}
    rois |= {f"rectangle{n}": box(ROI_TYPE.RECT, n - 2, 30, 2 * n + 3, 4 + n) for n in range(5)}
    for n in range(6):
        corners = rng.integers(0, 40, (3 + n, 2))
        rois[f"polygon{n}"] = ImagejRoi.frompoints(corners)
        rois[f"freehand{n}"] = ImagejRoi.frompoints(corners[::-1] * 0.8 + rng.random((3 + n, 2)))
        rois[f"freehand{n}"].roitype = ROI_TYPE.FREEHAND
        rois[f"point{n}"] = points((20 + 0.17 * n, 30.9 - 0.23 * n))
    path = save(tmp_path / "rois.zip", **rois)
    result = measure_rois(tmp_path / "m.tif", path, point_radius=0.0)
    mine = {region.name: raw for region, raw in zip(result.regions, result.channels[0].raw, strict=True)}
    theirs = run_java("RoiMeans.java", imagej_jar(tmp_path_factory.getbasetemp()), tmp_path / "m.tif", path)
    assert len({name for name, _, _ in theirs}) == len(rois) == len(mine)
    for name, frame, mean in theirs:
        assert mine[name][int(frame) - 1] == pytest.approx(float(mean), rel=1e-9), name
