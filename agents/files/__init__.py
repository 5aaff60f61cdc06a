"""Files in and out: reading sources, writing what came of them."""
