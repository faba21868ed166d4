"""A network as a live workbook: formulas over the cells of its knobs and layers."""
