"""Comments: what they are, how they are kept in files, threaded and shown."""
