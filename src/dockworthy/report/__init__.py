"""Who needs to read it: views of a run's results. A format never changes a verdict or an exit status."""
