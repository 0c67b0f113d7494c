"""The host around the engine: its system, packages, services, accounts, files and what watches over them."""
