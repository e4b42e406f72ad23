"""Models given to others and taken from others, none of which is trusted."""

from __future__ import annotations

import io
import json
import os
import re
import stat
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from model_material import CLASSES

from ivea_fiji.errors import IveaError, ModelError, OutputError, ParameterError
from ivea_fiji.networks import checks
from ivea_fiji.networks.card import CARD, KERAS_WEIGHTS, ONNX, SAMPLE, ClassEntry, GraphConfig, ModelCard, sha256
from ivea_fiji.networks.description import DESCRIPTION, to_yaml
from ivea_fiji.networks.exchange import REMOVED, export_model, import_model, remove_model
from ivea_fiji.networks.onnx_check import check_onnx
from ivea_fiji.networks.registry import PATH_VARIABLE, find_model, list_models, model_roots, user_models
from ivea_fiji.networks.runtime import make_classifier

onnx = pytest.importorskip("onnx")
helper, TensorProto = onnx.helper, onnx.TensorProto


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder of models."""
    monkeypatch.setenv(PATH_VARIABLE, str(tmp_path / "models"))
    return tmp_path / "models"


def graph(extra: list | None = None, output: str = "out", classes: int = len(CLASSES)) -> onnx.ModelProto:
    """Return a network: mean over each frame, one dense layer, softmax."""
    rng = np.random.default_rng(0)
    weight = onnx.numpy_helper.from_array(rng.normal(size=(28, classes)).astype(np.float32), "w")
    nodes = [
        helper.make_node("ReduceMean", ["patches"], ["m"], axes=[2, 3], keepdims=0),
        helper.make_node("MatMul", ["m", "w"], ["z"]),
        helper.make_node("Softmax", ["z"], ["out"], axis=-1),
        *(extra or []),
    ]
    made = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("patches", TensorProto.FLOAT, [None, 28, 32, 32])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)], [weight],
    )  # fmt: skip
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 15), helper.make_opsetid("odd", 1)],
                             ir_version=8)


def answer(patches: np.ndarray) -> np.ndarray:
    weight = np.random.default_rng(0).normal(size=(28, len(CLASSES))).astype(np.float32)
    z = (patches.astype(np.float32) / 255).mean(axis=(2, 3)) @ weight
    z = np.exp(z - z.max(axis=1, keepdims=True))
    return z / z.sum(axis=1, keepdims=True)


def write(folder: Path, network: onnx.ModelProto | None = None, **card) -> Path:
    """Write a model folder whose checksums are right, whatever is in it."""
    folder.mkdir(parents=True)
    (folder / ONNX).write_bytes((network or graph()).SerializeToString())
    patches = np.random.default_rng(1).integers(0, 256, (3, 28, 32, 32), dtype=np.uint8)
    np.savez_compressed(folder / SAMPLE, patches=patches, probabilities=answer(patches))
    seal(folder, **card)
    return folder


def seal(folder: Path, **card) -> None:
    given = {
        "name": folder.name, "version": "1", "title": "A network", "description": "For tests.", "architecture": "graph",
        "config": GraphConfig(frames=28, size=32, converted_from="test"), "before": 13, "after": 14,
        "classes": tuple(ClassEntry(id=c.id, name=c.name, title=c.title) for c in CLASSES), "threshold": 0.5, "nu": 4.0,
        "spread_radius": 1.0, "repeat_frames": 3.0, "event_share": 0.0, "training": {}, "metrics": {},
        "files": {p.name: sha256(p) for p in sorted(folder.iterdir()) if p.name != CARD},
    }  # fmt: skip
    card_ = ModelCard(**{**given, **card})
    (folder / CARD).write_text(card_.model_dump_json(), encoding="utf-8")


def pack(folder: Path, path: Path, prefix: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, prefix + file.name)
    return path


def left_nothing(models: Path) -> bool:
    return not models.exists() or not list(models.iterdir())


# There and back


def test_a_model_goes_to_somebody_else_and_works_there(tmp_path: Path, models: Path, monkeypatch) -> None:
    mine = write(tmp_path / "mine" / "sparks")
    path = export_model(str(mine), tmp_path, authors=["A. B."])
    assert path == tmp_path / "sparks.zip"
    folder = import_model(path)
    assert folder.path == models / "sparks"
    assert "sparks" in [f.card.name for f in list_models()]
    patches = np.random.default_rng(5).integers(0, 256, (4, 28, 32, 32), dtype=np.uint8)
    said = make_classifier(find_model("sparks")).predict(patches.astype(np.float32) / 255)
    np.testing.assert_allclose(said, answer(patches), atol=1e-5)
    assert sorted(p.name for p in folder.path.iterdir()) == [CARD, ONNX, SAMPLE]
    assert [p.name for p in models.iterdir()] == ["sparks"]


def test_a_model_of_a_name_is_not_replaced(tmp_path: Path, models: Path) -> None:
    mine = write(tmp_path / "mine" / "sparks")
    import_model(mine)
    before = {p.name: p.read_bytes() for p in (models / "sparks").iterdir()}
    with pytest.raises(ModelError, match="already"):
        import_model(mine)
    other = import_model(mine, "sparks-2")
    assert (other.card.name, other.path.name) == ("sparks-2", "sparks-2")
    assert {p.name: p.read_bytes() for p in (models / "sparks").iterdir()} == before
    remove_model("sparks-2")
    assert not other.path.exists()
    assert {p.name: p.read_bytes() for p in (models / "sparks").iterdir()} == before


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_removed_model_is_kept_and_can_be_had_back(tmp_path: Path, models: Path) -> None:
    import_model(write(tmp_path / "mine" / "sparks"))
    import_model(tmp_path / "mine" / "sparks", "waves")
    whole = contents(models / "sparks")
    others = contents(models / "waves")
    kept = remove_model("sparks")
    assert kept.parent == models / REMOVED
    assert re.fullmatch(r"sparks-\d{4}-\d\d-\d\d-\d{6}", kept.name)
    assert contents(kept) == whole
    assert contents(models / "waves") == others
    assert sorted(p.name for p in models.iterdir()) == [REMOVED, "waves"]
    assert "sparks" not in [f.card.name for f in list_models()]
    with pytest.raises(ModelError, match="There is no model 'sparks'"):
        remove_model("sparks")
    assert import_model(kept).path == models / "sparks"
    assert contents(models / "sparks") == whole
    # The same again in the same second keeps both.
    assert remove_model("sparks") != kept
    assert len(list((models / REMOVED).iterdir())) == 2


def test_only_models_of_the_user_are_removed(tmp_path: Path, models: Path, monkeypatch) -> None:
    import_model(write(tmp_path / "mine" / "sparks"))
    (models / CARD).write_text("{}")
    before = contents(tmp_path)
    elsewhere = str(tmp_path / "mine" / "sparks")
    roundabout = f"{models}/sparks/../../mine/sparks"
    for name in (elsewhere, "..", ".", "", "../mine/sparks", str(models), "sparks/..", roundabout):
        with pytest.raises(ModelError):
            remove_model(name)
    with pytest.raises(ModelError, match="not in your folder"):
        remove_model(elsewhere)
    # A folder of the source tree named as one's own is none of the user's.
    monkeypatch.setenv(PATH_VARIABLE, os.pathsep.join([str(model_roots()[-1]), str(models)]))
    for shipped in model_roots()[0].glob(f"*/{CARD}"):
        with pytest.raises(ModelError, match="not in your folder"):
            remove_model(shipped.parent.name)
    assert contents(tmp_path) == before


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_to_a_folder_elsewhere_is_not_followed(tmp_path: Path, models: Path) -> None:
    mine = write(tmp_path / "mine" / "sparks")
    models.mkdir()
    (models / "sparks").symlink_to(mine, target_is_directory=True)
    before = contents(mine)
    with pytest.raises(ModelError, match="not in your folder"):
        remove_model("sparks")
    assert contents(mine) == before


def test_a_damaged_model_can_be_removed(tmp_path: Path, models: Path) -> None:
    import_model(write(tmp_path / "mine" / "sparks"))
    (models / "sparks" / CARD).write_text("{")
    kept = remove_model("sparks")
    assert (kept / CARD).read_text() == "{"


def test_a_model_that_cannot_be_moved_stays(tmp_path: Path, models: Path) -> None:
    import_model(write(tmp_path / "mine" / "sparks"))
    (models / REMOVED).write_text("in the way")
    before = contents(models)
    with pytest.raises(OutputError, match="cannot be moved"):
        remove_model("sparks")
    assert contents(models) == before


def test_shipped_names_are_taken_and_shipped_models_stay(tmp_path: Path) -> None:
    shipped = next((f.card.name for f in list_models()), None)
    if shipped is None:
        pytest.skip("no model is shipped")
    mine = write(tmp_path / "mine" / shipped)
    with pytest.raises(ModelError, match="already"):
        import_model(mine)
    with pytest.raises(ModelError, match="not in your folder"):
        remove_model(shipped)


def test_shipped_models_can_be_exported_and_imported(tmp_path: Path) -> None:
    shipped = list_models()
    if not shipped:
        pytest.skip("no model is shipped")
    path = export_model(shipped[0].card.name, tmp_path / "a.zip")
    assert import_model(path, "copy").card.files == shipped[0].card.files


def test_the_same_model_gives_the_same_zip(tmp_path: Path) -> None:
    mine = write(tmp_path / "mine" / "sparks")
    a, b = (export_model(str(mine), tmp_path / f"{k}.zip").read_bytes() for k in "ab")
    assert a == b
    with pytest.raises(OutputError, match="already"):
        export_model(str(mine), tmp_path / "a.zip")
    with pytest.raises(OutputError, match="end in"):
        export_model(str(mine), tmp_path / "a.tar")


def test_the_description_is_that_of_the_model_zoo(tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml")
    mine = write(tmp_path / "mine" / "sparks", description="Says: 'yes' #1\nand \"no\"")
    path = export_model(str(mine), tmp_path, authors=["Ä. B."])
    with zipfile.ZipFile(path) as archive:
        told = yaml.safe_load(archive.read(DESCRIPTION).decode())
        archive.extractall(tmp_path / "out")
    assert (told["type"], told["authors"]) == ("model", [{"name": "Ä. B."}])
    assert told["description"] == "A network. Says: 'yes' #1\nand \"no\""
    assert [axis.get("size") for axis in told["inputs"][0]["axes"]] == [None, 28, 32, 32]
    assert told["outputs"][0]["axes"][1]["channel_names"] == [c.name for c in CLASSES]
    assert told["weights"]["onnx"]["opset_version"] == 15
    for part in (told["weights"]["onnx"], told["inputs"][0]["test_tensor"], *told["attachments"]):
        assert sha256(tmp_path / "out" / part["source"]) == part["sha256"]
    given, wanted = (np.load(tmp_path / "out" / f"test_{k}.npy") for k in ("input", "output"))
    np.testing.assert_allclose(answer(np.rint(given * 255).astype(np.uint8)), wanted, atol=1e-5)


@pytest.mark.parametrize("value", [
    {"a": [], "b": {}, "c": None, "d": True, "e": 1.5, "f": "x: y"},
    {"a": [{"b": 1, "c": [1, 2, {"d": "e"}]}, "text", ["x"]]},
])  # fmt: skip
def test_yaml_is_read_as_it_was_meant(value) -> None:
    yaml = pytest.importorskip("yaml")
    assert yaml.safe_load(to_yaml(value)) == value


# Archives


def test_archives_that_reach_outside_are_refused(tmp_path: Path, models: Path) -> None:
    mine = write(tmp_path / "mine" / "sparks")
    for name in ("../evil.txt", "/evil.txt", "a/../../evil.txt", "C:/evil.txt", "a\\..\\..\\evil.txt"):
        path = pack(mine, tmp_path / "bad.zip")
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(zipfile.ZipInfo(name), "x")
        with pytest.raises(ModelError, match="another folder"):
            import_model(path)
    assert not list(tmp_path.rglob("evil.txt"))
    assert left_nothing(models)


def test_archives_with_links_are_refused(tmp_path: Path, models: Path) -> None:
    path = pack(write(tmp_path / "mine" / "sparks"), tmp_path / "bad.zip")
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("passwords")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ModelError, match="link"):
        import_model(path)
    assert left_nothing(models)


def test_archives_that_unfold_to_far_too_much_are_refused(tmp_path: Path, models: Path) -> None:
    path = pack(write(tmp_path / "mine" / "sparks"), tmp_path / "bomb.zip")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(400_000_000))
    assert path.stat().st_size < 2_000_000
    with pytest.raises(ModelError, match="no model"):
        import_model(path)
    many = tmp_path / "many.zip"
    with zipfile.ZipFile(many, "w") as archive:
        for k in range(300):
            archive.writestr(f"{k}", "")
    with pytest.raises(ModelError, match="300 files"):
        import_model(many)
    assert left_nothing(models)


@pytest.mark.parametrize("spoil", [
    lambda data: data[: len(data) // 2], lambda data: b"", lambda data: b"PK\3\4 nonsense",
    lambda data: data[:200] + bytes([data[200] ^ 255]) + data[201:],
])  # fmt: skip
def test_damaged_archives_get_a_sentence(tmp_path: Path, models: Path, spoil) -> None:
    path = pack(write(tmp_path / "mine" / "sparks"), tmp_path / "sparks.zip")
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(ModelError):
        import_model(path)
    assert left_nothing(models)


def test_other_files_get_a_sentence(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(ModelError, match="holds no model"):
        import_model(tmp_path / "photos.zip")
    with pytest.raises(ModelError, match="no file or folder"):
        import_model(tmp_path / "missing.zip")


def test_only_the_files_of_the_card_are_taken(tmp_path: Path) -> None:
    mine = write(tmp_path / "mine" / "sparks")
    (mine / "start.py").write_text("raise SystemExit")
    (mine / "report.png").write_text("no picture")
    folder = import_model(pack(mine, tmp_path / "a.zip", "deep/"))
    assert sorted(p.name for p in folder.path.iterdir()) == [CARD, ONNX, SAMPLE]


# Contents


def refused(folder: Path, says: str) -> None:
    with pytest.raises(ModelError, match=says) as error:
        import_model(folder)
    assert "\n" not in str(error.value)
    assert left_nothing(user_models())


def test_checksums_must_fit(tmp_path: Path) -> None:
    mine = write(tmp_path / "sparks")
    (mine / ONNX).write_bytes(graph(classes=4).SerializeToString())
    refused(mine, "checksum")


@pytest.mark.parametrize(("card", "says"), [
    ({"name": "../../x"}, "cannot be the name"),
    ({"name": "nul"}, "cannot be the name"),
    ({"config": GraphConfig(frames=28, size=3_000_000, converted_from="x")}, "impossible sizes"),
    ({"before": 200}, "contradicts itself"),
    ({"threshold": 0.0}, "impossible threshold"),
    ({"nu": float("inf")}, "damaged|impossible"),
    ({"classes": (ClassEntry(id=-1, name="a", title="a"), ClassEntry(id=-2, name="b", title="b"))}, "no event class"),
    ({"classes": (ClassEntry(id=0, name="<b>", title="a"), ClassEntry(id=-2, name="b", title="b"))}, "unusable names"),
    ({"classes": (ClassEntry(id=0, name="a", title="a"), ClassEntry(id=0, name="b", title="b"))}, "unusable names"),
    ({"classes": (ClassEntry(id=0, name="a", title="a"), ClassEntry(id=-1, name="b", title="b"))}, "does not fit"),
    ({"files": {"../secret": "00"}}, "none of it"),
    ({"files": {}}, "lacks its network"),
])  # fmt: skip
def test_impossible_cards_are_refused(tmp_path: Path, card: dict, says: str) -> None:
    refused(write(tmp_path / "sparks", **card), says)


def test_cards_that_are_no_cards_are_refused(tmp_path: Path) -> None:
    mine = write(tmp_path / "sparks")
    for text in ("{", "[]", '{"name": 1}', "[" * 50_000):
        (mine / CARD).write_text(text)
        refused(mine, "damaged")
    (mine / CARD).write_text(" " * 3_000_000)
    refused(mine, "too large")


def test_pickles_are_never_read(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "owned"),))

    mine = write(tmp_path / "sparks")
    np.savez(mine / SAMPLE, patches=np.array([Evil()], object), probabilities=np.zeros((1, 11), np.float32))
    seal(mine)
    refused(mine, "damaged")
    (mine / "weights.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    seal(mine)
    refused(mine, "kind is not allowed|damaged")
    assert not (tmp_path / "owned").exists()


def test_samples_must_fit(tmp_path: Path) -> None:
    good = np.zeros((2, 28, 32, 32), np.uint8)
    for n, (patches, said) in enumerate([
        (good[:, :5], answer(good)), (good, answer(good)[:, :4]), (good[:0], answer(good)[:0]),
        (good.astype(float), answer(good)), (good, answer(good) * 3), (good, np.full((2, 11), np.nan, np.float32)),
    ]):  # fmt: skip
        mine = write(tmp_path / f"sparks{n}")
        np.savez(mine / SAMPLE, patches=patches, probabilities=said)
        seal(mine)
        refused(mine, "sample")


def test_the_sample_must_be_answered(tmp_path: Path) -> None:
    mine = write(tmp_path / "sparks")
    patches = np.random.default_rng(2).integers(0, 256, (2, 28, 32, 32), dtype=np.uint8)
    np.savez(mine / SAMPLE, patches=patches, probabilities=answer(patches)[:, ::-1])
    seal(mine)
    refused(mine, "answers its sample differently")


def test_networks_of_another_shape_are_refused(tmp_path: Path) -> None:
    refused(write(tmp_path / "sparks", graph(classes=4)), "does not fit")
    other = graph()
    other.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 40
    refused(write(tmp_path / "sparks2", other), "cannot")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds the memory of a process")
def test_a_network_that_takes_all_memory_does_no_harm(tmp_path: Path) -> None:
    size = onnx.numpy_helper.from_array(np.array([400_000, 100_000], np.int64), "size")
    greedy = graph([helper.make_node("ConstantOfShape", ["size"], ["big"]),
                    helper.make_node("ReduceMean", ["big"], ["mean"], keepdims=0),
                    helper.make_node("Add", ["out", "mean"], ["all"])], "all")
    greedy.graph.initializer.append(size)
    refused(write(tmp_path / "sparks", greedy), "memory|crashed|cannot")


# The graph


def op(*args, **kwargs) -> onnx.NodeProto:
    return helper.make_node(*args, **kwargs)


def test_operators_that_are_not_standard_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(graph().SerializeToString())
    assert check_onnx(tmp_path / "a.onnx") == 15
    odd = op("Shell", ["out"], ["o"], domain="odd")
    refused(write(tmp_path / "sparks", graph([odd])), "'Shell' of 'odd'")


def test_operators_within_branches_are_seen(tmp_path: Path) -> None:
    value = helper.make_tensor_value_info("b", TensorProto.FLOAT, None)
    inner = helper.make_graph([op("Shell", ["out"], ["b"], domain="odd")], "inner", [], [value])
    (tmp_path / "a.onnx").write_bytes(graph([op("Anything", ["c"], ["o"], body=inner)]).SerializeToString())
    with pytest.raises(ModelError, match="'Shell' of 'odd'"):
        check_onnx(tmp_path / "a.onnx")


@pytest.mark.parametrize("name", ["Loop", "Scan", "If", "RandomNormal"])
def test_loops_and_chance_are_refused(tmp_path: Path, name: str) -> None:
    refused(write(tmp_path / "sparks", graph([op(name, ["out"], ["o"])])), f"'{name}'")


def test_functions_are_refused(tmp_path: Path) -> None:
    network = graph()
    network.functions.append(helper.make_function("odd", "Shell", ["a"], ["b"], [op("Relu", ["a"], ["b"])],
                                                  [helper.make_opsetid("", 15)]))
    refused(write(tmp_path / "sparks", network), "operators of its own")


def test_weights_in_other_files_are_refused(tmp_path: Path) -> None:
    network = graph()
    tensor = network.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../../etc/passwd"
    refused(write(tmp_path / "sparks", network), "other files")
    network = graph([op("Constant", [], ["k"], value=tensor)])
    refused(write(tmp_path / "sparks2", network), "other files")


def test_no_bytes_make_the_check_fail_otherwise(tmp_path: Path) -> None:
    whole = graph().SerializeToString()
    rng = np.random.default_rng(3)
    path = tmp_path / "a.onnx"
    for _ in range(300):
        data = bytearray(whole[: int(rng.integers(1, len(whole)))])
        for at in rng.integers(0, len(data), 3):
            data[at] = int(rng.integers(0, 256))
        path.write_bytes(data)
        try:
            check_onnx(path)
        except ModelError:
            continue


# Weights for Keras


def weights(folder: Path, make) -> Path:
    mine = write(folder)
    with h5py.File(mine / KERAS_WEIGHTS, "w") as file:
        make(file)
    seal(mine)
    return mine


@pytest.mark.parametrize("make", [
    lambda f: f.__setitem__("a", h5py.ExternalLink("other.h5", "/x")),
    lambda f: f.__setitem__("a", h5py.SoftLink("/x")),
    lambda f: f.create_dataset("a", (4,), "f4", external=[("/etc/hostname", 0, 16)]),
    lambda f: f.create_virtual_dataset("a", h5py.VirtualLayout((4,), "f4")),
])  # fmt: skip
def test_weights_that_lead_to_other_files_are_refused(tmp_path: Path, make) -> None:
    refused(weights(tmp_path / "sparks", make), "another file")


def test_weights_that_unfold_to_too_much_are_refused(tmp_path: Path) -> None:
    def make(file: h5py.File) -> None:
        file.create_dataset("a", (1 << 34,), "f4", chunks=(1 << 20,), compression="gzip")

    refused(weights(tmp_path / "sparks", make), "unfold")


def test_weights_that_contain_themselves_do_no_harm(tmp_path: Path) -> None:
    def make(file: h5py.File) -> None:
        group = file.create_group("a")
        group["again"] = group
        file["a/numbers"] = np.zeros(3)

    checks.check_folder(weights(tmp_path / "sparks", make))


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    mine = write(tmp_path / "sparks")
    (mine / KERAS_WEIGHTS).write_text("no HDF5")
    seal(mine)
    refused(mine, "damaged")


# Where models are


def test_where_models_of_the_user_are(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv(PATH_VARIABLE, f"{tmp_path / 'a'}{os.pathsep}{tmp_path / 'b'}")
    assert user_models() == tmp_path / "a"
    monkeypatch.delenv(PATH_VARIABLE)
    assert user_models() in model_roots()
    assert user_models().parts[-2:] == ("ivea-fiji", "models")


def test_on_the_command_line(tmp_path: Path, models: Path, capsys, monkeypatch) -> None:
    from ivea_fiji.cli.main import main

    mine = write(tmp_path / "mine" / "sparks")
    assert main(["models", "export", str(mine), str(tmp_path / "a.zip"), "--author", "A", "--author", "B"]) == 0
    assert main(["models", "import", str(tmp_path / "a.zip"), "--name", "new", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.split("\n", 1)[1])
    assert (told["name"], told["folder"]) == ("new", str(models / "new"))
    assert main(["models", "import", str(tmp_path / "a.zip"), "--name", "new"]) == 1
    assert "already" in capsys.readouterr().err
    # Nobody is there to be asked; then somebody is, and says no, and yes.
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert main(["models", "remove", "new"]) == 2
    assert "give --yes" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    for said, gone in (("no", False), ("", False), ("y", True)):
        monkeypatch.setattr("builtins.input", lambda question, said=said: said)
        assert main(["models", "remove", "new"]) == (0 if gone else 2)
        assert (models / "new").exists() != gone
    assert "have it back: ivea models import " in capsys.readouterr().out
    assert main(["models", "import", str(tmp_path / "a.zip"), "--name", "new", "--quiet"]) == 0
    assert main(["models", "remove", "new", "--yes", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["removed"] == str(models / "new")
    assert Path(told["kept"], CARD).is_file()


def test_in_the_menu(tmp_path: Path, models: Path) -> None:
    from ivea_fiji.commands.registry import COMMANDS
    from ivea_fiji.progress import Silent

    command = COMMANDS["manage_models"]
    mine = write(tmp_path / "mine" / "sparks")

    def run(**values: str):
        return command.run(command.params.make(**values), None, Silent())

    assert "written" in run(action="export", model_name=str(mine), model_file=str(tmp_path / "a.zip")).message
    reply = run(action="import", model_file=str(tmp_path / "a.zip"))
    assert "'sparks' was imported" in reply.message
    assert "sparks" in Path(reply.tables[0].path).read_text()
    for values in ({"action": "import"}, {"action": "export", "model_name": "sparks"}):
        with pytest.raises(ParameterError, match="model_file"):
            run(**values)
    with pytest.raises(ParameterError, match="Name the model to remove"):
        run(action="remove")
    with pytest.raises(ParameterError, match="Nothing was removed yet"):
        run(action="remove", model_name="sparks")
    assert (models / "sparks").is_dir()
    reply = run(action="remove", model_name="sparks", really_remove="true")
    assert "can be imported from there" in reply.message
    assert not (models / "sparks").exists()
    assert "sparks" not in [line.split(",")[0] for line in Path(reply.tables[0].path).read_text().splitlines()]


# Models of the original program


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SavedModel as the original trainer writes it, its network small."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    tf = pytest.importorskip("tensorflow")
    pytest.importorskip("tf2onnx")

    class Net(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gate = tf.Variable(tf.random.stateless_normal((3, 3, 3, 1, 1), (3, 4)) * 0.3)
            self.head = tf.Variable(tf.random.stateless_normal((28 * 16 * 16, 11), (1, 2)) * 0.05)

        @tf.function
        def call(self, x):
            gate = tf.nn.conv3d(x, self.gate, (1, 1, 1, 1, 1), "SAME")
            x = tf.nn.max_pool3d(0.5 * gate * (1 + tf.math.erf(gate / 1.41421356)) * x, (1, 1, 2, 2, 1),
                                 (1, 1, 2, 2, 1), "VALID")
            return {"dense_5": tf.nn.softmax(tf.reshape(x, (-1, 28 * 16 * 16)) @ self.head)}

    folder = tmp_path_factory.mktemp("original") / "eViT_random_tf2.10.1-v_8"
    net = Net()
    spec = tf.TensorSpec((None, 28, 32, 32, 1), tf.float32, name="input_1")
    tf.saved_model.save(net, str(folder), signatures={"serving_default": net.call.get_concrete_function(spec)})
    config = {"num_fusion": 3, "num_classes": 11, "timeseries": 26, "more_frames": 2, "patch_radius": 14,
              "file_name": "cells", "model_type": 0, "model_name": "GranuVision3"}
    (folder / "model_config.json").write_text(json.dumps(config))
    return folder


def copy_of(saved: Path, folder: Path) -> Path:
    import shutil

    shutil.copytree(saved, folder)
    return folder


@pytest.mark.slow
def test_models_of_the_original_are_converted(saved: Path, tmp_path: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    folder = import_model(saved, "granu")
    card = folder.card
    assert (card.before, card.after, card.config.frames) == (13, 14, 28)
    assert [c.id for c in card.classes] == [0, 1, 2, *range(-1, -9, -1)]
    assert card.title == "GranuVision3"
    assert "14 px" in card.description
    x = np.random.default_rng(8).random((3, 28, 32, 32)).astype(np.float32)
    wanted = tf.saved_model.load(str(saved)).signatures["serving_default"](tf.constant(x[..., None]))["dense_5"]
    np.testing.assert_allclose(make_classifier(folder).predict(x), wanted, atol=1e-5)
    with pytest.raises(ModelError, match="another program"):
        make_classifier(folder, "keras")


@pytest.mark.slow
@pytest.mark.parametrize(("change", "says"), [
    ({"num_classes": 9}, "speaks of 9 classes"), ({"more_frames": 14}, "speaks of 40 frames"),
    ({"timeseries": "26"}, "lacks a usable 'timeseries'"), ({"num_fusion": 11}, "contradicts itself"),
])  # fmt: skip
def test_descriptions_must_fit_the_network(saved: Path, tmp_path: Path, change: dict, says: str) -> None:
    bad = copy_of(saved, tmp_path / "bad")
    told = json.loads((bad / "model_config.json").read_text())
    (bad / "model_config.json").write_text(json.dumps({**told, **change}))
    refused(bad, says)


@pytest.mark.slow
def test_programs_in_a_savedmodel_are_refused(saved: Path, tmp_path: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    target = tmp_path / "owned.txt"

    class Evil(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((None, 28, 32, 32), tf.float32)])
        def write(self, x):
            tf.io.write_file(str(target), "x")
            return {"y": tf.nn.softmax(tf.reduce_mean(x, (2, 3))[:, :11])}

        @tf.function(input_signature=[tf.TensorSpec((None, 28, 32, 32), tf.float32)])
        def save(self, x):
            tf.raw_ops.SaveV2(prefix=str(target), tensor_names=["a"], shape_and_slices=[""], tensors=[x])
            return {"y": tf.nn.softmax(tf.reduce_mean(x, (2, 3))[:, :11])}

    for name, says in (("write", "WriteFile"), ("save", "no network of IVEA needs")):
        evil = Evil()
        folder = tmp_path / name
        tf.saved_model.save(evil, str(folder), signatures={"serving_default": getattr(evil, name)})
        (folder / "model_config.json").write_bytes((saved / "model_config.json").read_bytes())
        refused(folder, says)
    assert not list(tmp_path.glob("owned*"))


@pytest.mark.slow
def test_damaged_savedmodels_get_a_sentence(saved: Path, tmp_path: Path) -> None:
    bad = copy_of(saved, tmp_path / "bad")
    whole = (bad / "saved_model.pb").read_bytes()
    (bad / "saved_model.pb").write_bytes(whole[:1000])
    refused(bad, "damaged|holds no network|TensorFlow 1")
    (bad / "saved_model.pb").unlink()
    refused(bad, "lacks its file")
    (bad / "saved_model.pb").write_bytes(whole)
    (bad / "variables" / "variables.index").unlink()
    refused(bad, "cannot be loaded")
    (bad / "model_config.json").write_text("{")
    refused(bad, "damaged")


def test_without_tensorflow_a_sentence_says_what_to_install(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    (tmp_path / "old").mkdir()
    config = {"num_fusion": 3, "num_classes": 11, "timeseries": 26, "more_frames": 2}
    (tmp_path / "old" / "model_config.json").write_text(json.dumps(config))
    (tmp_path / "old" / "saved_model.pb").write_bytes(b"x")
    with pytest.raises(IveaError, match="pip install"):
        import_model(tmp_path / "old")
