"""Random certificates and PEM files, judged by us and by Go's own ``crypto/x509``: ``python -m tests.fuzz``."""
