"""PyTorch as a peer: the same network, weights, clips and steps, timed on request.

    python3 spec/bench/pytorch.py parameters.safetensors batch.safetensors rate momentum decay

Says what it is in a line of JSON, then reads lines `forward N` and `step N` and answers each with the milliseconds of N runs, one
by one, their losses, and the most memory it has held. A step is forward, backward and SGD, ended by reading the loss. PyTorch computes every token in every block.
"""
import json
import os
import resource
import sys
import time

os.environ.setdefault('OMP_NUM_THREADS', str(os.cpu_count()))
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', '..', 'examples', 'pytorch'))

import torch
import torch.nn.functional as F

import cstransformer as example


class Block(example.Block):
    """A block with one call for each linear layer, weight and bias together, as PyTorch's own layers have it."""

    def forward(self, V, carried=None):
        n, s, c = V.shape
        linear = lambda Z, name: F.linear(Z, getattr(self, 'W_' + name).t(), getattr(self, 'b_' + name))
        X = example.layer_norm(V, self.gain_1, self.bias_1)
        Q, K, Z = (linear(X, name).reshape(n, s, self.heads, -1).transpose(1, 2) for name in 'QKV')
        A = Q @ K.transpose(-2, -1) / (c // self.heads) ** 0.5
        fused = A if carried is None else A + self.alpha * carried
        V = linear((torch.softmax(fused, -1) @ Z).transpose(1, 2).reshape(n, s, c), 'O') + V
        return linear(F.gelu(linear(example.layer_norm(V, self.gain_2, self.bias_2), '1')), '2') + V, A, fused


example.Block = Block


def main(parameters, batch, rate, momentum, decay):
    model, _ = example.load(parameters)
    tensors, _ = example.read_tensors(batch)
    as_tensor = lambda x: x if isinstance(x, torch.Tensor) else torch.from_numpy(x.copy())
    X, labels = as_tensor(tensors['X']), as_tensor(tensors['labels']).long()
    optimizer = torch.optim.SGD(model.parameters(), lr=float(rate), momentum=float(momentum), weight_decay=float(decay))

    def forward():
        with torch.no_grad():
            return float(F.cross_entropy(model(X), labels))

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(model(X), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    runs = {'forward': forward, 'step': step}
    print(json.dumps({'name': f'PyTorch {torch.__version__}', 'threads': torch.get_num_threads()}), flush=True)
    for line in sys.stdin:
        what, count = line.split()
        ms, losses = [], []
        for _ in range(int(count)):
            start = time.perf_counter()
            losses.append(runs[what]())
            ms.append((time.perf_counter() - start) * 1e3)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({'ms': ms, 'losses': losses, 'peakMiB': peak}), flush=True)


if __name__ == '__main__':
    main(*sys.argv[1:])
