"""The fixes of a run as one script or playbook: read from their texts, put together, written, and never run here."""
