"""From pixels to conditions: sketch, depth, dense flow, motion vectors, and what a picture already is."""
