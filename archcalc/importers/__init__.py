"""Specs of networks that exist in other forms: modules of torch, files of Keras and of ONNX.

operation.py    what every importer reads a network into: operations in the order in which they run
torch_module.py a torch module as its graph, by torch.export
torch_graph.py  such a graph -> operations
torch_call.py   a call of an operator, without the axis of the batch
torch_layers.py an operator of torch -> layers
idioms.py       several operations -> the one layer that they are
nesting.py      operations -> entries, nested as the modules are, with branches where paths join
folding.py      equal groups of entries -> blocks with arguments
sizes.py        numbers that change with the size of the input -> expressions
entries.py      entries -> a spec
keras_file.py   a file of Keras -> operations, from the JSON in it
keras_graph.py  the calls of the layers of a model, in order
keras_model.py  those calls -> operations, with the axes where archcalc has them
keras_layers.py a layer of Keras -> layers
keras_maps.py   those along the axes of a map
keras_norms.py  those that normalise or scale
keras_tokens.py those over tokens or steps
keras_rules.py  what these have in common
onnx_file.py    a file of ONNX -> its model, without the weights
onnx_nodes.py   the operators of a model that are needed, and the modules that they come from
onnx_values.py  the sizes of the values in a model, the arithmetic of shapes, and where the batch stands
onnx_graph.py   a model of ONNX -> operations
onnx_call.py    an operator of ONNX as the rules for its layers see it
onnx_layers.py  an operator of ONNX -> a call of an operator of torch
onnx_idioms.py  several operations -> the one layer that they are in files of ONNX
files.py        a file of another program -> a spec
importing.py    a network as a spec, compared with its operations
"""
