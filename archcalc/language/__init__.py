"""The spec language: text -> tree -> Spec, every name resolved, nothing evaluated yet."""
