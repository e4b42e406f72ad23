"""A second look at the place of every candidate: the course of its light before and after, measured and judged."""
