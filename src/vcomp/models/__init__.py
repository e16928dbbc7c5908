"""The networks: UNet, STC-encoder, attention, towers, autoencoder; and published checkpoints as theirs."""
