"""Plugins > IVEA in a real ImageJ, used as a person would: menu, dialog, table, ROIs, recorder, ESC."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from imagej_material import by_command_line, make_movie, rows, same_tables, with_second_channel
from imagej_stage import FOUND, Stage, make_host, need_display, screen

from ivea_fiji.commands.registry import COMMANDS
from ivea_fiji.commands.scripts import advanced_title
from ivea_fiji.results.palette import class_colour, class_group
from ivea_fiji.version import __version__

pytestmark = [pytest.mark.java, pytest.mark.gui]
DETECT = "Detect Random Bursts..."


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    need_display()
    folder = tmp_path_factory.mktemp("imagej")
    (folder / "home").mkdir()
    with screen() as display:
        stage = Stage(make_host(folder / "ImageJ"), folder / "home", display)
        yield stage
        stage.close()


@pytest.fixture
def ij(session: Stage) -> Stage:
    session("clean")
    return session


@pytest.fixture(scope="module")
def movie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_movie(tmp_path_factory.mktemp("movie"))


@pytest.fixture(scope="module")
def expected(movie: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return by_command_line(movie, tmp_path_factory.mktemp("expected"))


def detect(ij: Stage, folder: Path | str = "", **fields: object) -> None:
    """Fill in the dialog and press OK."""
    ij("start", DETECT)
    for label, value in ({"Output folder": folder} | {k.replace("_", " "): v for k, v in fields.items()}).items():
        ij("set", DETECT, label, value)
    ij("press", DETECT, "OK")


def shown(ij: Stage, title: str) -> list[dict[str, str]]:
    head, *lines = ij("table", title)
    names = head.split("\t")
    return [dict(zip(names, line.split("\t"), strict=True)) for line in lines]


def rois(ij: Stage) -> list[dict[str, str]]:
    keys = ("name", "x", "y", "position", "c", "z", "t", "group", "colour", "properties")
    return [dict(zip(keys, cell.split("|"), strict=True)) for cell in ij("rois")[1:]]


def cell(text: str) -> float | str:
    """Return what a cell says: a column of ImageJ has the same digits in every row, and NaN for nothing."""
    try:
        return "" if text == "NaN" else float(text)
    except ValueError:
        return text


def line_of(recorder: str) -> str:
    (line,) = [line for line in recorder.splitlines() if line.startswith("run(")]
    return line


# ---------------------------------------------------------------------------- menu and dialog


def test_menu_has_every_command(ij: Stage) -> None:
    titles = []
    for command in (c for c in COMMANDS.values() if c.listed):
        titles += [command.title] + ([advanced_title(command)] if command.advanced_twin else [])
    assert ij("menu", "Plugins", "IVEA") == titles


def test_every_dialog_fits_on_a_laptop(ij: Stage, movie: Path) -> None:
    ij("open", movie)
    for title in ij("menu", "Plugins", "IVEA"):
        if title.endswith("..."):
            ij("start", title)
            ij("dialog", title)
            width, height = map(int, ij("where", title)[2:])
            assert (width < 1000, height < 700) == (True, True), (title, width, height)
            ij("press", title, "Cancel")


def test_cancelled_dialog_does_and_records_nothing(ij: Stage, movie: Path) -> None:
    ij("open", movie)
    ij("start", "Record...")
    ij.until("windows", "Recorder")
    ij("start", DETECT)
    ij("press", DETECT, "Cancel")
    ij("wait", 300)
    assert ij("recorder") == [""]
    assert sorted(ij("windows")) == ["ImageJ", "Recorder", "cell.tif"]


def test_dialog_stays_until_its_fields_can_be_used(ij: Stage, movie: Path) -> None:
    ij("open", movie)
    ij("start", DETECT)
    ij("set", DETECT, "Search radius (px)", "three")
    ij("set", DETECT, "Confidence", "0.25")
    ij("press", DETECT, "OK")
    assert ij("dialog", "IVEA") == ["Search radius (px) (search_radius) must be a whole number, not 'three'."]
    ij("press", "IVEA", "OK")
    fields = ij("dialog", DETECT)
    assert "Confidence=0.25" in fields
    assert "Search radius (px)=three" in fields
    ij("press", DETECT, "Cancel")


# ---------------------------------------------------------------------------- a run


def test_run_shows_what_the_command_line_writes(ij: Stage, movie: Path, expected: Path, tmp_path: Path) -> None:
    """Files, table and ROIs are those of the command line; the image and older ROIs are left alone."""
    ij("open", movie)
    ij("macro", 'setSlice(7); setMinAndMax(500, 600); makeRectangle(5, 5, 20, 20); roiManager("Add");')
    before = ij("image")
    ij("start", "Record...")
    ij.until("windows", "Recorder")
    detect(ij, tmp_path / "out 1")
    table = shown(ij, "cell.tif events")
    same_tables(tmp_path / "out 1", expected)
    truth = rows(expected)
    assert len(truth) == FOUND
    for row, wanted in zip(table, truth, strict=True):
        assert {name: cell(text) for name, text in row.items()} == {name: cell(text) for name, text in wanted.items()}

    older, *found = rois(ij)
    assert older["name"].startswith("0007-")
    for roi, wanted in zip(found, truth, strict=True):
        kind = int(wanted["class_id"])
        assert roi["name"] == f"{wanted['event']}-event {{{wanted['event']}}} / frame {wanted['frame']}"
        assert roi["position"] == wanted["frame"]
        assert (roi["c"], roi["z"], roi["t"]) == ("0", "0", "0")
        assert float(roi["x"]) == pytest.approx(float(wanted["x_px"]) + 0.5, abs=1e-3)
        assert float(roi["y"]) == pytest.approx(float(wanted["y_px"]) + 0.5, abs=1e-3)
        assert (int(roi["group"]), roi["colour"]) == (class_group(kind), class_colour(kind))
        assert f"probability: {wanted['probability']}" in roi["properties"].split(";")
    assert ij("image", "cell.tif") == before

    # Recorded as in Fiji, on one line, and nothing else.
    (recorded,) = ij("recorder")
    line = line_of(recorded)
    assert line.startswith(f'run("{DETECT}", "channel=1 first_frame=1 last_frame=0 pixel_size_um=0.0 ')
    assert f"use_selection=false output_folder=[{tmp_path}/out 1] show_overlay=false" in line
    after = recorded.split(line)[1].strip()
    assert after == ""

    # The recorded line gives the same again, without a dialog, beside what is there.
    again = line.replace(f"{tmp_path}/out 1", f"{tmp_path}/out 2")
    assert again != line
    assert ij("macro", again) == ["null"]
    same_tables(tmp_path / "out 2", expected)
    assert rois(ij)[1:] == [*found, *found]
    assert shown(ij, "cell.tif events-1") == table
    assert ij("image", "cell.tif") == before


def test_rows_lead_to_events(ij: Stage, movie: Path, expected: Path) -> None:
    truth = rows(expected)
    ij("open", movie)
    detect(ij)
    ij.until("windows", "cell.tif events")
    ij("place", "cell.tif events", 0, 400)

    def at(event: int, chosen: str) -> None:
        image = ij("image", "cell.tif")
        assert image[3] == truth[event - 1]["frame"]
        assert image[4].startswith(f"{event}-event {{{event}}}")
        assert ij("rois")[0] == chosen

    ij("click", "cell.tif events", 2)
    at(3, "2")
    ij("arrow", "cell.tif events", "down")
    at(4, "3")
    ij("arrow", "cell.tif events", "up")
    ij("arrow", "cell.tif events", "up")
    at(2, "1")

    # Also when another image is in front, and when the user took the ROI out of the list.
    ij("macro", 'newImage("other", "8-bit", 50, 50, 60); roiManager("select", 0); roiManager("delete");')
    ij("click", "cell.tif events", 0)
    image = ij("image", "cell.tif")
    assert image[3:5][0] == truth[0]["frame"]
    assert image[4].startswith("1-event {1}")
    assert ij("image", "other")[3:4] == ["1"]

    # The trace, the overview and the other tables are one menu away.
    for item, title in {
        "Plot Trace of Event": "cell.tif traces, event 1",
        "cell.tif overview": "cell_overview.png",
        "cell.tif summary": "cell.tif summary",
        "cell.tif traces": "cell.tif traces",
    }.items():
        ij("choose", "cell.tif events", "IVEA", item)
        ij.until("windows", title)

    # What was found stays when the movie is closed, and finds it again.
    ij("close", "cell.tif")
    ij("click", "cell.tif events", 1)
    assert ij("status") == ["Open 'cell.tif' again to see its events."]
    ij("open", movie)
    ij("click", "cell.tif events", 1)
    at(2, "0")


def test_folders_are_browsed_and_files_are_kept(ij: Stage, movie: Path, expected: Path, tmp_path: Path) -> None:
    """Browse fills the field beside it; Save Files... keeps what went to a temporary folder, and replaces nothing."""
    for name in ("chosen folder", "kept"):
        (tmp_path / name).mkdir()
    ij("open", movie)
    ij("start", DETECT)
    ij("browse", DETECT, "Output folder", tmp_path / "chosen folder")
    (field,) = [line for line in ij("dialog", DETECT) if line.startswith("Output folder=")]
    assert Path(field.partition("=")[2]) == tmp_path / "chosen folder"
    ij("press", DETECT, "OK")
    table = shown(ij, "cell.tif events")
    same_tables(tmp_path / "chosen folder", expected)

    detect(ij)
    assert shown(ij, "cell.tif events-1") == table
    ij("choose", "cell.tif events-1", "IVEA", "Save Files...")
    ij("file", tmp_path / "kept")
    ij.until("status", "the files were saved in")
    same_tables(tmp_path / "kept", expected)
    names = {path.name for path in (tmp_path / "chosen folder").iterdir()}
    assert {path.name for path in (tmp_path / "kept").iterdir()} == names
    before = {path: path.read_bytes() for path in (tmp_path / "kept").iterdir()}
    ij("choose", "cell.tif events-1", "IVEA", "Save Files...")
    ij("file", tmp_path / "kept")
    (sentence,) = ij("dialog", "IVEA")
    assert sentence.endswith("already; choose another folder.")
    ij("press", "IVEA", "OK")
    assert {path: path.read_bytes() for path in (tmp_path / "kept").iterdir()} == before


def test_files_can_be_browsed(ij: Stage, movie: Path, tmp_path: Path) -> None:
    outline = tmp_path / "outline.roi"
    ij("open", movie)
    ij("macro", f'makeOval(20, 20, 30, 30); saveAs("Selection", "{outline}"); run("Select None");')
    ij("macro", 'setOption("JFileChooser", true);')  # the window of the system cannot be worked from here
    title = "Measure ROIs Advanced..."
    ij("start", title)
    ij("browse", title, "ROI file", outline)
    assert f"ROI file={outline}" in ij("dialog", title)
    ij("press", title, "OK")
    (row,) = shown(ij, "cell.tif ROIs")
    assert float(row["x_px"]) == pytest.approx(34.5)


def test_channels_are_left_as_they_are_shown(ij: Stage, movie: Path, expected: Path) -> None:
    """In a hyperstack ROIs stand on their frame in every channel, and a jump keeps the channel."""
    truth = rows(expected)
    two = with_second_channel(movie)
    ij("open", two)
    detect(ij, Channel=2)
    found = rois_after(ij, f"{two.name} events")
    assert [(roi["t"], roi["c"], roi["z"]) for roi in found] == [(row["frame"], "0", "0") for row in truth]
    ij("macro", f'selectImage("{two.name}"); Stack.setChannel(2);')
    ij("click", f"{two.name} events", 3)
    assert ij("image", two.name)[1:4] == ["2", "1", truth[3]["frame"]]


def rois_after(ij: Stage, table: str) -> list[dict[str, str]]:
    ij("table", table)
    return rois(ij)


def test_overlay_only_if_asked_and_beside_what_is_there(ij: Stage, movie: Path) -> None:
    ij("open", movie)
    ij("macro", "makeRectangle(5, 5, 20, 20); Overlay.addSelection; run('Select None');")
    assert ij("image")[5] == "1"
    detect(ij)
    ij("table", "cell.tif events")
    assert ij("image", "cell.tif")[5] == "1"
    detect(ij, Show_overlay="true")
    ij("table", "cell.tif events-1")
    assert ij("image", "cell.tif")[5] == str(FOUND + 1)


# ---------------------------------------------------------------------------- stopping and failing


@pytest.mark.parametrize("way", ["escape", "Cancel"])
def test_a_long_command_can_be_stopped(ij: Stage, movie: Path, tmp_path: Path, way: str) -> None:
    """ESC and the button stop the command, and the macro that runs it."""
    (tmp_path / "movies").mkdir()
    for i in range(100):
        (tmp_path / "movies" / f"{i}.tif").symlink_to(movie)
    folders = f"input_folder=[{tmp_path}/movies] output_folder=[{tmp_path}/out]"
    ij("background", f'run("Batch Process Folder...", "{folders}"); print("NOT REACHED");')
    ij.until("windows", "IVEA")
    ij(way) if way == "escape" else ij("press", "IVEA", way)
    log = ij.until("log", "cancelled")
    ij("wait", 500)
    assert ij("log") == log
    assert log[0].strip().endswith("IVEA: cancelled. (The macro was stopped.)")
    assert "IVEA" not in ij("windows")
    # ImageJ goes on as if nothing had been.
    assert ij("macro", 'run("Manage Models...", "action=list"); return "well";') == ["well"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("confidence=7", "Confidence (confidence) must be from 0 to 1, not 7."),
        ("confidnce=0.7", "'Detect Random Bursts...' has no parameter 'confidnce'; known ones are channel,"),
        ("show_overlay", "'show_overlay' needs a value in a macro, such as show_overlay=true."),
        ("model=nonsense", "nonsense"),
    ],
)
def test_an_error_stops_the_macro_and_says_why(ij: Stage, movie: Path, options: str, sentence: str) -> None:
    ij("open", movie)
    ij("macro", f'run("{DETECT}", "{options}"); print("NOT REACHED");')
    (log,) = ij("log")
    assert log.startswith("IVEA: ")
    assert sentence in log
    assert log.strip().endswith("(The macro was stopped.)")
    assert log.count("\n") == 1
    assert not ij("rois")[1:]


def test_without_an_image_it_says_what_to_do(ij: Stage) -> None:
    ij("start", DETECT)
    assert ij("dialog", "IVEA") == ["There is no image; open a movie first."]
    ij("press", "IVEA", "OK")
    ij("macro", f'run("{DETECT}", "channel=1"); print("NOT REACHED");')
    assert ij("log") == ["IVEA: There is no image; open a movie first. (The macro was stopped.)\n"]


@pytest.mark.parametrize("batch_mode", ["false", "true"])
def test_escape_in_the_middle_of_a_step(ij: Stage, tmp_path: Path, batch_mode: str) -> None:
    """The engine stops by itself within the grace it is given: the same process takes the next command."""
    ij("macro", 'run("Manage Models...", "action=list");')
    engine = ij.engine()
    options = f"frames=500 height=384 width=384 movie_name=toy output_folder=[{tmp_path}/toy]"
    ij("background", f"""
        setBatchMode({batch_mode});
        for (i = 0; i < 3; i++) {{ run("Simulate Movie...", "{options}"); print("NOT REACHED"); }}
    """)
    ij.until("status", "recording frames")
    ij("escape")
    log = ij.until("log", "cancelled")
    ij("wait", 1000)
    assert ij("log") == log
    assert log[0].strip().endswith("IVEA: cancelled. (The macro was stopped.)")
    assert not (tmp_path / "toy").exists()
    assert "toy.tif" not in ij("windows")
    assert ij("macro", 'setBatchMode(false); run("Manage Models...", "action=list"); return "well";') == ["well"]
    assert ij.engine() == engine, "it was killed instead of stopped"


# ---------------------------------------------------------------------------- batch mode, other commands


def test_batch_mode_opens_no_window(ij: Stage, movie: Path, expected: Path, tmp_path: Path) -> None:
    macro = f"""
        setBatchMode(true);
        for (i = 0; i < 2; i++) {{
            open("{movie}");
            run("{DETECT}", "output_folder=[{tmp_path}/run " + i + "]");
            close();
        }}
        return "" + roiManager("count") + " " + RoiManager.getName({2 * FOUND - 1});
    """
    (answer,) = ij("macro", macro)
    number, name = answer.split(" ", 1)
    assert number == str(2 * FOUND)
    assert name.startswith(f"{FOUND}-event {{{FOUND}}}")
    assert sorted(set(ij("windows")) - {"Log"}) == ["ImageJ"]
    for i in range(2):
        same_tables(tmp_path / f"run {i}", expected)


def test_simulated_movie_is_opened_with_its_truth(ij: Stage, tmp_path: Path) -> None:
    sizes = "frames=40 height=64 width=64 events=3 seed=5"
    ij("macro", f'run("Simulate Movie...", "{sizes} movie_name=toy output_folder=[{tmp_path}]");')
    truth = shown(ij, "toy truth")
    assert len(truth) == 3
    image = ij("image", "toy.tif")
    assert image[0] == "toy.tif"
    assert image[13] == "40"
    assert [roi["position"] for roi in rois(ij)] == [row["frame"] for row in truth]
    ij("click", "toy truth", 1)
    assert ij("image", "toy.tif")[3] == truth[1]["frame"]


def test_rois_are_measured_in_every_open_movie(ij: Stage, movie: Path, tmp_path: Path) -> None:
    """The ROI Manager's ROIs, those chosen in it, in all movies but no picture."""
    two = with_second_channel(movie)
    ij("open", movie)
    ij("open", two)
    ij("macro", """
        newImage("picture", "8-bit", 50, 50, 1);
        makeOval(10, 10, 8, 8); roiManager("Add");
        makeOval(30, 30, 8, 8); roiManager("Add");
        roiManager("select", 1);
    """)
    options = f"roi_choice=selected all_movies=true output_folder={tmp_path}"
    assert ij("macro", f'run("Measure ROIs...", "{options}"); return "well";') == ["well"]
    for name, channels in ((movie.name, 1), (two.name, 2)):
        table = shown(ij, f"{name} ROIs")
        assert len(table) == channels
        assert {float(row["x_px"]) for row in table} == {33.5}
    assert len(list(tmp_path.glob("*_roi_traces.csv"))) == 2


def test_models_are_listed(ij: Stage) -> None:
    ij("start", "Manage Models...")
    ij("press", "Manage Models...", "OK")
    assert "evit28" in [row["model"] for row in shown(ij, "IVEA models")]


def test_about_and_set_up_tell_which_python_is_used(ij: Stage) -> None:
    ij("start", "About IVEA")
    about = "\n".join(ij("dialog", "IVEA"))
    assert f"IVEA for Fiji {__version__}" in about
    assert "10.1038/s41467-025-61579-3" in about
    ij("press", "IVEA", "OK")
    ij("macro", 'run("Set Up Python...", "action=check");')
    (log,) = ij("log")
    assert "Python 3." in log
    assert log.strip() in about
    ij("macro", 'run("Set Up Python...", "action=use environment=/nowhere"); print("NOT REACHED");')
    assert "There is no Python in '/nowhere'" in ij("log")[0]
    assert "NOT REACHED" not in ij("log")[0]
