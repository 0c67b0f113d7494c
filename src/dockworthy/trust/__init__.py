"""What the engine's TLS client would say of a registry: bytes in, verdict out.

Everything here follows Go's ``crypto/x509`` and ``crypto/tls`` and the engine's own loaders to the letter.
Nothing here opens a file or a socket.
"""
