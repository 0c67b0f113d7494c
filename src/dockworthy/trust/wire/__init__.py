"""What client and server say to each other: TLS versions, suites, certificates, answers."""
