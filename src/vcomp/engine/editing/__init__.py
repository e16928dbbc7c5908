"""Real videos, changed in part or in their looks: what is kept is the source's, the rest is generated."""
