"""The calendar of certificates."""
