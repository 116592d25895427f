"""Moving in from elsewhere: one module a source, and what they share.

A source reads (`wxr`, `wordpress`); `delivery`, `ledger`, `private` and `report` know of no
source: what an import wrote, what an author has changed since, what stays private, and the sum.
"""
