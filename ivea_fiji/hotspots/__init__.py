"""Hotspot areas: pure functions on arrays, from layers of brightness to tracked and measured areas."""
