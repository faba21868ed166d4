"""Pictures: networks against each other, layers of one, a sweep's grid, a roofline. The only imports of matplotlib."""
