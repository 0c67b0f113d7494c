"""A Harbor that lies on this host: its file, its certificates, its side of TLS."""
