"""Certificates, keys and chains as Go's crypto/x509 reads and verifies them."""
