"""PyTorch's own ONNX export of a network's forward pass.

    python3 spec/bench/export.py parameters.safetensors batch.safetensors exported.onnx

Says that it is done in a line of JSON.
"""
import json
import sys

import torch

from pytorch import example


# The exporter of PyTorch 1.13 does not know this operation under its name.
torch.Tensor.unflatten = lambda x, dim, sizes: x.reshape(*x.shape[:dim], *sizes, *x.shape[dim + 1:])


def main(parameters, batch, out):
    model, _ = example.load(parameters)
    tensors, _ = example.read_tensors(batch)
    model.eval()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    torch.onnx.export(model, (tensors['X'].clone(),), out, opset_version=17, input_names=['X'], output_names=['logits'])
    print(json.dumps({'name': f'PyTorch {torch.__version__}, export'}), flush=True)


if __name__ == '__main__':
    main(*sys.argv[1:])
