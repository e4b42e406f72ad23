"""Pages of the documentation that are written from declarations: parameters and table columns.

``python -m ivea_fiji.cli.reference --write`` writes them, ``--check`` fails if one is out of date.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ivea_fiji.params import MovieParams, RandomParams
from ivea_fiji.params.describe import markdown_table
from ivea_fiji.params.evaluation import EvaluationParams
from ivea_fiji.params.simulation import SimulationParams
from ivea_fiji.params.training import TrainingParams

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
        "## Random bursts (`ivea random`, `detect_random`)",
        "",
        markdown_table(RandomParams, without=MovieParams),
        "",
        "## Simulation (`ivea simulate`, `simulate`)",
        "",
        markdown_table(SimulationParams),
        "",
        "## Evaluation (`ivea evaluate`, `evaluate_files`)",
        "",
        markdown_table(EvaluationParams),
        "",
        "## Training (`ivea train`)",
        "",
        markdown_table(TrainingParams),
        "",
    ]
    return "\n".join(parts)


def columns_page() -> str:
    """Return docs/columns.md."""
    from ivea_fiji.results.columns import markdown

    return "\n".join(["# Columns of the tables", "", _MADE, "", markdown()])


PAGES = {"parameters.md": parameters_page, "columns.md": columns_page}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the pages; return 1 if a checked page is out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", action="store_true")
    what.add_argument("--check", action="store_true")
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    given = parser.parse_args(arguments)
    old = 0
    for name, make in PAGES.items():
        page, text = given.docs / name, make()
        if given.write:
            page.write_text(text, encoding="utf-8", newline="\n")
        elif not page.is_file() or page.read_text(encoding="utf-8") != text:
            print(f"{page} is out of date: python -m ivea_fiji.cli.reference --write", file=sys.stderr)
            old = 1
    return old


if __name__ == "__main__":
    sys.exit(main())
