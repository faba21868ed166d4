"""A file of Keras as operations.

file.py    a file of Keras -> operations, from the JSON in it
graph.py   the calls of the layers of a model, in order
model.py   those calls -> operations, with the axes where archcalc has them
layers.py  a layer of Keras -> layers
maps.py    those along the axes of a map
norms.py   those that normalise or scale
tokens.py  those over tokens or steps
rules.py   what these have in common
"""
