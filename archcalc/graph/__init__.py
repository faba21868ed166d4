"""The engine: Spec x knob values -> Graph -> costs, over any type of number."""
