"""How files are served: their names, headers, and packed copies."""
