"""Every combination of knob values, by arrays that run through the engine: values, walk, chunks, and where they go."""
