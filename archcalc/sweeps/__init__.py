"""Sweeps: costs at every combination of knob values, computed by running arrays through the engine."""
