"""The figures of a layer, a block or a network: amounts, the rules that add them up, and the figures by name."""
