"""Discussions from other comment systems: `sources` read, `matching` and `joining` decide, `moving`
wires them to the content folder. What any import shares is beside this folder."""
