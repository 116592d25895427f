"""What helps to read a post: how long it takes, its contents, what else there is."""
