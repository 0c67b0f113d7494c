"""One run inside pytest: which hosts are judged by which profile, one item per check, host and instance."""
