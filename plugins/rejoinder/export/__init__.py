"""Moving out: what is here, in the formats that others read. `gathering` reads the site, each
format is a module of its own (pure, but where it writes a database), `leaving` wires."""
