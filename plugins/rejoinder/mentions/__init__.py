"""Mentions: pages of others that speak of the site's, and the site's that speak of theirs."""
