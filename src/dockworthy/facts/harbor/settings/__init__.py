"""Whether what harbor.yml sets is right: its certificates, stores, addresses, proxies, logs and scanner."""
