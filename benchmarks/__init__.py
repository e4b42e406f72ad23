"""Measurements of accuracy and speed; run from a clone, no part of the installed package."""
