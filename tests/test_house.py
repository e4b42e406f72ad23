"""Rules of the house that a machine can check."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import ivea_fiji
from ivea_fiji.params import MovieParams, RandomParams
from ivea_fiji.params.base import Params
from ivea_fiji.params.batch import BatchParams
from ivea_fiji.params.dataset import AgreementParams, DatasetParams
from ivea_fiji.params.evaluation import EvaluationParams, LabelParams
from ivea_fiji.params.hotspot import HotspotParams
from ivea_fiji.params.labels import ByLabels, NewModel
from ivea_fiji.params.measure import MeasureParams
from ivea_fiji.params.simulation import SimulationParams
from ivea_fiji.params.stationary import StationaryParams
from ivea_fiji.params.training import LstmTrainingParams, TrainingParams

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "ivea_fiji"
MODULES = sorted(PACKAGE.rglob("*.py"))
MODELS = [
    MovieParams, RandomParams, BatchParams, MeasureParams, SimulationParams, EvaluationParams, TrainingParams,
    LstmTrainingParams, HotspotParams, DatasetParams, AgreementParams, LabelParams,
    StationaryParams, ByLabels, NewModel,
]  # fmt: skip
HEAVY = (
    "tensorflow", "keras", "onnxruntime", "matplotlib", "pandas", "cv2", "scipy", "zarr", "tifffile", "cyclopts",
    "pydantic",
)  # fmt: skip


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_import_is_light() -> None:
    code = f"import sys, ivea_fiji; print(' '.join(m for m in {HEAVY!r} if m in sys.modules))"
    assert run_python(code) == ""


@pytest.mark.parametrize("name", ["tensorflow", "matplotlib", "pandas", "onnxruntime", "zarr"])
def test_command_line_starts_without(name: str) -> None:
    code = f"import sys; from ivea_fiji.cli.main import make_app; make_app(); print({name!r} in sys.modules)"
    assert run_python(code) == "False"


@pytest.mark.parametrize("name", [n for n in ivea_fiji.__all__ if n != "__version__"])
def test_public_names_exist(name: str) -> None:
    assert getattr(ivea_fiji, name).__name__ == name
    assert name in dir(ivea_fiji)


def test_unknown_public_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'detect_everything'"):
        _ = ivea_fiji.detect_everything


def test_import_layers() -> None:
    pytest.importorskip("importlinter")
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-logo"]
    done = subprocess.run([*command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_modules_are_short() -> None:
    assert len(MODULES) > 20
    assert {str(p): n for p in MODULES if (n := len(p.read_text(encoding="utf-8").splitlines())) > 350} == {}


def test_nothing_prints_outside_the_command_line() -> None:
    found = []
    for path in MODULES:
        if path.parent.name == "cli":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
                found.append(f"{path}:{node.lineno}")
    assert found == []


def test_no_log_handler_in_the_library() -> None:
    pattern = re.compile(r"basicConfig|StreamHandler|logging\.(debug|info|warning|error)\(")
    assert [
        str(p) for p in MODULES if p.parent.name != "cli" and pattern.search(p.read_text(encoding="utf-8"))
    ] == []


@pytest.mark.parametrize("model", MODELS)
def test_parameter_names_are_macro_keys(model: type[Params]) -> None:
    names = list(model.model_fields)
    assert [n for n in names if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", n)] == []


@pytest.mark.parametrize("model", MODELS)
def test_no_parameter_name_ends_another(model: type[Params]) -> None:
    """ImageJ's Macro.getValue looks for 'name=' anywhere in the options."""
    names = list(model.model_fields)
    assert [(a, b) for a in names for b in names if a != b and b.endswith(a)] == []


@pytest.mark.parametrize("model", MODELS)
def test_every_parameter_is_explained(model: type[Params]) -> None:
    for name, info in model.model_fields.items():
        assert isinstance(info.json_schema_extra, dict), name
        assert info.json_schema_extra["label"], name
        assert info.description, name
        assert info.description.endswith("."), name


@pytest.mark.parametrize("model", MODELS)
def test_labels_are_unique(model: type[Params]) -> None:
    labels = [info.json_schema_extra["label"] for info in model.model_fields.values()]
    assert len(set(labels)) == len(labels)


def test_defaults_are_valid() -> None:
    for model in MODELS:
        assert model.make(**model().model_dump()) == model()


def test_generated_files_are_in_step(capsys) -> None:
    from ivea_fiji.cli.reference import main

    assert main(["--check", "--root", str(ROOT)]) == 0, capsys.readouterr().err


def test_links_of_the_documentation_lead_somewhere() -> None:
    missing = []
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "examples").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not target.startswith(("http", "mailto")) and not (page.parent / target).exists():
                missing.append(f"{page.name}: {target}")
    assert missing == []


def test_version_is_the_same_everywhere() -> None:
    assert f"version: {ivea_fiji.__version__}" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"## {ivea_fiji.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_doctor_knows_all_dependencies() -> None:
    from ivea_fiji.cli.doctor import NEEDED

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert sorted(re.split(r"[<>=!~ \[]", text)[0] for text in project["dependencies"]) == sorted(NEEDED)


def test_examples_carry_their_licences() -> None:
    for folder in ("synactj", "telomeres"):
        licence = ROOT / "examples" / folder / "LICENSE"
        assert "Copyright (c)" in licence.read_text(encoding="utf-8")
        assert list((ROOT / "examples" / folder).glob("*.tif"))
