"""What those who work on Rejoinder need, and no site."""
