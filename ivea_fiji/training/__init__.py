"""Training of networks on simulated movies."""
