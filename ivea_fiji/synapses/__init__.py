"""Stationary bursts: what happens at synapses, which stay where they are."""
