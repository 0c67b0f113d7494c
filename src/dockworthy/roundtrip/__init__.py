"""An image that really travels through a registry, and whatever of it may be left behind."""
