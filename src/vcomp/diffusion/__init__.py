"""Diffusion: noise schedule, prediction types, guidance and samplers. Pure functions, no network."""
