"""Models on disk: found, whole, and the same answer from either runtime."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from model_material import CLASSES, SMALL, make_card, write_card, write_tiny

from ivea_fiji.errors import MissingDependencyError, ModelError
from ivea_fiji.networks.card import CARD, KERAS_WEIGHTS, ONNX, SAMPLE, ModelCard, ModelFolder, sha256
from ivea_fiji.networks.registry import (
    PATH_VARIABLE,
    find_model,
    find_model_for,
    list_models,
    model_roots,
    verify_model,
)
from ivea_fiji.networks.runtime import make_classifier

SHIPPED = sorted(p.parent for p in (Path(__file__).resolve().parents[1] / "models").glob(f"*/{CARD}"))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("tensorflow")
    return write_tiny(tmp_path_factory.mktemp("models") / "tiny").path


@pytest.fixture
def copy(tiny: Path, tmp_path: Path) -> Path:
    shutil.copytree(tiny, tmp_path / "tiny")
    return tmp_path / "tiny"


def patches(n: int = 5, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).random((n, 28, 32, 32)).astype(np.float32)


def edit(folder: Path, **changes) -> ModelFolder:
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    (folder / CARD).write_text(json.dumps({**card, **changes}), encoding="utf-8")
    return ModelFolder(folder)


# Runtimes


def test_a_written_model_is_whole(tiny: Path) -> None:
    assert verify_model(ModelFolder(tiny)) == []
    assert verify_model(ModelFolder(tiny), "keras") == []


def test_onnx_and_keras_agree(tiny: Path) -> None:
    folder = ModelFolder(tiny)
    a, b = (make_classifier(folder, runtime).predict(patches()) for runtime in ("onnx", "keras"))
    assert a.shape == (5, len(CLASSES))
    assert a.dtype == np.float32
    np.testing.assert_allclose(a.sum(axis=1), 1, rtol=1e-5)
    assert np.abs(a - b).max() < 1e-4


@pytest.mark.parametrize("runtime", ["onnx", "keras"])
def test_batches_and_threads_do_not_matter(tiny: Path, runtime: str) -> None:
    many = patches(70)  # more than one batch
    classifier = make_classifier(ModelFolder(tiny), runtime, threads=1)
    whole = classifier.predict(many)
    alone = np.concatenate([classifier.predict(many[k : k + 1]) for k in (0, 63, 64, 69)])
    np.testing.assert_allclose(whole[[0, 63, 64, 69]], alone, atol=1e-5)


def test_the_network_tells_orders_in_time_apart(tiny: Path) -> None:
    classifier = make_classifier(ModelFolder(tiny))
    forward = patches(3)
    assert np.abs(classifier.predict(forward) - classifier.predict(forward[:, ::-1].copy())).max() > 1e-4


@pytest.mark.parametrize("frames", [28, 26])
def test_network_size(frames: int) -> None:
    pytest.importorskip("tensorflow")
    from ivea_fiji.networks.card import EvitConfig
    from ivea_fiji.networks.evit import build_evit

    model = build_evit(EvitConfig(frames=frames), 11)
    assert model.input_shape == (None, frames, 32, 32)
    assert model.output_shape == (None, 11)
    assert model.count_params() < 500_000


def test_calibration_is_the_same_in_the_network_and_beside_it(tiny: Path) -> None:
    pytest.importorskip("tensorflow")
    from ivea_fiji.networks.evit import build_evit
    from ivea_fiji.training.export import calibrate_head
    from ivea_fiji.training.validation import apply_calibration

    model = build_evit(SMALL, len(CLASSES))
    model.load_weights(tiny / KERAS_WEIGHTS)
    before = np.asarray(model(patches(), training=False))
    columns = make_card().event_columns
    calibrate_head(model, 1.7, -0.8, columns)
    after = np.asarray(model(patches(), training=False))
    expected = apply_calibration(np.log(before.astype(float)), 1.7, -0.8, columns)
    np.testing.assert_allclose(after, expected, atol=1e-5)
    assert np.abs(after - before).max() > 1e-3


def test_keras_without_tensorflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "ivea-fiji\[train\]"'):
        make_classifier(write_card(tmp_path / "m"), "keras")


# Faults


@pytest.mark.parametrize("name", [ONNX, KERAS_WEIGHTS, SAMPLE])
def test_damaged_file(copy: Path, name: str) -> None:
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / name).write_bytes(data)
    (fault,) = verify_model(ModelFolder(copy))
    assert fault == (f"The file {name} of the model 'tiny' is damaged (its checksum is not the one on its card); "
                     "copy the model folder again.")


@pytest.mark.parametrize(("runtime", "name"), [("onnx", ONNX), ("keras", KERAS_WEIGHTS)])
def test_damaged_weights_are_not_run(copy: Path, runtime: str, name: str) -> None:
    pytest.importorskip("tensorflow")
    with (copy / name).open("ab") as file:
        file.write(b"x")
    with pytest.raises(ModelError, match=f"The file {name} of the model 'tiny' is damaged"):
        make_classifier(ModelFolder(copy), runtime)


@pytest.mark.parametrize("name", [ONNX, SAMPLE])
def test_missing_file(copy: Path, name: str) -> None:
    (copy / name).unlink()
    assert verify_model(ModelFolder(copy)) == [f"The model 'tiny' lacks its file {name}; copy the model folder again."]


def test_a_card_that_lists_no_files(copy: Path) -> None:
    faults = verify_model(edit(copy, files={}))
    assert len(faults) == 2
    assert all("damaged" in fault for fault in faults)


def test_another_answer_is_noticed(copy: Path) -> None:
    sample = dict(np.load(copy / SAMPLE))
    np.savez(copy / SAMPLE, patches=sample["patches"], probabilities=sample["probabilities"][:, ::-1])
    card = ModelFolder(copy).card
    (fault,) = verify_model(edit(copy, files={**card.files, SAMPLE: sha256(copy / SAMPLE)}))
    assert fault.startswith("The model 'tiny' answers its sample differently (by ")


@pytest.mark.parametrize(
    ("runtime", "name", "who"), [("onnx", ONNX, "ONNX Runtime"), ("keras", KERAS_WEIGHTS, "Keras")]
)
def test_a_file_that_is_no_network(copy: Path, runtime: str, name: str, who: str) -> None:
    (copy / name).write_bytes(b"no network")
    card = ModelFolder(copy).card
    folder = edit(copy, files={**card.files, name: sha256(copy / name)})
    sentence = f"The network of 'tiny' cannot be loaded by {who}."
    assert verify_model(folder, runtime) == [sentence]
    with pytest.raises(ModelError, match=sentence):
        make_classifier(folder, runtime)


@pytest.mark.parametrize("text", ["", "{", "{}", '{"name": 1}', "\xff\xfe"])
def test_damaged_card(tmp_path: Path, text: str) -> None:
    (tmp_path / CARD).write_bytes(text.encode("latin-1"))
    with pytest.raises(ModelError, match=r"^The card of the model in '.*' is damaged; copy the model folder again\.$"):
        ModelFolder(tmp_path)


def test_unknown_entries_of_a_card_are_refused(tmp_path: Path) -> None:
    write_card(tmp_path / "m")
    with pytest.raises(ModelError, match="damaged"):
        edit(tmp_path / "m", colour="blue")


def test_no_card(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"is not a model folder: it has no card\.json\.$"):
        ModelFolder(tmp_path)


def test_card_comes_back_as_written(tmp_path: Path) -> None:
    card = make_card("m", metrics={"f1": 0.9}, parent="evit28")
    assert ModelCard.model_validate_json(card.model_dump_json()) == card
    assert card.event_columns == [0, 1, 2]


# Where models are


def test_models_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    write_card(one / "mine", title="first")
    write_card(two / "mine", title="second")
    write_card(two / "other")
    monkeypatch.setenv(PATH_VARIABLE, f"{one}{os.pathsep}{two}")
    assert model_roots()[:2] == [one, two]
    assert find_model("mine").card.title == "first"
    assert find_model("other").path == two / "other"
    assert [f.card.name for f in list_models()][:2] == ["mine", "other"]
    assert [f.card.title for f in list_models()][:1] == ["first"]


def test_a_path_works_as_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_card(tmp_path / "mine")
    assert find_model(str(tmp_path / "mine")).card.name == "mine"
    monkeypatch.chdir(tmp_path)
    assert find_model("mine").card.name == "mine"


def test_every_name_in_the_list_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_card(tmp_path / "mine").path.rename(tmp_path / "renamed")
    monkeypatch.setenv(PATH_VARIABLE, str(tmp_path))
    for folder in list_models():
        assert find_model(folder.card.name).card == folder.card


@pytest.mark.parametrize("name", ["evit99", "no/such/folder", ""])
def test_unknown_model(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_card(tmp_path / "mine")
    monkeypatch.setenv(PATH_VARIABLE, str(tmp_path))
    with pytest.raises(ModelError) as told:
        find_model(name)
    known = ", ".join(["mine", *(p.name for p in SHIPPED)])
    assert str(told.value) == (
        f"There is no model '{name}'; known ones are: {known}. A path to a model folder works as well."
    )


@pytest.mark.parametrize("module", ["random", "stationary"])
def test_an_unknown_model_of_a_module(module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The models of the other module would be no help."""
    write_card(tmp_path / "mine")
    monkeypatch.setenv(PATH_VARIABLE, str(tmp_path))
    with pytest.raises(ModelError) as told:
        find_model_for(module, "evit 28")
    fitting = [f.card.name for f in list_models() if f.card.module == module]
    assert ("mine" in fitting) == (module == "random")
    assert str(told.value) == (
        f"There is no model 'evit 28'; those for {module} bursts are: {', '.join(fitting) or 'none'}. A path "
        "to a model folder works as well."
    )


def test_a_damaged_model_does_not_hide_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_card(tmp_path / "mine")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / CARD).write_text("{", encoding="utf-8")
    monkeypatch.setenv(PATH_VARIABLE, f"{tmp_path / 'missing'}{os.pathsep}{tmp_path}")
    assert "mine" in [f.card.name for f in list_models()]
    with pytest.raises(ModelError, match="damaged"):
        find_model("broken")


# The models that come with IVEA


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.name)
def test_shipped_model_is_whole(path: Path) -> None:
    folder = ModelFolder(path)
    card = folder.card
    assert verify_model(folder) == []
    assert card.name == path.name
    assert card.before + card.after + 1 == card.config.frames
    assert 0 < card.threshold < 1
    # Synapses stand apart: among them only time tells one event from the next.
    assert (card.nu > 0) == (card.spread_radius > 0) == (card.module == "random")
    kinds = {"evit28": [0, 1, 2], "evit26": [0, 1], "granu-lstm": [0, 1, 2], "neuro-lstm": [0, 3, 4, 5]}[path.name]
    assert [c.id for c in card.classes if c.id >= 0] == kinds
    assert sum(f.stat().st_size for f in path.iterdir()) < 8_000_000


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.name)
def test_shipped_model_in_keras(path: Path) -> None:
    pytest.importorskip("tensorflow")
    folder = ModelFolder(path)
    sample = np.load(folder.checked(SAMPLE))["patches"].astype(np.float32) / 255
    a, b = (make_classifier(folder, runtime).predict(sample) for runtime in ("onnx", "keras"))
    assert np.abs(a - b).max() < 1e-4
