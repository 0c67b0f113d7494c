"""What the record is: the results of a run, written as it goes on, read back, compared."""
