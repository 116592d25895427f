"""What makes builds incremental, without Pelican: what pages are made of, and what is kept."""
