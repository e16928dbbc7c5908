"""What steers a generation: the eight conditions, a container for them, and packing them for the model."""
