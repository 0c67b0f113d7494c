"""Which Harbors lie on this host, of which release, and with which services."""
