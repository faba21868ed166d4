"""What every other room stands on: numbers, shapes, what a kind of layer is, errors."""
