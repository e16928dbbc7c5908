"""Datasets: drawn video with exact ground truth for every condition."""
