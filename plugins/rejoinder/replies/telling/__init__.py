"""Who is told of what: letters and webhooks, from a queue that outlives a broken mail server."""
