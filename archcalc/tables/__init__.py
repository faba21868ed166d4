"""Reports as tables, and tables on a terminal."""
