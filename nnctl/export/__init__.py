"""A trained model in ONNX: its inputs as the table has them, its layers, its predictions.

`writing` collects an ONNX graph, `inputs`, `layers`, `spatial`, `activations` and `outputs` write
to it what nnctl computes, and `model` puts it together. The engine knows nothing of all this.
"""
