"""A host as it would be with other files: where they lie on it, and what its engine says once it has read them."""
