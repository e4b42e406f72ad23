"""Data sets, models and evaluation from macros in ImageJ: the files of the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from imagej_material import make_movie
from imagej_oracle import need_java
from imagej_stage import make_host, run_headless

from ivea_fiji.cli.main import main
from ivea_fiji.datasets import inspect_dataset, read_labels

pytestmark = pytest.mark.java


def test_macros_build_data_sets_compare_and_evaluate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need_java()
    monkeypatch.setenv("IVEA_MODELS_PATH", str(tmp_path / "models"))
    host = make_host(tmp_path / "ImageJ")
    movie = make_movie(tmp_path / "movies")
    truth = movie.with_name("cell_truth_rois.zip")
    out = tmp_path / "out"
    out.mkdir()
    macro = tmp_path / "datasets.ijm"
    macro.write_text(
        f"""
        run("Build Training Dataset...", "label_folder=[{movie.parent}] dataset_file=[{out}/mine.h5]");
        run("Manage Training Datasets...",
            "action=export dataset_file=[{out}/mine.h5] output_path=[{out}/rois] export_as=rois");
        open("{movie}");
        run("Evaluate Against Labels...", "label_file=[{truth}] min_peak_z=5 output_folder=[{out}/in ImageJ]");
        run("Compare Annotators...",
            "first_labels=[{truth}] second_labels=[{out}/rois/cell_training_rois.zip] merged_file=[{out}/both.zip]");
        run("Manage Models...", "action=export model_name=evit28 model_file=[{out}/evit28.zip]");
        run("Manage Models...", "action=import model_name=mine model_file=[{out}/evit28.zip]");
        run("Evaluate Against Labels...", "model=mine label_file=[{truth}] output_folder=[{out}/by mine]");
        print("REACHED");
        """
    )
    done = run_headless(host, tmp_path, "Headless.java", macro)
    assert done.returncode == 0, done.stderr
    assert "REACHED" in done.stdout.splitlines()
    assert "Exception" not in done.stdout + done.stderr

    assert main(["dataset", "collect", str(movie.parent), "--out", str(tmp_path / "mine.h5"), "--quiet"]) == 0
    assert (out / "mine.h5").read_bytes() == (tmp_path / "mine.h5").read_bytes()
    assert len(read_labels(out / "both.zip")) == len(inspect_dataset(out / "mine.h5"))
    asked = ["evaluate", str(movie), str(truth), "--quiet", "--out"]
    assert main([*asked, str(tmp_path / "expected"), "--min-peak-z", "5"]) == 0
    for name in ("evaluation", "sweep"):
        same = [folder / f"cell_{name}.csv" for folder in (out / "in ImageJ", tmp_path / "expected")]
        assert same[0].read_bytes() == same[1].read_bytes()
    assert (tmp_path / "models" / "mine" / "card.json").is_file()
    assert (out / "by mine" / "cell_evaluation.csv").is_file()
