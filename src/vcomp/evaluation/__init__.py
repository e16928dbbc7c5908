"""Measures results: metrics, their statistics, and the numbers a bundled model is judged by."""
