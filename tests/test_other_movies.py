"""Movies as other people save them: stamps and plans, sets of files, many pages, several images in one file."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from movie_files import ramp, write_described, write_imagej, write_stk

from ivea_fiji.errors import MovieError
from ivea_fiji.movie import ImageInput, look_over, open_movie
from ivea_fiji.movie.headers import lsm_scale
from ivea_fiji.movie.series import find_scene
from ivea_fiji.movie.timing import observed, timing
from ivea_fiji.params import MovieParams

T = 40


def at(t: int) -> float:
    """Return the time of a frame of a recording with a pause of 30 s after frame 20."""
    return 0.05 * t + (30 if t >= 20 else 0)


def ome(times: list[float] | None, said: str = "", size: str = 'PhysicalSizeX="0.1" PhysicalSizeY="0.1"',
        files: str = "", uuid: str = "") -> str:  # fmt: skip
    planes = "".join(f'<Plane TheC="0" TheZ="0" TheT="{t}" DeltaT="{x:.4f}" DeltaTUnit="s"/>' for t, x in
                     enumerate(times or []) if np.isfinite(x))  # fmt: skip
    return (
        '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"'
        f'{f" UUID={chr(34)}{uuid}{chr(34)}" if uuid else ""}><Image ID="Image:0"><Pixels ID="Pixels:0" '
        f'DimensionOrder="XYCZT" SizeX="7" SizeY="5" SizeC="1" SizeZ="1" SizeT="{T}" Type="uint16" {size} {said}>'
        f'<Channel ID="Channel:0:0" SamplesPerPixel="1"/>{files or f"<TiffData IFD={chr(34)}0{chr(34)} PlaneCount="}'
        f'{"" if files else f"{chr(34)}{T}{chr(34)}/>"}{planes}</Pixels></Image></OME>'
    )


def write_ome(path: Path, times: list[float] | None, **more: str) -> Path:
    return write_described(path, ramp(T), ome(times, **more).encode())


# ---------------------------------------------------------------------------- times


@pytest.mark.parametrize("kind", ["ome", "stk"])
def test_a_pause_is_told_and_counts_for_nothing_else(tmp_path: Path, kind: str) -> None:
    if kind == "ome":
        path = write_ome(tmp_path / "a.ome.tif", [at(t) for t in range(T)])
    else:
        path = write_stk(tmp_path / "a.stk", ramp(T))
        data = bytearray(path.read_bytes())
        first = 8 + 2 * T * 35
        for t in range(T):
            data[first + 24 * t + 12 : first + 24 * t + 16] = struct.pack("<I", 1000 + round(1000 * at(t)))
        path.write_bytes(bytes(data))
    movie = open_movie(path)
    assert movie.frame_interval_s == pytest.approx(0.05)
    assert any("frames 20 and 21 are 30.05 s apart" in note for note in movie.notes)
    assert movie.duration_s == pytest.approx(T * 0.05)
    assert movie.time_s(25) - movie.time_s(15) == pytest.approx(30.5)
    late = open_movie(path, MovieParams(first_frame=11, reduce_frames=3))
    assert (late.time_s(0), late.span_s(0, 1), late.time_s(4)) == pytest.approx((at(11), 0.15, at(23)))


@pytest.mark.parametrize(("said", "real"), [
    ('TimeIncrement="50.0" TimeIncrementUnit="ms"', 0.103), ('TimeIncrement="1.0" TimeIncrementUnit="s"', 0.05),
])  # fmt: skip
def test_stamps_outrank_a_plan(tmp_path: Path, said: str, real: float) -> None:
    path = write_ome(tmp_path / "a.ome.tif", [real * t for t in range(T)], said=said)
    movie = open_movie(path)
    assert movie.frame_interval_s == pytest.approx(real)
    assert movie.times_s is None, "these frames are even"
    assert any("time stamps say" in note for note in movie.notes)
    given = open_movie(path, MovieParams(frame_interval_s=0.2))
    assert given.frame_interval_s == 0.2
    assert any("is taken as 0.2 s, as you say" in note for note in given.notes)


def test_what_imagej_shows_of_a_plan_does_not_outrank_the_stamps_of_the_file(tmp_path: Path) -> None:
    path = write_ome(tmp_path / "a.ome.tif", [at(t) for t in range(T)], said='TimeIncrement="2.0"')
    image = ImageInput("a", 7, 5, str(path), frames=T, frame_interval=2.0)
    assert open_movie(image).frame_interval_s == pytest.approx(0.05)
    assert open_movie(ImageInput("a", 7, 5, str(path), frames=T, frame_interval=0.5)).frame_interval_s == 0.5


def test_stamps_of_other_kinds() -> None:
    even = timing(np.round(np.arange(100) / 30, 3), None)
    assert even.interval_s == pytest.approx(1 / 30, rel=1e-3), "rounded to ms"
    assert (even.times_s, even.notes) == (None, ())
    seconds = timing(np.floor(np.arange(100) * 0.2), None)
    assert seconds.interval_s == pytest.approx(0.2, rel=0.05), "rounded to s: several frames share one"
    back = timing([0, 1, 2, 1, 4], 0.5)
    assert (back.interval_s, back.times_s) == (0.5, None)
    assert "backwards" in back.notes[0]
    holes = timing([0, np.nan, 2, 3, np.nan], None)
    assert holes.interval_s == 1
    assert "2 of 5 frames have no time stamp" in holes.notes[0]
    assert timing([np.nan] * 5, None).interval_s is None
    assert timing([3.0] * 5, 0.1).interval_s == 0.1


def test_two_speeds_are_not_a_pause() -> None:
    times = np.concatenate([np.arange(30) * 0.1, 3 + np.arange(20) * 1.0])
    made = timing(times, None)
    assert made.interval_s == pytest.approx(0.1)
    assert any("not evenly spaced" in note for note in made.notes)
    assert observed(made.times_s, 0.1) == pytest.approx(22.1)


def test_lsm_stamps(tmp_path: Path) -> None:
    scale = lsm_scale({"TimeIntervall": 1.0, "TimeStamps": np.arange(6) * 0.4, "VoxelSizeX": 1e-7})
    assert scale.frame_interval_s == pytest.approx(0.4)
    assert "time stamps say 0.4 s" in scale.timing.notes[0]


# ---------------------------------------------------------------------------- Micro-Manager and sets of files


def write_mm(folder: Path, first: int, stop: int, cut: int = T, described: bool = True, name: str = "") -> Path:
    """Write a part of an image stack file as Micro-Manager does: frames `first` to `stop`, of files cut at `cut`."""
    data, (h, w) = ramp(T), (5, 7)
    names = ["c_MMStack_Pos0.ome.tif", "c_MMStack_Pos0_1.ome.tif"]
    ids = [f"urn:uuid:{k:08d}-1111-1111-1111-111111111111" for k in (1, 2)]
    tiff = "".join(
        f'<TiffData FirstT="{t}" IFD="{t - cut * (t >= cut)}" PlaneCount="1"><UUID FileName="{names[t >= cut]}">'
        f"{ids[t >= cut]}</UUID></TiffData>" for t in range(T)
    )
    text = ome([50.0 * t / 1000 for t in range(T)], said='TimeIncrement="0.0"', files=tiff, uuid=ids[0], size="")
    imagej = f"ImageJ=1.53a\nimages={T}\nframes={T}\nhyperstack=true\nunit=um\nloop=false\n"
    summary = json.dumps({
        "MicroManagerVersion": "2.0.0", "Prefix": "c", "Width": w, "Height": h, "Frames": T, "Slices": 1, "Channels": 1,
        "Positions": 1, "PixelType": "GRAY16", "Interval_ms": 0.0, "PixelSize_um": 0.1,
    }).encode()  # fmt: skip
    out = bytearray(40 + len(summary) + len(summary) % 2)
    begin, index = len(out), []
    for t in range(first, stop):
        ifd = len(out)
        texts = [x.encode() + b"\0" for x in (text, imagej)] if described and t == first else []
        meta = json.dumps({"FrameIndex": t, "ElapsedTime-ms": 50.0 * t}).encode() + b"\0"
        n = 13 + len(texts)
        pixels = ifd + 2 + 12 * n + 4
        resolution = pixels + 2 * h * w
        place = resolution + 16
        tags = [(256, 4, 1, w), (257, 4, 1, h), (258, 3, 1, 16), (259, 3, 1, 1), (262, 3, 1, 1)]
        for x in texts:
            tags.append((270, 2, len(x), place))
            place += len(x)
        tags += [
            (273, 4, 1, pixels), (277, 3, 1, 1), (278, 3, 1, h), (279, 4, 1, 2 * h * w), (282, 5, 1, resolution),
            (283, 5, 1, resolution + 8), (296, 3, 1, 3), (51123, 2, len(meta), place),
        ]  # fmt: skip
        end = place + len(meta)
        end += end % 2
        out += struct.pack("<H", n) + b"".join(struct.pack("<HHII", *x) for x in tags)
        out += struct.pack("<I", 0 if t == stop - 1 else end) + data[t].astype("<u2").tobytes()
        out += struct.pack("<4I", 100000, 1, 100000, 1) + b"".join(texts) + meta
        out += b"\0" * (end - len(out))
        index.append((0, 0, t, 0, ifd))
    struct.pack_into("<2sHI", out, 0, b"II", 42, begin)
    struct.pack_into("<8I", out, 8, 54773648, len(out), 483765892, 0, 99384722, 0, 2355492, len(summary))
    out[40 : 40 + len(summary)] = summary
    out += struct.pack("<II", 3453623, len(index)) + b"".join(struct.pack("<5I", *x) for x in index)
    folder.mkdir(exist_ok=True)
    path = folder / (name or names[first >= cut])
    path.write_bytes(bytes(out))
    return path


def test_micro_manager_scale_is_that_of_imagej(tmp_path: Path) -> None:
    movie = open_movie(write_mm(tmp_path / "whole", 0, T))
    assert (movie.shape[0], movie.pixel_size_um, movie.frame_interval_s) == (T, pytest.approx(0.1), pytest.approx(0.05))
    np.testing.assert_array_equal(movie.read(0, T), ramp(T))
    renamed = open_movie(write_mm(tmp_path / "renamed", 0, T, name="other.ome.tif"))
    assert renamed.shape[0] == T, "a file that names only itself may have another name"


def test_micro_manager_sets_are_whole_or_refused(tmp_path: Path) -> None:
    cut = 25
    both = [write_mm(tmp_path / "both", 0, cut, cut), write_mm(tmp_path / "both", cut, T, cut, described=False)]
    for path in both:
        movie = open_movie(path)
        assert (movie.shape[0], movie.pixel_size_um) == (T, pytest.approx(0.1))
        assert movie.frame_interval_s == pytest.approx(0.05), "from the stamps of the pages of both files"
        np.testing.assert_array_equal(movie.read(0, T), ramp(T))
    with pytest.raises(MovieError, match=r"'c_MMStack_Pos0_1.ome.tif' is missing"):
        open_movie(write_mm(tmp_path / "first", 0, cut, cut))
    with pytest.raises(MovieError, match=r"'c_MMStack_Pos0.ome.tif' is missing"):
        open_movie(write_mm(tmp_path / "second", cut, T, cut, described=False))


def test_ome_sets_are_whole_or_refused(tmp_path: Path) -> None:
    half = T // 2
    ids = [f"urn:uuid:{k:08d}-2222-1111-1111-111111111111" for k in (1, 2)]
    tiff = "".join(
        f'<TiffData FirstT="{k * half}" IFD="0" PlaneCount="{half}"><UUID FileName="part{k}.ome.tif">{ids[k]}</UUID>'
        "</TiffData>" for k in (0, 1)
    )
    for k in (0, 1):
        write_described(tmp_path / f"part{k}.ome.tif", ramp(T)[k * half : (k + 1) * half],
                        ome(None, files=tiff, uuid=ids[k]).encode())  # fmt: skip
    np.testing.assert_array_equal(open_movie(tmp_path / "part1.ome.tif").read(0, T), ramp(T))
    (tmp_path / "part1.ome.tif").unlink()
    with pytest.raises(MovieError, match=r"'part1.ome.tif' is missing"):
        open_movie(tmp_path / "part0.ome.tif")


# ---------------------------------------------------------------------------- pages, scenes, colours


def test_movies_as_python_programs_write_them(tmp_path: Path) -> None:
    data = ramp(T)
    with tifffile.TiffWriter(tmp_path / "appended.tif") as file:
        for frame in data:
            file.write(frame)
    for start in range(0, T, 10):
        tifffile.imwrite(tmp_path / "chunks.tif", data[start : start + 10], append=True)
    tifffile.imwrite(tmp_path / "t1yx.tif", data[:, None])
    for start in range(0, T, 10):
        tifffile.imwrite(tmp_path / "packed.tif", data[start : start + 10], append=True, compression="zlib")
    for name in ("appended", "chunks", "t1yx", "packed"):
        np.testing.assert_array_equal(open_movie(tmp_path / f"{name}.tif").read(0, T), data, err_msg=name)
    assert any("written in 4 pieces" in note for note in open_movie(tmp_path / "chunks.tif").notes)


def test_the_time_lapse_is_taken_not_the_larger_snapshot(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.ome.tif", ome=True) as file:
        file.write(np.full((90, 100), 7, np.uint16), metadata={"axes": "YX", "Name": "Snapshot"})
        file.write(ramp(T), metadata={"axes": "TYX", "Name": "Series 2"})
        file.write(ramp(T) + 500, metadata={"axes": "TYX", "Name": "Series 3"})
    movie = open_movie(tmp_path / "a.ome.tif")
    np.testing.assert_array_equal(movie.read(0, T), ramp(T))
    assert "holds 2 movies; the first was taken ('Series 2')" in movie.notes[0]
    for scene in ("3", "Series 3", "series 3"):
        movie = open_movie(tmp_path / "a.ome.tif", MovieParams(scene=scene))
        np.testing.assert_array_equal(movie.read(0, T), ramp(T) + 500)
    with pytest.raises(MovieError, match=r"no scene 'x'; it has 1 'Snapshot', 2 'Series 2', 3 'Series 3'"):
        open_movie(tmp_path / "a.ome.tif", MovieParams(scene="x"))


def test_a_name_goes_before_a_number() -> None:
    assert find_scene("a", "2", ["2", "1"]) == 0


def test_one_colour_of_an_rgb_movie(tmp_path: Path) -> None:
    data = ramp(6, 4, 15, np.uint8).reshape(6, 4, 5, 3)
    tifffile.imwrite(tmp_path / "a.tif", data, photometric="rgb")
    with pytest.raises(MovieError, match="colour=green"):
        open_movie(tmp_path / "a.tif")
    for k, colour in enumerate(("red", "green", "blue")):
        movie = open_movie(tmp_path / "a.tif", MovieParams(colour=colour))
        np.testing.assert_array_equal(movie.read(0, 6), data[..., k])


@pytest.mark.parametrize("ending", ["ims", "oir", "vsi", "sif", "dcimg"])
def test_formats_left_to_fiji_say_how(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"a.{ending}").write_bytes(b"anything")
    with pytest.raises(MovieError, match=r"open it in Fiji .* hands the frames over"):
        open_movie(tmp_path / f"a.{ending}")


# ---------------------------------------------------------------------------- what is no data


def scene(frames: int = 120, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    light = 200 + 300 * np.exp(-((np.mgrid[:40, :48] - 22) ** 2).sum(axis=0) / 200)
    return rng.normal(light, 8, (frames, 40, 48)).astype(np.float32)


def test_edges_that_move_are_no_data(tmp_path: Path) -> None:
    """NaN or 0 at the edge of a registered movie: outside of the mask, and nothing comes or goes there."""
    data = scene()
    width = np.round(4 + 3 * np.sin(np.arange(len(data)) / 9)).astype(int)
    for value in (np.nan, 0):
        moved = data.copy()
        for t, w in enumerate(width):
            moved[t, :, :w] = moved[t, -w // 2 - 1 :] = value
        write_imagej(tmp_path / "m.tif", moved if value else moved.astype(np.float32))
        movie = look_over(open_movie(tmp_path / "m.tif"))
        assert not movie.mask[:, :7].any()
        assert not movie.mask[-5:].any()
        assert movie.mask[:34, 9:].all()
        assert movie.area_is_of == "valid pixels"
        frames = movie.read(0, len(data))
        assert np.isfinite(frames).all()
        np.testing.assert_array_equal(frames[:, :34, 9:], data[:, :34, 9:])
        steps = np.abs(np.diff(frames[:, :, :6].mean(axis=(1, 2))))
        assert steps.max() < 10, "no jump where an edge moves"
        np.testing.assert_array_equal(movie.read(50, 60), frames[50:60])
        assert any("Some frames lack pixels" in note for note in movie.notes)


def test_zeros_everywhere_are_data() -> None:
    sparse = np.random.default_rng(0).poisson(0.2, (60, 40, 40)).astype(np.uint8)
    assert look_over(open_movie(sparse)).mask is None
    dark = np.zeros((60, 40, 40), np.uint16)
    dark[30:, 20, 20] = 9
    assert look_over(open_movie(dark)).mask is None


def test_dark_and_bright_frames_are_left_out_and_named() -> None:
    data = scene()
    data[12::25] = np.random.default_rng(1).normal(100, 2, data[12::25].shape)
    data[60] = 60000
    movie = look_over(open_movie(data))
    assert movie.bad == (12, 37, 60, 62, 87, 112)
    assert any("6 of 120 frames are dark" in note and "13, 38, 61" in note for note in movie.notes)
    np.testing.assert_array_equal(movie.read(12, 13)[0], data[11])
    np.testing.assert_array_equal(movie.read(62, 63)[0], data[61])


def test_a_frame_of_nothing_but_nan_is_none() -> None:
    data = scene()
    data[30] = np.nan
    movie = look_over(open_movie(data))
    assert movie.bad == (30,)
    assert movie.mask is None


def test_frames_named_as_bad() -> None:
    data = scene(30)
    movie = open_movie(data, MovieParams(bad_frames="3, 7-8, 29-end"))
    assert movie.bad == (2, 6, 7, 28, 29)
    np.testing.assert_array_equal(movie.read(7, 8)[0], data[5])
    part = open_movie(data, MovieParams(bad_frames="3,7-8", first_frame=5, every_nth=2))
    assert part.bad == (1,), "frame 7 is the second that is taken"
    assert open_movie(data, MovieParams(bad_frames="1-2,5", reduce_frames=2)).bad == (0,)
    for text in ("x", "0", "5-3", "3-", "1,,2"):
        with pytest.raises(Exception, match="bad_frames"):
            open_movie(data, MovieParams(bad_frames=text))
    with pytest.raises(MovieError, match="No two frames"):
        open_movie(data, MovieParams(bad_frames="1-end"))


def test_light_that_alternates_is_taken_apart() -> None:
    data = scene()
    two = data.copy()
    two[1::2] = two[1::2, ::-1, ::-1] * 0.3 + 60
    movie = look_over(open_movie(two), every_nth=0)
    np.testing.assert_array_equal(movie.read(0, 60), two[::2])
    assert (movie.file_frame(0), movie.file_frame(1), movie.frames_per_step) == (1, 3, 2)
    assert any("Light alternates between 2 kinds" in note and "every_nth" in note for note in movie.notes)
    other = open_movie(two, MovieParams(every_nth=2, first_frame=2))
    np.testing.assert_array_equal(other.read(0, 60), two[1::2])
    assert (other.file_frame(0), other.file_frame(1), other.frame_of(4)) == (2, 4, 1)
    asked = look_over(open_movie(two), every_nth=1)
    assert asked.shape[0] == 120
    assert any("taken together" in note for note in asked.notes)
    third = data.copy()
    third[2::3] = np.random.default_rng(1).normal(100, 2, third[2::3].shape)
    made = look_over(open_movie(third), every_nth=0)
    assert (made.shape[0], made.bad[:3]) == (120, (2, 5, 8))
    assert look_over(open_movie(data), every_nth=0).shape[0] == 120


def test_every_nth_frame_keeps_time() -> None:
    movie = open_movie(scene(31), MovieParams(every_nth=3, first_frame=2, reduce_frames=2, frame_interval_s=0.1))
    assert movie.shape[0] == 5
    assert movie.frame_interval_s == pytest.approx(0.6)
    assert [movie.file_frame(t) for t in (0, 1)] == [2, 8]
    assert movie.time_s(1) == pytest.approx(0.7)
    with pytest.raises(MovieError, match="fewer than 2"):
        open_movie(scene(5), MovieParams(every_nth=5))


def test_reading_is_the_same_in_blocks() -> None:
    data = scene(50)
    movie = open_movie(data, MovieParams(every_nth=7))
    np.testing.assert_array_equal(np.concatenate([movie.read(t, t + 1) for t in range(8)]), data[::7])
