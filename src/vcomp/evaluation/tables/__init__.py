"""The paper's tables, and those of what it shows in pictures, on held-out drawn scenes: docs/results.md."""
