"""What the documentation tells people to type exists."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path

import pytest

from ivea_fiji.cli.main import make_app

ROOT = Path(__file__).resolve().parents[1]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
FOR_USERS = (
    "first-run.md", "command-line.md", "file-formats.md", "method.md", "troubleshooting.md", "install.md", "fiji.md",
    "batch.md", "measure-rois.md",
)  # fmt: skip


def blocks(language: str) -> list[tuple[str, str]]:
    return [
        (page.name, block)
        for page in PAGES
        for block in re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    ]


COMMANDS = [
    line.strip()
    for _, block in blocks("bash")
    for line in block.splitlines()
    if line.strip().startswith(("ivea ", ".venv/bin/ivea "))
]


def test_there_is_something_to_check() -> None:
    assert len(COMMANDS) > 5
    assert len(blocks("python")) > 5


@pytest.mark.parametrize("line", COMMANDS)
def test_command_can_be_typed(line: str) -> None:
    make_app().parse_args(shlex.split(line, comments=True)[1:], exit_on_error=False, print_error=False)


@pytest.mark.parametrize(("page", "block"), blocks("python"))
def test_python_example_is_python(page: str, block: str) -> None:
    ast.parse(block, page)


def test_public_names_in_examples_exist() -> None:
    import ivea_fiji

    used = {name for _, block in blocks("python") for name in re.findall(r"(?<!from )ivea_fiji\.(\w+)", block)}
    assert used - set(ivea_fiji.__all__) == set()
    assert "detect_random" in used


def test_options_in_the_text_exist(capsys) -> None:
    from ivea_fiji.cli.main import main

    app = make_app()
    for name in ("random", "batch", "measure", "rerun", "simulate", "train", "evaluate", "doctor", "models", "imagej"):
        assert name in app
        assert main([name, "--help"]) == 0
    assert main(["fiji", "install", "--help"]) == 0
    known = set(re.findall(r"--[a-z][a-z0-9-]+", capsys.readouterr().out)) | {"--help"}
    for name in FOR_USERS:
        text = (ROOT / "docs" / name).read_text(encoding="utf-8")
        told = set(re.findall(r"`(?:ivea \w+ )?(--[a-z][a-z0-9-]+)[^`]*`", text))
        assert told - known == set(), name


def test_the_readme_has_its_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = [line.strip() for block in re.findall(r"```bash\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    commands = [line for line in found if line]
    assert commands == ["bash scripts/demo.sh", "bash scripts/test.sh", ".venv/bin/ivea fiji install ~/Fiji.app"]
    assert "bash scripts/test.sh" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
