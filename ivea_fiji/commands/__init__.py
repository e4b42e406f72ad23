"""The commands of the menu Plugins > IVEA: each is declared once, for Fiji, ImageJ, macros and the worker alike."""

from ivea_fiji.commands.base import Command, ImageInput, Jump, Picture, Reply, Table

__all__ = ["Command", "ImageInput", "Jump", "Picture", "Reply", "Table"]
