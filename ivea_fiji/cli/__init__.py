"""The command line: the only place that prints, draws bars and chooses exit codes."""
