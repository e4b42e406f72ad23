"""Scripts and macro keys of the menu follow from the declarations."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Literal

import pytest

from ivea_fiji.cli.reference import SCRIPTS, main
from ivea_fiji.commands.registry import COMMANDS
from ivea_fiji.commands.scripts import advanced_title, declaration, file_name, script, scripts
from ivea_fiji.params.base import Params, field
from ivea_fiji.params.describe import extra

ROOT = Path(__file__).resolve().parents[1]
LINE = re.compile(r"#@ (Boolean|Integer|Double|String) \((.*)\) (\w+)")
# Words of Groovy, and names its scripts have anyway.
GROOVY = {"args", "as", "assert", "class", "def", "enum", "in", "new", "null", "package", "this", "trait", "void"}


def declared(text: str) -> dict[str, tuple[str, str]]:
    return {m[3]: (m[1], m[2]) for line in text.splitlines() if (m := LINE.fullmatch(line))}


# ---------------------------------------------------------------------------- macro keys


@pytest.mark.parametrize("name", COMMANDS)
def test_macro_keys_are_found_by_imagej(name: str) -> None:
    """ImageJ's Macro.getValue looks for 'key=' wherever no letter stands before it."""
    keys = list(COMMANDS[name].params.model_fields)
    options = " ".join(f"{key}=<{key}>" for key in keys)
    for key in keys:
        found = re.search(rf"(?<![a-z]){key}=(\S+)", options)
        assert found is not None
        assert found[1] == f"<{key}>"
    assert not GROOVY & set(keys)


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (("frame", "last_frame"), "ends the other"),
        (("lag", "flag"), "ends the other"),
        (("imp",), "taken"),
        (("shrimp",), "ends the other"),
        (("lastFrame",), "lower snake case"),
        (("last__frame",), "lower snake case"),
    ],
)
def test_names_that_macros_confuse_cannot_be_declared(names: tuple[str, ...], why: str) -> None:
    with pytest.raises(TypeError, match=why):
        type("Bad", (Params,), {"__annotations__": dict.fromkeys(names, int)} | {n: field(0, "L", "D.") for n in names})


# ---------------------------------------------------------------------------- scripts


def test_every_command_has_its_scripts() -> None:
    expected = {file_name(command.title) for command in COMMANDS.values() if command.listed}
    expected |= {file_name(advanced_title(command)) for command in COMMANDS.values() if command.advanced_twin}
    assert set(scripts()) == expected
    assert [command.name for command in COMMANDS.values() if not command.listed] == ["judge_labels"]
    assert "Detect_Random_Bursts....groovy" in expected
    assert "Detect_Random_Bursts_Advanced....groovy" in expected


@pytest.mark.parametrize("name", scripts())
def test_script_asks_and_hands_over_the_same(name: str) -> None:
    text = scripts()[name]
    asked = declared(text)
    assert len(asked) == sum(line.startswith("#@ ") for line in text.splitlines()) - text.count("#@ ImagePlus imp")
    call = re.search(r'^ivea\.Ivea\.run\("(\w+)", (imp|null), \[(.*)\]\)$', text, re.MULTILINE)
    assert call is not None
    assert re.findall(r"(\w+): (\w+)", call[3]) == [(key, key) for key in asked]
    command = COMMANDS[call[1]]
    assert (call[2] == "imp") == ("#@ ImagePlus imp" in text) == (command.image != "none")
    assert set(asked) <= set(command.params.model_fields)
    assert "_" in name  # or macros do not find the entry
    assert name.removesuffix(".groovy") not in asked
    assert text.isascii()
    assert text.endswith("return null\n")


@pytest.mark.parametrize("name", [name for name, command in COMMANDS.items() if command.advanced_twin])
def test_the_short_dialog_leaves_out_what_is_advanced(name: str) -> None:
    command = COMMANDS[name]
    short = declared(scripts()[file_name(command.title)])
    whole = declared(scripts()[file_name(advanced_title(command))])
    fields = command.params.model_fields
    assert list(whole) == list(fields)
    assert list(short) == [key for key, info in fields.items() if not extra(info).get("advanced")]
    assert len(short) < len(whole)


@pytest.mark.parametrize("name", scripts())
def test_defaults_and_attributes_survive(name: str) -> None:
    command = next(c for c in COMMANDS.values() if f'run("{c.name}"' in scripts()[name])
    for key, (kind, attributes) in declared(scripts()[name]).items():
        values = dict(re.findall(r'(\w+)=("[^"]*"|\{[^}]*\}|[^,\s]+)', attributes))
        default = command.params.model_fields[key].default
        assert values["persist"] == "false"
        assert values["label"].strip('"').startswith(extra(command.params.model_fields[key])["label"])
        assert len(values["description"]) > 10
        told = values["value"].strip('"')
        if kind == "Boolean":
            assert told == str(default).lower()
        elif kind == "String":
            assert told == default
        else:
            assert float(told) == default


class _Sample(Params):
    mode: Literal["a", "b"] = field("b", "Mode", 'Says "how" in `words`.')
    size: float = field(0.25, "Size", "How large.", unit="px", ge=0, le=1e6, step=0.05)
    place: str = field("", "Place", "Where.", style="file")
    large: int = field(5, "Large", "How many.", ge=-3, le=2**40)


def test_declaration_line() -> None:
    fields = _Sample.model_fields
    assert declaration("mode", fields["mode"]) == (
        """#@ String (label="Mode", description="Says 'how' in 'words'.", choices={"a", "b"}, value="b", """
        "persist=false) mode"
    )
    assert declaration("size", fields["size"]) == (
        '#@ Double (label="Size (px)", description="How large.", min=0, max=1000000, stepSize=0.05, '
        'style="format:0.######", value=0.25, persist=false) size'
    )
    assert declaration("place", fields["place"]).endswith('style="file", value="", persist=false) place')
    assert "min=-3, max=2147483647" in declaration("large", fields["large"])


def test_script_without_parameters() -> None:
    command = COMMANDS["about_ivea"]
    assert 'ivea.Ivea.run("about_ivea", null, [:])' in script(command, command.title, {})


# ---------------------------------------------------------------------------- python -m ivea_fiji.cli.reference


def test_reference_tells_what_is_out_of_date(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    assert main(["--check", "--root", str(tmp_path)]) == 1
    assert "Detect_Random_Bursts....groovy is out of date" in capsys.readouterr().err
    assert main(["--write", "--root", str(tmp_path)]) == 0
    assert main(["--check", "--root", str(tmp_path)]) == 0
    left = tmp_path / SCRIPTS / "Gone_Command.groovy"
    left.write_text("")
    assert main(["--check", "--root", str(tmp_path)]) == 1
    assert "Gone_Command.groovy" in capsys.readouterr().err
    assert main(["--write", "--root", str(tmp_path)]) == 0
    assert not left.exists()
