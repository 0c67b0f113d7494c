"""The pull matrix."""
