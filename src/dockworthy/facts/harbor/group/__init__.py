"""The nodes that are one Harbor, and the files and answers of each."""
