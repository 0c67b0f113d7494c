"""What `prepare` made on this host: rendered files, keys, modes, the data volume and what an upgrade meets there."""
