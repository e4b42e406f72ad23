"""The run record: complete, plain, and enough to do the run again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest
from toy_result import toy_movie, toy_result

from ivea_fiji.commands.modules import params_from_record
from ivea_fiji.errors import ParameterError
from ivea_fiji.params import RandomParams
from ivea_fiji.results import record


def test_record_by_hand(tmp_path):
    path = tmp_path / "m\u00fc 1.tif"
    path.write_bytes(b"abc")
    result = toy_result(5, movie=toy_movie(path=path, first_frame=2, notes=("Z was taken as time.",)))
    result = replace(result, params=RandomParams(search_radius=4), notes=("Note.", "Z was taken as time."))
    run = record.make_record(result, seconds=12.3456)
    assert run["input"]["sha256"] == hashlib.sha256(b"abc").hexdigest()
    assert (run["input"]["bytes"], run["input"]["path"]) == (3, str(path))
    assert (run["input"]["first_frame"], run["input"]["shape_tyx"]) == (3, [600, 160, 200])
    assert run["parameters"]["search_radius"] == 4
    assert set(run["parameters"]) == set(RandomParams.model_fields)
    assert run["counts"]["events"] == 5
    assert sum(run["counts"]["events_per_class"].values()) == 5
    assert run["counts"]["candidates"] == 5 + len(result.rejected)
    assert run["model"]["sha256"] == "ab" * 32
    assert run["learned"] == {"threshold": 3.25}
    assert run["notes"] == ["Z was taken as time.", "Note."]
    assert run["seconds"] == 12.346
    assert run["timings"]["network"] == 2.25
    assert {"numpy", "tifffile"} <= set(run["libraries"])


def test_only_timing_keys_differ_between_runs():
    one = record.make_record(toy_result(3), seconds=1.0)
    two = record.make_record(replace(toy_result(3), timings={"network": 9.0}), seconds=2.0)
    one["created"], two["created"] = "1999", "2000"
    assert {k for k in one if one[k] != two[k]} == set(record.TIMING_KEYS)


def test_written_record_is_read_back_and_gives_the_parameters(tmp_path):
    params = RandomParams(prominence=2.5, threshold="first_frames", cell_mask="z\u00e9.roi")
    odd = {"a": np.float32(0.5), "b": float("nan"), "c": np.arange(2), "d": (np.int64(3),), "e": np.bool_(True)}
    result = toy_result(1, params=params, model=odd, learned={"t": float("inf")})
    run = record.make_record(result)
    record.write_record(tmp_path / "r.json", run)
    loaded = record.load_record(tmp_path / "r.json")
    assert loaded == run == json.loads(json.dumps(run))
    assert loaded["model"] == {"a": 0.5, "b": None, "c": [0, 1], "d": [3], "e": True}
    assert loaded["learned"] == {"t": None}
    assert params_from_record(loaded) == params


def test_a_movie_without_file_has_no_hash():
    assert record.make_record(toy_result(1))["input"]["sha256"] is None
    assert record.make_record(toy_result(1), input_sha256="12")["input"]["sha256"] == "12"


def test_hash_of_a_folder_tells_names_and_contents_apart(tmp_path):
    def folder(name: str, files: dict[str, bytes]):
        for file, content in files.items():
            (tmp_path / name / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / file).write_bytes(content)
        return record.hash_input(tmp_path / name)

    first = folder("a", {"c/0": b"x", "c/1": b"y"})
    assert folder("b", {"c/1": b"y", "c/0": b"x"}) == first
    assert folder("c", {"c/0": b"y", "c/1": b"x"}) != first
    assert folder("d", {"c/0": b"x", "c/2": b"y"}) != first


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        (b"\xff\xfe", "not a run record"),
        (b"[1]", "not a run record"),
        (b'{"schema_version": "1", "parameters": {}}', "not a run record"),
        (b'{"schema_version": 99, "parameters": {}}', "newer"),
    ],
)
def test_what_is_no_record_gets_one_sentence(tmp_path, content, said):
    path = tmp_path / "r.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ParameterError, match=said):
        record.load_record(path)


def test_a_record_with_an_impossible_parameter_is_refused():
    with pytest.raises(ParameterError, match="Search radius"):
        params_from_record({"parameters": {"search_radius": 0}})
