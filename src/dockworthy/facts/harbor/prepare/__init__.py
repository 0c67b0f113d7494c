"""What Harbor's `prepare` reads, makes of it and refuses, release by release."""
