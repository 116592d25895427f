"""What other programs are told of a page: its picture, its data, its place."""
