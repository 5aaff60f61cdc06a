"""The topics: what they must be, what is there, and making them."""
