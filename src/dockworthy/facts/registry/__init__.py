"""Registries as this host knows them: ``certs.d``, roots, what each served, and what is pulled."""
