"""A torch module as operations.

module.py  a torch module as its graph, by torch.export
graph.py   such a graph -> operations
call.py    a call of an operator, without the axis of the batch
layers.py  an operator of torch -> layers
"""
