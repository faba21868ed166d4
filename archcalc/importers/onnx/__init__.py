"""A file of ONNX as operations.

file.py    a file of ONNX -> its model, without the weights
nodes.py   the operators of a model that are needed, and the modules that they come from
values.py  the sizes of the values in a model, the arithmetic of shapes, and where the batch stands
graph.py   a model of ONNX -> operations
call.py    an operator of ONNX as the rules for its layers see it
layers.py  an operator of ONNX -> a call of an operator of torch
idioms.py  several operations -> the one layer that they are in files of ONNX
"""
