"""The laws that every kind of layer obeys, each a plain function that raises AssertionError where it is broken."""
