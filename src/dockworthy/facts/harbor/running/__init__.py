"""What runs of Harbor on this host's engine."""
