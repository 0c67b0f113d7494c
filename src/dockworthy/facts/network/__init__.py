"""How packets and names travel on this host: links, addresses, routes, packet filters, name servers."""
