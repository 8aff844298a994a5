"""PyTorch as a peer: the same network, weights, clips and steps, timed on request.

    python3 spec/bench/pytorch.py parameters.safetensors batch.safetensors rate momentum decay [parts [device [compiled]]]

Says what it is, and which BLAS it computes with, in a line of JSON, then reads lines `forward N` and `step N` and answers each with the milliseconds of N runs, one
by one, their losses, and the most memory it has held. A step is forward, backward and SGD, ended by reading the loss; in
parts, the gradients of one part of the clips after the other are added. PyTorch computes every token in every block.
"""
import ctypes
import json
import os
import re
import resource
import sys
import time

os.environ.setdefault('OMP_NUM_THREADS', str(os.cpu_count()))
# Threads of OpenMP that wait busily take the cores from those of an OpenBLAS that has threads of its own: a step takes up to 3 times as long.
os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', '..', 'examples', 'pytorch'))

import torch
import torch.nn.functional as F

import cstransformer as example


class Block(example.Block):
    """A block with one call for each linear layer, weight and bias together, as PyTorch's own layers have it."""

    def forward(self, V, carried=None, accumulated=False):
        n, s, c = V.shape
        linear = lambda Z, name: F.linear(Z, getattr(self, 'W_' + name).t(), getattr(self, 'b_' + name))
        X = example.layer_norm(V, self.gain_1, self.bias_1)
        Q, K, Z = (linear(X, name).reshape(n, s, self.heads, -1).transpose(1, 2) for name in 'QKV')
        if example.fused_attention and not accumulated:
            heads, passed = self.wide(Q, K, Z, carried), (Q, K)
        else:
            A = Q @ K.transpose(-2, -1) / (c // self.heads) ** 0.5
            fused = A if carried is None else A + self.alpha * carried
            heads, passed = torch.softmax(fused, -1) @ Z, fused if accumulated else A
        V = linear(heads.transpose(1, 2).reshape(n, s, c), 'O') + V
        return linear(F.gelu(linear(example.layer_norm(V, self.gain_2, self.bias_2), '1')), '2') + V, passed


example.Block = Block


# Kernels of OpenBLAS for any processor, or for those from before AVX2.
SLOW = {'generic', 'prescott', 'core2', 'penryn', 'dunnington', 'atom', 'nehalem', 'sandybridge', 'katmai', 'coppermine', 'northwood'}


def lines(path):
    try:
        with open(path) as file:
            return file.read().splitlines()
    except OSError:
        return []


def blas():
    """The name of the BLAS that products are computed with, and whether it is one that is tuned for this processor."""
    torch.ones(64, 64) @ torch.ones(64, 64)
    loaded = sorted({line.split()[-1] for line in lines('/proc/self/maps') if re.search(r'/lib[^/]*(blas|mkl|blis|atlas)[^/]*$', line)})
    for path in loaded:
        library = ctypes.CDLL(path)
        if hasattr(library, 'openblas_get_corename'):
            library.openblas_get_corename.restype = library.openblas_get_config.restype = ctypes.c_char_p
            core = library.openblas_get_corename().decode()
            newer = any('avx2' in line for line in lines('/proc/cpuinfo'))
            return ' '.join(library.openblas_get_config().decode().split()[:2]) + f' with kernels for {core}', not (newer and core.lower() in SLOW)
    tuned = next((path for path in loaded if re.search('mkl|blis', path)), None)
    if tuned:
        return os.path.basename(tuned), True
    built = re.search(r'BLAS_INFO=(\w+)', torch.__config__.show())
    if built and built[1] in ('mkl', 'accelerate', 'open', 'armpl'):
        return built[1], True
    return loaded[0] if loaded else 'one that is not known', False


def main(parameters, batch, rate, momentum, decay, parts='1', device='cpu', compiled=''):
    model, _ = example.load(parameters)
    model.to(device)
    tensors, _ = example.read_tensors(batch)
    as_tensor = lambda x: x if isinstance(x, torch.Tensor) else torch.from_numpy(x.copy())
    X, labels = as_tensor(tensors['X']).to(device), as_tensor(tensors['labels']).long().to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=float(rate), momentum=float(momentum), weight_decay=float(decay))
    if compiled:
        model = torch.compile(model)

    def forward():
        with torch.no_grad():
            return float(F.cross_entropy(model(X), labels))

    def step():
        optimizer.zero_grad(set_to_none=True)
        total = 0.0
        for x, y in zip(X.chunk(int(parts)), labels.chunk(int(parts))):
            loss = F.cross_entropy(model(x), y) / int(parts)
            loss.backward()
            total += loss.item()
        optimizer.step()
        return total

    runs = {'forward': forward, 'step': step}
    name, tuned = blas() if device == 'cpu' else ('cuBLAS', True)
    print(json.dumps({'name': f'PyTorch {torch.__version__}' + (', compiled' if compiled else ''), 'threads': torch.get_num_threads(), 'blas': {'name': name, 'tuned': tuned}}), flush=True)
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
