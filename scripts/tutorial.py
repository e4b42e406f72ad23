"""Walk through docs/tutorial-thirty-labels.md in ImageJ: press its keys, take its pictures, tell its numbers.

``python scripts/tutorial.py [FOLDER]``; needs what ``screenshots.py`` needs, and minutes for the training. It plays
a person who sees every spark that stands out from the noise.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from screenshots import DETECT, ROOT, Stage, dialog, on_a_screen

LABEL, TRAIN, EVALUATE = "Review and Label Events...", "Train or Refine Model...", "Evaluate Against Labels..."
WINDOW = "Label sparks.tif"
CLASSES = "10 spark, -1 noise, -2 fluctuation, -3 motion"
AS_MEASURED = "list_order=most_informative judge_every=0"
"""How the labels of the page's figures were made: all before the model learned from any."""
SIZE = "recipe=sparks frames=300 height=192 width=192 events=30"
FRESH = range(412, 416)
"""Seeds of the movies nobody labelled; the first one gets into the picture."""
MOVIES = {f"fresh{seed}": f"{SIZE} seed={seed}" for seed in reversed(FRESH)} | {"sparks": f"{SIZE} seed=411"}
SHOWN = f"fresh{FRESH[0]}.tif"
LABELS = 30
SEEN_Z = 5.0
"""Visibility from which a person is taken to see an event."""
_NEAR_PX, _NEAR_FRAMES = 5.0, 5


def walk(ij: Stage, work: Path, folder: Path) -> None:
    """Simulate, label, refine, and detect in movies that nobody labelled."""
    ij("place", "ImageJ", 10, 10)
    for name, recipe in MOVIES.items():
        ij("clean")
        ij("macro", f'run("Simulate Movie...", "{recipe} movie_name={name} output_folder=[{work / name}]");')
        ij("close", f"{name} truth")
    ij("close", "ROI Manager")
    show(ij, "sparks.tif")
    dialog(ij, LABEL, folder / "dialog-label.png")
    ij("macro", f'run("{LABEL}", "events_from=candidates classes=[{CLASSES}] {AS_MEASURED}");')
    label(ij, work / "sparks", folder)
    dialog(ij, TRAIN, folder / "dialog-train.png")
    start = time.monotonic()
    ij("background", f'run("{TRAIN}", "label_folder=[{work / "sparks"}] new_name=sparks class_names=[10=spark]");')
    ij.until("windows", "sparks scores", 3600)
    print(f"training took {time.monotonic() - start:.0f} s on {os.cpu_count()} busy cores; {ij('status')[0]}")
    print("\n".join(ij("table", "sparks scores")))
    ij("close", "sparks.tif")
    for model in ("evit28", "sparks"):
        for seed in reversed(FRESH):
            ij("clean")
            print(f"{model}, seed {seed}: {detect(ij, work, f'fresh{seed}', model)}")
    picture(ij, folder)


def show(ij: Stage, title: str) -> None:
    """Show the movie in front well."""
    ij("macro", 'run("Select None"); run("Enhance Contrast", "saturated=0.3"); run("Set... ", "zoom=200 x=96 y=96");')
    ij("place", title, 10, 130)


def detect(ij: Stage, work: Path, name: str, model: str) -> str:
    """Detect events in a movie, and return the sentence of the comparison with its truth."""
    found = work / model / name
    ij("open", work / name / f"{name}.tif")
    ij("macro", f'run("{DETECT}", "model={model} output_folder=[{found}]");')
    truth, events = work / name / f"{name}_truth.csv", found / f"{name}_events.csv"
    ij("macro", f'run("{EVALUATE}", "label_file=[{truth}] events_file=[{events}]");')
    (sentence,) = ij.until("status", "Precision")
    return sentence


def label(ij: Stage, place: Path, folder: Path) -> None:
    """Label the first thirty of the list by keys, and keep pictures of the begin and the end."""
    ij("place", WINDOW, 440, 20)
    sparks = places_of_sparks(place)
    pressed = 0
    for number in range(LABELS + 1):
        chosen, *lines = ij("rows", WINDOW)
        event = int(lines[int(chosen)].split("|")[0])
        if event in sparks and not pressed:
            # A spark is a better picture than noise.
            ij("wait", 4500)
            ij("shot", folder / "label.png")
        if number < LABELS:
            ij("keys", WINDOW, "9" if event in sparks else "A")
            pressed += event in sparks
    ij("wait", 4500)
    ij("shot", folder / "label-thirty.png")
    ij("press", WINDOW, "Judge Again")
    while not ij("named", WINDOW, "judged")[0].startswith("By "):
        time.sleep(1)
    ij("wait", 4500)
    ij("shot", folder / "label-judged.png")
    print(ij("named", WINDOW, "judged")[0])
    print(f"{ij('named', WINDOW, 'progress')[0]}: {pressed} sparks, {LABELS - pressed} times noise")
    ij("close", WINDOW)
    ij("wait", 3000)


def places_of_sparks(place: Path) -> set[int]:
    """Return the numbers of the candidates in the label window that are sparks a person would see."""
    with (place / "sparks_truth.csv").open(encoding="utf-8", newline="") as file:
        truth = [row for row in csv.DictReader(file) if float(row["peak_z"]) >= SEEN_Z]
    taken = json.loads((place / "sparks_labels.journal").read_text(encoding="utf-8").splitlines()[1])
    return {candidate["id"] for candidate in taken["now"] if any(is_near(candidate, row) for row in truth)}


def is_near(candidate: dict[str, float], row: dict[str, str]) -> bool:
    """Whether a candidate is where and when a true event is."""
    distance = ((candidate["x"] - float(row["x_px"])) ** 2 + (candidate["y"] - float(row["y_px"])) ** 2) ** 0.5
    return distance <= _NEAR_PX and abs(candidate["frame"] - int(row["frame"])) <= _NEAR_FRAMES


def picture(ij: Stage, folder: Path) -> None:
    """Take the picture of what the new model finds."""
    events = f"{SHOWN} events"
    ij("close", SHOWN.replace(".tif", " missed and false events"))
    show(ij, SHOWN)
    ij("place", events, 440, 130, 980, 420)
    ij("place", "ROI Manager", 440, 565, 350, 260)
    ij("front", SHOWN)
    ij("macro", 'roiManager("Show All without labels");')
    ij("click", events, 2)
    ij("wait", 800)
    ij("shot", folder / "label-after.png")


def main() -> None:
    """Make the pictures in the folder named, or in docs/images."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        os.environ["IVEA_MODELS_PATH"] = str(work / "models")
        with on_a_screen(work) as ij:
            walk(ij, work, folder)


if __name__ == "__main__":
    main()
