"""Readers say who they are: they sign in with an identity that they have already."""
