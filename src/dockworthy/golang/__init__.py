"""Go's library where the engine passes on its answers: JSON, numbers, URLs, text, addresses, time."""
