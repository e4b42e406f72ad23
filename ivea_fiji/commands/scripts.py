"""SciJava scripts of the menu Plugins > IVEA, written wholly from the declared commands.

A script asks for the parameters and hands them over; it knows nothing else. What holds for Fiji and for macros:

- The file's name is the menu's: ``_`` stands for a space and must occur, or macros do not find the entry.
- Values are not remembered (``persist=false``): a macro that leaves a key out gets the declared default.
- Paths are texts: of a single unset ``File`` SciJava would ask, and without a display end the command silently.
- A number that is not whole says how it is shown; SciJava would round what is typed to the digits of the default.
- It ends with null: SciJava shows what a script returns.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from ivea_fiji.commands.base import Command
from ivea_fiji.commands.registry import COMMANDS
from ivea_fiji.params.describe import extra, figure, limits, markdown_table

_KINDS: dict[Any, str] = {bool: "Boolean", int: "Integer", float: "Double", str: "String"}
_LARGEST = 2**31 - 1
_LONGEST_UNIT = 10
"""Characters; what is longer would make a dialog wide, and stands in the help."""
_MADE = "// Written by `python -m ivea_fiji.cli.reference --write`; change the declarations of IVEA, not this file."


def scripts() -> dict[str, str]:
    """Return all scripts by file name."""
    found: dict[str, str] = {}
    for command in filter(lambda command: command.listed, COMMANDS.values()):
        found[file_name(command.title)] = script(command, command.title, _shown(command, advanced=False))
        if command.advanced_twin:
            title = advanced_title(command)
            found[file_name(title)] = script(command, title, _shown(command, advanced=True))
    return found


def plugins_config() -> str:
    """Return the menu of plain ImageJ, which knows no scripts: each entry names the one whose header it reads."""
    lines = ["# " + _MADE.removeprefix("// ")]
    lines += [f'Plugins>IVEA, "{menu_title(name)}", ivea.ui.IVEA_Command("{name}")' for name in scripts()]
    return "\n".join([*lines, ""])


def menu_title(name: str) -> str:
    """Return how the script of a file name stands in the menu."""
    return name.removesuffix(".groovy").replace("_", " ")


def file_name(title: str) -> str:
    """Return the name of the script that stands in the menu as `title`."""
    return f"{title.replace(' ', '_')}.groovy"


def advanced_title(command: Command) -> str:
    """Return how the menu shows the entry with all parameters."""
    return f"{command.title.rstrip('.')} Advanced..."


def script(command: Command, title: str, fields: dict[str, FieldInfo]) -> str:
    """Return the script of one entry that asks for `fields`."""
    image = command.image != "none"
    lines = [f"#@script(label={_text(title)}, description={_text(command.help)}, headless=true)"]
    lines += ["#@ ImagePlus imp"] if image else []
    lines += [declaration(name, info) for name, info in fields.items()]
    values = ", ".join(f"{name}: {name}" for name in fields) or ":"
    call = f'ivea.Ivea.run("{command.name}", {"imp" if image else "null"}, [{values}])'
    return "\n".join([*lines, "", _MADE, call, "return null", ""])


def declaration(name: str, info: FieldInfo) -> str:
    """Return the ``#@`` line of one parameter."""
    choices = get_args(info.annotation) if get_origin(info.annotation) is Literal else ()
    kind = "String" if choices else _KINDS[info.annotation]
    attributes = ", ".join(f"{key}={value}" for key, value in _attributes(info, kind, choices))
    return f"#@ {kind} ({attributes}) {name}"


def _shown(command: Command, *, advanced: bool) -> dict[str, FieldInfo]:
    """Return the parameters a dialog asks for."""
    everything: dict[str, FieldInfo] = dict(command.params.model_fields)
    if advanced or not command.advanced_twin:
        return everything
    return {name: info for name, info in everything.items() if not extra(info).get("advanced")}


def _attributes(info: FieldInfo, kind: str, choices: tuple[Any, ...]) -> Iterator[tuple[str, str]]:
    more = extra(info)
    unit = more.get("unit") or ""
    short = len(unit) <= _LONGEST_UNIT and unit not in more["label"].lower()
    yield "label", _text(f"{more['label']} ({unit})" if unit and short else more["label"])
    yield "description", _text(f"{info.description or ''}{f' ({unit})' if unit and not short else ''}")
    if choices:
        yield "choices", "{" + ", ".join(map(_text, choices)) + "}"
    if kind in ("Integer", "Double"):
        low, high = limits(info)
        if low is not None:
            yield "min", figure(low)
        if high is not None:
            yield "max", figure(min(high, _LARGEST) if kind == "Integer" else high)
    if kind == "Double":
        yield "stepSize", figure(more.get("step") or 0.1)
        yield "style", _text("format:0.######")
    if more.get("style"):
        yield "style", _text(more["style"])
    yield "value", _value(info.default)
    yield "persist", "false"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _text(value) if isinstance(value, str) else str(value)


def _text(text: str) -> str:
    """Return a text in quotes; those inside become single ones, since not every parser knows escapes."""
    plain = text.replace('"', "'").replace("`", "'").replace("\\", "/")
    return f'"{plain}"'


def menu_page() -> str:
    """Return docs/menu.md without its title: every entry with every field of its dialog."""
    parts: list[str] = []
    for command in filter(lambda command: command.listed, COMMANDS.values()):
        parts += [f"## {command.title}", "", command.help, ""]
        if command.image != "none":
            parts += ["Works on the image that is open.", ""]
        if command.advanced_twin:
            parts += [f"*{advanced_title(command)}* shows the parameters marked (advanced) too.", ""]
        if command.params.model_fields:
            parts += [markdown_table(command.params), ""]
    return "\n".join(parts)
