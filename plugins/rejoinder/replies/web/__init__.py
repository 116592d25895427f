"""The desk as a web service (ASGI): plain forms in, plain pages out, JSON for those who ask."""
