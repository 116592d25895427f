"""Rejoinder on a Pelican site that is there already, and a new site: the program `rejoinder`.
`look` reads a site, `plan` decides (pure), `changes` carries out and undoes, `program` wires."""
