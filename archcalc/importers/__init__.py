"""Specs of networks that exist in other forms: modules of torch, files of Keras.

operation.py    what every importer reads a network into: operations in the order in which they run
torch_graph.py  a torch module -> operations, by torch.export
torch_call.py   a call of an operator, without the axis of the batch
torch_layers.py an operator of torch -> layers
idioms.py       several operations -> the one layer that they are
nesting.py      operations -> entries, nested as the modules are, with branches where paths join
folding.py      equal groups of entries -> blocks with arguments
sizes.py        numbers that change with the size of the input -> expressions
entries.py      entries -> a spec
keras_file.py   a model of Keras -> operations, from its JSON
keras_layers.py a layer of Keras -> layers
files.py        a file of another program -> a spec
importing.py    a network as a spec, compared with its operations
"""
