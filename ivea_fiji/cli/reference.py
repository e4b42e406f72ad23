"""Files that are written from declarations: pages of parameters, columns and menu, and the scripts of the menu.

``python -m ivea_fiji.cli.reference --write`` writes them, ``--check`` fails if one is out of date; both in the
folder of the repository.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ivea_fiji.commands.batch import batch_params
from ivea_fiji.commands.modules import MODULES
from ivea_fiji.params import MovieParams
from ivea_fiji.params.dataset import AgreementParams, DatasetParams
from ivea_fiji.params.describe import markdown_table
from ivea_fiji.params.evaluation import EvaluationParams
from ivea_fiji.params.labels import ByLabels
from ivea_fiji.params.measure import MeasureParams
from ivea_fiji.params.refine import RefineParams
from ivea_fiji.params.simulation import SimulationParams
from ivea_fiji.params.training import LstmTrainingParams, TrainingParams

_MADE = "<!-- Written by `python -m ivea_fiji.cli.reference --write`; change the declarations, not this page. -->"


def parameters_page() -> str:
    """Return docs/parameters.md."""
    parts = [
        "# Parameters",
        "",
        _MADE,
        "",
        "Every parameter has one name everywhere: `search_radius` in Python and in the run record is",
        "`--search-radius` on the command line. *Source* says where a default comes from; where it is empty, the",
        "choice is ours.",
        "",
        "## Movie",
        "",
        "How a file is read; part of every analysis.",
        "",
        markdown_table(MovieParams),
        "",
        *_modules(),
        "## ROIs (`ivea measure`, `measure_rois`)",
        "",
        markdown_table(MeasureParams),
        "",
        "## Simulation (`ivea simulate`, `simulate`)",
        "",
        markdown_table(SimulationParams),
        "",
        "## Evaluation (`ivea evaluate`, `evaluate_files`)",
        "",
        markdown_table(EvaluationParams),
        "",
        "## Data sets (`ivea dataset collect`, `ivea_fiji.datasets.collect`)",
        "",
        markdown_table(DatasetParams),
        "",
        "## Two annotators (`ivea dataset compare` and `merge`)",
        "",
        markdown_table(AgreementParams),
        "",
        "## Training (`ivea train`)",
        "",
        markdown_table(TrainingParams),
        "",
        "## Training an LSTM (`ivea train-lstm`)",
        "",
        markdown_table(LstmTrainingParams),
        "",
        "## Judging by labels (`ivea judge`, `judge_by_labels`)",
        "",
        "Beside those of random bursts:",
        "",
        markdown_table(ByLabels),
        "",
        "## Refinement (`ivea refine`, `refine`)",
        "",
        markdown_table(RefineParams),
        "",
    ]
    return "\n".join(parts)


def _modules() -> list[str]:
    """Return the parameters of every module and of its batch."""
    lines: list[str] = []
    for module in MODULES.values():
        lines += [f"## {module.title.capitalize()} (`ivea {module.cli}`, `{module.python}`)", ""]
        lines += [markdown_table(module.params, without=MovieParams), ""]
    for module in MODULES.values():
        lines += [f"## Batch of {module.title.lower()} (`ivea {module.batch_command}`, `process_folder`)", ""]
        lines += [f"Beside those of {module.title.lower()}:", ""]
        lines += [markdown_table(batch_params(module), without=module.params), ""]
    return lines


def columns_page() -> str:
    """Return docs/columns.md."""
    from ivea_fiji.results.columns import BATCH_COLUMNS, markdown
    from ivea_fiji.results.roi_columns import ROI_COLUMNS, ROI_TRACE_COLUMNS

    tables = {
        **{
            f"<stem>{module.files[kind]}": columns
            for module in MODULES.values() for kind, columns in module.columns.items()
        },
        "batch_files.csv": BATCH_COLUMNS,
        "<stem>_roi_table.csv": ROI_COLUMNS,
        "<stem>_roi_traces.csv": ROI_TRACE_COLUMNS,
    }
    return "\n".join(["# Columns of the tables", "", _MADE, "", markdown(tables)])


def menu_page() -> str:
    """Return docs/menu.md."""
    from ivea_fiji.commands import scripts

    intro = [
        "# The menu Plugins > IVEA", "", _MADE, "",
        "Every field of every dialog. *Name* is the key in a macro and the variable in a script.", "",
    ]  # fmt: skip
    return "\n".join([*intro, scripts.menu_page()])


PAGES = {"parameters.md": parameters_page, "columns.md": columns_page, "menu.md": menu_page}
DOCS = Path("docs")
SCRIPTS = Path("fiji-scripts", "Plugins", "IVEA")
PLUGINS_CONFIG = Path("java-shim", "src", "main", "imagej", "plugins.config")


def made_files() -> dict[Path, str]:
    """Return the text of every file that is written from declarations, by its path in the repository."""
    from ivea_fiji.commands.scripts import plugins_config, scripts

    files = {DOCS / name: make() for name, make in PAGES.items()}
    files |= {SCRIPTS / name: text for name, text in scripts().items()}
    return files | {PLUGINS_CONFIG: plugins_config()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the files; return 1 if a checked file is out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", action="store_true")
    what.add_argument("--check", action="store_true")
    parser.add_argument("--root", type=Path, default=Path(), help="folder of the repository")
    given = parser.parse_args(arguments)
    files = {given.root / path: text for path, text in made_files().items()}
    superfluous = [path for path in (given.root / SCRIPTS).glob("*.groovy") if path not in files]
    if given.write:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        for path in superfluous:
            path.unlink()
        return 0
    old = [path for path, text in files.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    for path in (*old, *superfluous):
        print(f"{path} is out of date: python -m ivea_fiji.cli.reference --write", file=sys.stderr)
    return int(bool(old or superfluous))


if __name__ == "__main__":
    sys.exit(main())
