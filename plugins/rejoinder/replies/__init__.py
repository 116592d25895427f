"""The reply desk: takes readers' replies, keeps them, lets the author decide, writes the files."""
