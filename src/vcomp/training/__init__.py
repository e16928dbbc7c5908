"""Training: every model of the bundled system, from nothing."""
