"""What a Harbor answers of itself."""
