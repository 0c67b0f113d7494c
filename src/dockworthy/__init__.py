"""dockworthy: is this host worthy of Docker and Harbor, and can every word of the answer be proven?"""

__version__ = "0.1.0"
