"""A plain reading of RULES.md that shares no code with the product, to hold the product against."""
