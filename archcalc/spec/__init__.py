"""The spec language: from the text of a file to a Spec, in which names are resolved but nothing is evaluated."""
