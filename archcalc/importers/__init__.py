"""Specs of networks that exist in other forms: modules of torch, files of Keras and of ONNX.

torch, keras and onnx read them, each in a folder of its own; these modules make a spec of what was read:

operation.py  what every importer reads a network into: operations in the order in which they run
idioms.py     several operations -> the one layer that they are
nesting.py    operations -> entries, nested as the modules are, with branches where paths join
folding.py    equal groups of entries -> blocks with arguments
sizes.py      numbers that change with the size of the input -> expressions
entries.py    entries -> a spec
importing.py  a network as a spec, compared with its operations
files.py      a file of another program -> a spec
"""
