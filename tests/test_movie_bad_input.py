"""Every file that cannot be analysed gets one sentence that says what to do."""

from __future__ import annotations

import re
import struct

import numpy as np
import pytest
import tifffile

from ivea_fiji.errors import MovieError
from ivea_fiji.movie import check_frames, open_movie
from ivea_fiji.params import MovieParams
from tests.movie_files import ramp, write_imagej, write_imagej_large, write_lsm, write_ome_zarr, write_stk


def refusal(source, **params) -> str:
    """Return the sentence with which a movie is refused; it must be one sentence."""
    with pytest.raises(MovieError) as caught:
        open_movie(source, MovieParams(**params))
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert not re.search(r"[.!?] [A-Z]", sentence.replace("... ", " "))
    return sentence


def cut(path, keep):
    """Keep the first `keep` bytes of a file (from the end if negative)."""
    data = path.read_bytes()
    path.write_bytes(data[:keep])
    return path


def test_not_an_image(tmp_path):
    for name, content in (("a.tif", b"some words, no image"), ("b.txt", b"II"), ("c.tif", b"II*\0" + bytes(20))):
        (tmp_path / name).write_bytes(content)
        assert "not an image IVEA can read" in refusal(tmp_path / name)


def test_missing_empty_and_folder(tmp_path):
    assert "There is no file" in refusal(tmp_path / "no such movie.tif")
    (tmp_path / "a.tif").touch()
    assert "is empty (0 bytes)" in refusal(tmp_path / "a.tif")
    assert "is a folder" in refusal(tmp_path)


def test_no_access_is_said(tmp_path, monkeypatch):
    path = write_imagej(tmp_path / "a.tif", ramp())

    def deny(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", deny)
    assert "cannot be opened (Permission denied)" in refusal(path)


def test_colour(tmp_path):
    data = np.zeros((4, 5, 7, 3), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", data, imagej=True, metadata={"axes": "TYXS"})
    tifffile.imwrite(tmp_path / "b.tif", data, photometric="rgb")
    tifffile.imwrite(tmp_path / "c.tif", data[0], photometric="rgb")
    for name in "abc":
        assert "Image > Type > 8-bit" in refusal(tmp_path / f"{name}.tif")
    assert "RGB" in refusal(data)


def test_one_frame(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", ramp()[0])
    write_imagej(tmp_path / "b.tif", ramp()[0], "YX")
    assert "only one frame" in refusal(tmp_path / "a.tif")
    assert "only one frame" in refusal(tmp_path / "b.tif")
    assert "only one frame" in refusal(ramp()[:1])
    assert "(frames, height, width)" in refusal(ramp()[0])
    assert "(frames, height, width)" in refusal(np.zeros((0, 4, 4)))


FRAME = 5 * 7 * 2


def test_imagej_cut_in_its_frames(tmp_path):
    path = write_imagej(tmp_path / "a.tif", ramp())
    with tifffile.TiffFile(path) as tif:
        start = tif.pages.first.dataoffsets[0]
    assert "only 2 of 6 frames can be read" in refusal(cut(path, start + 2 * FRAME + 20))


def test_imagej_cut_with_channels_counts_frames(tmp_path):
    path = write_imagej(tmp_path / "a.tif", ramp().reshape(3, 2, 5, 7), "TCYX")
    with tifffile.TiffFile(path) as tif:
        start = tif.pages.first.dataoffsets[0]
    assert "only 2 of 3 frames" in refusal(cut(path, start + 5 * FRAME))


def test_large_imagej_cut(tmp_path):
    path = write_imagej_large(tmp_path / "a.tif", ramp())
    assert "only 4 of 6 frames" in refusal(cut(path, -FRAME - 3))


def test_packed_imagej_cut(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, ramp(), imagej=True, compression="zlib", metadata={"axes": "TYX"})
    with tifffile.TiffFile(path) as tif:
        cut_at = tif.pages[3].offset + 10
    assert "cut off: only 3 of 6 frames" in refusal(cut(path, cut_at))


def write_chain(path, **options):
    with tifffile.TiffWriter(path) as tif:
        for frame in ramp():
            tif.write(frame, metadata=None, contiguous=False, **options)
    with tifffile.TiffFile(path) as tif:
        return [page.offset for page in tif.pages], [page.dataoffsets[0] for page in tif.pages]


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_chain_of_pages_cut(tmp_path, compression):
    path = tmp_path / "a.tif"
    tags, pixels = write_chain(path, compression=compression)
    for keep in (tags[3] - 2, tags[3] + 1, tags[3] + 30, pixels[3] + 2):
        write_chain(path, compression=compression)
        assert "frames can be read" in refusal(cut(path, keep)), keep


def test_pages_that_lead_back_are_not_followed_for_ever(tmp_path):
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as tif:
        for frame in ramp():
            tif.write(frame, metadata=None, contiguous=False)
    with tifffile.TiffFile(path) as tif:
        offsets = [page.offset for page in tif.pages]
    data = bytearray(path.read_bytes())
    last = offsets[-1]
    end = last + 2 + 12 * int.from_bytes(data[last : last + 2], "little")
    data[end : end + 4] = offsets[1].to_bytes(4, "little")
    path.write_bytes(bytes(data))
    with pytest.raises(MovieError, match="not an image IVEA can read, or it is damaged"):
        open_movie(path)


def test_bigtiff_cut(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, ramp(), bigtiff=True)
    with tifffile.TiffFile(path) as tif:
        start = tif.pages.first.dataoffsets[0]
    assert "frames can be read" in refusal(cut(path, start + 3 * FRAME + 1))


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}])
def test_ome_cut(tmp_path, options):
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(path, ramp(), ome=True, metadata={"axes": "TYX"}, **options)
    with tifffile.TiffFile(path) as tif:
        keep = tif.pages[3].dataoffsets[0] + 5
    assert "is cut off" in refusal(cut(path, keep))


def test_ome_that_misses_planes(tmp_path):
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(path, ramp(), ome=True, metadata={"axes": "TYX"})
    data = path.read_bytes().replace(b'SizeT="6"', b'SizeT="9"').replace(b'PlaneCount="6"', b'PlaneCount="9"')
    path.write_bytes(data)
    assert "only 6 of 9 frames" in refusal(path)


def test_stk_and_lsm_cut(tmp_path):
    path = write_lsm(tmp_path / "a.lsm", ramp())
    with tifffile.TiffFile(path) as tif:
        keep = tif.pages[6].offset - 1
    assert "is cut off" in refusal(cut(path, keep))
    path = write_stk(tmp_path / "a.stk", ramp())
    data = path.read_bytes()
    at = data.index(struct.pack("<HHI", 33629, 5, 6))  # the tag with a time stamp for each of 6 planes
    stamps = b"".join(struct.pack("<6I", 0, 1, 2459000, 1000 + 50 * plane, 2459000, 0) for plane in range(60))
    data = data[:at] + struct.pack("<HHII", 33629, 5, 60, len(data)) + data[at + 12 :] + stamps
    path.write_bytes(data)
    assert f"only {(len(data) - 8) // FRAME} of 60 frames can be read" in refusal(path)
    # A stack has its tags at the end, so that a copy that stopped early has none.
    assert "only 0 frames can be read" in refusal(cut(write_stk(path, ramp()), 100))


def test_a_damaged_page_is_named_when_it_is_read(tmp_path):
    path = tmp_path / "a.tif"
    _, pixels = write_chain(path, compression="zlib")
    data = bytearray(path.read_bytes())
    data[pixels[3] : pixels[3] + 8] = b"\xff" * 8
    path.write_bytes(data)
    movie = open_movie(path)
    np.testing.assert_array_equal(movie.read(0, 3), ramp()[:3])
    with pytest.raises(MovieError, match=r"Frame 4 of 'a\.tif' is damaged"):
        movie.read(2, 5)


def test_a_file_that_shrinks_after_opening(tmp_path):
    path = write_imagej(tmp_path / "a.tif", ramp())
    movie = open_movie(path)
    with tifffile.TiffFile(path) as tif:
        start = tif.pages.first.dataoffsets[0]
    cut(path, start + 4 * FRAME + 5)
    with pytest.raises(MovieError, match="Frame 5 of"):
        movie.read(0, 6)


def test_zarr_that_is_none(tmp_path):
    path = write_ome_zarr(tmp_path / "a.zarr", ramp())
    (path / "zarr.json").write_text("{ broken")
    assert "not an OME-Zarr image" in refusal(path)
    path = write_ome_zarr(tmp_path / "b.zarr", ramp())
    (path / "zarr.json").write_text('{"zarr_format": 3, "node_type": "group", "attributes": {}}')
    assert "not an OME-Zarr image" in refusal(path)


def test_a_damaged_zarr_chunk(tmp_path):
    path = write_ome_zarr(tmp_path / "a.zarr", ramp())
    chunk = next(file for file in sorted((path / "0" / "c").rglob("*")) if file.is_file())
    chunk.write_bytes(b"no chunk")
    with pytest.raises(MovieError, match="is damaged"):
        open_movie(path).read(0, 2)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"first_frame": 9}, "has only 6 frames"),
        ({"last_frame": 9}, "has only 6 frames; choose 6 or less"),
        ({"first_frame": 5, "last_frame": 3}, "lies before the first"),
        ({"first_frame": 6}, "at least 2 frames"),
        ({"reduce_frames": 4}, "leaves fewer than 2; reduce by 3 or less"),
    ],
)
def test_frame_ranges_that_do_not_fit(tmp_path, params, words):
    assert words in refusal(write_imagej(tmp_path / "a.tif", ramp()), **params)


def test_movies_in_which_nothing_changes(tmp_path):
    with pytest.raises(MovieError, match=r"'array' is blank \(all pixels are 7\)"):
        check_frames(open_movie(np.full((40, 4, 4), 7, np.uint8)))
    with pytest.raises(MovieError, match="same image in all frames"):
        check_frames(open_movie(np.repeat(ramp()[:1], 40, axis=0)))


def test_one_changed_pixel_between_sampled_frames_is_enough():
    frames = np.zeros((300, 4, 4), np.uint8)
    frames[77, 1, 1] = 1
    assert "looked at are blank" in check_frames(open_movie(frames), sample=5)[0]


def test_blank_frames_among_others_are_said():
    frames = ramp(frames=10)
    frames[3] = 0
    assert "1 of 10 frames" in check_frames(open_movie(frames))[0]
    assert check_frames(open_movie(ramp(frames=10))) == ()


def test_nan_and_infinite_pixels_become_the_median_of_their_frame():
    frames = ramp(frames=5).astype(np.float32) - 50
    frames[1, 0, 0], frames[1, 0, 1], frames[2] = np.nan, np.inf, np.nan
    movie = open_movie(frames)
    got = movie.read(0, 5)
    rest = frames[1].ravel()[2:]
    assert got[1, 0, 0] == got[1, 0, 1] == np.median(rest)
    np.testing.assert_array_equal(got[1].ravel()[2:], rest)
    assert (got[2] == 0).all()
    np.testing.assert_array_equal(got[[0, 3, 4]], frames[[0, 3, 4]])
    assert np.isnan(frames[1, 0, 0])  # the caller's array stays as it is
    assert any("NaN or infinite" in note for note in check_frames(movie))


def test_nan_does_not_spread_through_a_reduction():
    frames = ramp(frames=6).astype(np.float64)
    frames[1, 0, 0] = np.nan
    movie = open_movie(frames, MovieParams(reduce_frames=2))
    assert np.isfinite(movie.read(0, 3)).all()
    assert any("NaN" in note for note in check_frames(movie))


def test_negative_values_are_fine():
    frames = ramp(dtype=np.int16) - 1000
    movie = open_movie(frames)
    assert check_frames(movie) == ()
    np.testing.assert_array_equal(movie.read(0, 6), frames)
