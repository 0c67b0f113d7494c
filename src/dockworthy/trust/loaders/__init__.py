"""How each engine finds the files that a registry is trusted by, and their first error."""
