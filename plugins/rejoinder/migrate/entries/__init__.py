"""Posts and pages of other systems: `sources` read them, `placing`, `wording` and `documents`
decide, `moving` wires them to the content folder. What any import shares is beside this folder."""
