"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Sequence


def markdown(lines: Sequence[Sequence[str]]) -> str:
    """Return lines of cells as a Markdown table; the first line is its head."""
    head, *body = lines
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *body))


def number(value: float | None, digits: int) -> str:
    """Return a number as text, or nothing if it is not known."""
    return "" if value is None else f"{value:.{digits}f}"
