"""A simulated shop: its orders, its tickets, its words to customers, and who left and why.

The detector is never consulted here, and none of its formulas is used: a simulated customer
leaves because of what was done to her, by a mechanism of her own (`patience`, `leavers`).
"""
