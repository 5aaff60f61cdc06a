"""What travels: the records of every topic, their forms on the wire, and their rejection."""
