"""CSTransformer in PyTorch: reads a checkpoint of cstransformer, gives the same logits, and writes one back.

    from cstransformer import load
    model, checkpoint = load('parameters.safetensors')
    logits = model(clips)  # [B, C, T, H, W] -> [B, K]

Needs PyTorch and NumPy. The module's parameters have the checkpoint's names, so that its `state_dict` is the checkpoint's.
"""
import json
import os
import struct

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

EPSILON = 1e-6
# Attention that keeps no scores, in PyTorch from 2.0 on; None: scores are kept.
fused_attention = getattr(F, 'scaled_dot_product_attention', None)


# The network, Figure 1

class Weights(nn.Module):
    """Parameters by name; they get their values from a checkpoint."""

    def __init__(self, **shapes):
        super().__init__()
        for name, shape in shapes.items():
            setattr(self, name, nn.Parameter(torch.empty(shape)))


def layer_norm(x, gain, bias):
    return F.layer_norm(x, gain.shape, gain, bias, EPSILON)


class Block(Weights):
    """A transformer block, Eqs. (5), (6); linear weights are [in, out]."""

    def __init__(self, config, ratio, crossed):
        dim = config['dim']
        vectors = {f'{name}_{n}': [dim] for n in '12' for name in ('gain', 'bias')}
        squares = {f'W_{name}': [dim, dim] for name in 'QKVO'}
        biases = {f'b_{name}': [dim] for name in 'QKVO'}
        mlp = dict(W_1=[dim, ratio * dim], b_1=[ratio * dim], W_2=[ratio * dim, dim], b_2=[dim])
        super().__init__(**vectors, **squares, **biases, **mlp, **({'alpha': []} if crossed else {}))
        self.heads = config['heads']

    def forward(self, V, carried=None, accumulated=False):
        """V_{i-1}, [N, S, C'], and what the block before has passed on -> V_i, and what this block passes on: its scores
        A_i, or all of them where they accumulate; its queries and keys where attention keeps no scores."""
        n, s, c = V.shape
        X = layer_norm(V, self.gain_1, self.bias_1)
        split = lambda Z: Z.reshape(n, s, self.heads, -1).transpose(1, 2)
        Q, K, Z = split(X @ self.W_Q + self.b_Q), split(X @ self.W_K + self.b_K), split(X @ self.W_V + self.b_V)  # (12)
        if fused_attention and not accumulated:
            heads, passed = self.wide(Q, K, Z, carried), (Q, K)
        else:
            A = Q @ K.transpose(-2, -1) / (c // self.heads) ** 0.5  # (14)
            fused = A if carried is None else A + self.alpha * carried
            heads, passed = torch.softmax(fused, -1) @ Z, fused if accumulated else A  # (8)
        V = heads.transpose(1, 2).reshape(n, s, c) @ self.W_O + self.b_O + V  # (13), (5)
        inner = F.gelu(layer_norm(V, self.gain_2, self.bias_2) @ self.W_1 + self.b_1)
        return inner @ self.W_2 + self.b_2 + V, passed  # (6)

    def wide(self, Q, K, Z, carried):
        """(8), where A_i + alpha A_{i-1} = [Q_i, alpha Q_{i-1}] [K_i, K_{i-1}]^T / sqrt(d): heads twice as wide, at the same scale."""
        d = Q.shape[-1]
        if carried is not None:
            Q, K = torch.cat([Q, self.alpha * carried[0]], -1), torch.cat([K, carried[1]], -1)
        return fused_attention(Q * (Q.shape[-1] / d) ** 0.5, K, Z)  # it divides by the root of the width


class CSTransformer(nn.Module):
    def __init__(self, config):
        """config: a checkpoint's configuration, a dict."""
        super().__init__()
        self.config = config
        c = {**config}
        dim, frames, patch = c['dim'], c['frames'], c['patch']
        tokens = 1 + (c['height'] // patch) * (c['width'] // patch)
        self.patch = Weights(W=[c['channels'] * patch ** 2, dim], b=[dim])
        self.V_cls = nn.Parameter(torch.empty(1, 1, dim))
        if c['spatialPosition']:
            self.P_s = nn.Parameter(torch.empty(1, tokens, dim))
        if c['temporalPosition']:
            self.P_t = nn.Parameter(torch.empty(frames, 1, dim))
        for stage in ('STB', 'TTB'):
            blocks = (Block(c, c['ratio' + stage], crossed=c['cssa'] and i > 0) for i in range(c[stage]))
            setattr(self, stage, nn.ModuleList(blocks))
        if c['fam']:
            blocks = dict(network=c['STB'] + c['TTB']) if c['aggregation'] == 'network' else dict(STB=c['STB'], TTB=c['TTB'])
            terms = lambda L: nn.ModuleList(Weights(beta=[], gain=[dim], bias=[dim]) for _ in range(L - 1))
            self.FAM = nn.ModuleDict({of: terms(L) for of, L in blocks.items()})
        self.head = Weights(gain=[dim], bias=[dim], W=[dim, c['classes']], b=[c['classes']])

    def forward(self, X):
        """Clips [B, C, T, H, W] -> logits [B, K]."""
        c = self.config
        T, B = c['frames'], len(X)
        frames = X.transpose(1, 2).flatten(0, 1)
        V = F.unfold(frames, c['patch'], stride=c['patch']).transpose(1, 2) @ self.patch.W + self.patch.b
        V_cls = self.V_cls
        if c['spatialPosition']:
            V_cls, V = V_cls + self.P_s[:, :1], V + self.P_s[:, 1:]  # (1), (2), (3)
        if c['temporalPosition']:
            V = V + self.P_t.repeat(B, 1, 1)  # (3)
        V = torch.cat([V_cls.expand(len(V), -1, -1), V], 1)  # (4)

        to_time = lambda V: V.unflatten(0, (B, T)).transpose(1, 2).flatten(0, 1)  # [B*T, 1+P, C'] -> [B*(1+P), T, C']
        spatial = [to_time(V) for V in self.stage(self.STB, V)]
        entering = self.aggregate('STB', spatial, to_time(V))
        temporal = self.stage(self.TTB, entering)
        if c['fam'] and c['aggregation'] == 'network':
            Y = self.aggregate('network', spatial + temporal, entering)
        else:
            Y = self.aggregate('TTB', temporal, entering)
        Y = Y.unflatten(0, (B, -1))  # [B, 1+P, T, C']
        y = Y[:, 0].mean(1) if c['pool'] == 'class' else Y.mean((1, 2))
        return layer_norm(y, self.head.gain, self.head.bias) @ self.head.W + self.head.b

    def stage(self, blocks, V):
        """The outputs of one stage's blocks; scores cross from block to block inside it."""
        outputs, carried = [], None
        for block in blocks:
            V, passed = block(V, carried, self.config['scores'] == 'accumulated')
            carried = passed if self.config['cssa'] else None
            outputs.append(V)
        return outputs

    def aggregate(self, of, V, otherwise):
        """Eqs. (7), (9): Y = sum of LN(beta_i V_i) over all but the last, plus the last; `otherwise` where there is no block."""
        terms = self.FAM[of] if self.config['fam'] and of in self.FAM else []
        return sum((layer_norm(W.beta * V_i, W.gain, W.bias) for W, V_i in zip(terms, V)), V[-1]) if V else otherwise


# Checkpoints: safetensors files

TYPES = {'F32': np.dtype('<f4'), 'F64': np.dtype('<f8')}


def read_tensors(path):
    """A file's tensors by name, and its metadata. Values stay in the file until they are used."""
    with open(path, 'rb') as file:
        length, = struct.unpack('<Q', file.read(8))
        header = json.loads(file.read(length))
    data = np.memmap(path, np.uint8, 'c', offset=8 + length) if os.path.getsize(path) > 8 + length else np.empty(0, np.uint8)
    metadata = header.pop('__metadata__', {})
    tensor = lambda dtype, shape, data_offsets: torch.from_numpy(
        np.frombuffer(data[slice(*data_offsets)], TYPES[dtype]).reshape(shape))
    return {name: tensor(**described) for name, described in header.items()}, metadata


def write_tensors(path, tensors, metadata):
    """Writes a file beside `path` and moves it there when it is whole and on the disk."""
    arrays = {name: np.asarray(x.detach().cpu().numpy(), order='C') for name, x in tensors.items()}
    codes = {kind: code for code, kind in TYPES.items()}
    header, end = {'__metadata__': metadata}, 0
    for name, x in arrays.items():
        header[name] = {'dtype': codes[x.dtype], 'shape': x.shape, 'data_offsets': [end, end + x.nbytes]}
        end += x.nbytes
    text = json.dumps(header).encode()
    text += b' ' * (-len(text) % 8)
    with open(f'{path}.partial', 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text)
        for x in arrays.values():
            file.write(x.tobytes())
        file.flush()
        os.fsync(file.fileno())
    os.replace(f'{path}.partial', path)


def load(path):
    """The network of a checkpoint, and the checkpoint: tensors of the optimizer by name, and metadata.

    Throws where the checkpoint's tensors are not those of its configuration.
    """
    tensors, metadata = read_tensors(path)
    if metadata.get('format') != '1':
        raise ValueError(f'{path}: a checkpoint of format 1 expected, but it has format {metadata.get("format")}')
    parameters = {name: x for name, x in tensors.items() if not name.startswith('optimizer.')}
    model = CSTransformer(json.loads(metadata['config'])).to(next(iter(parameters.values())).dtype)
    model.load_state_dict(parameters)
    kept = {name[len('optimizer.'):]: x for name, x in tensors.items() if name not in parameters}
    return model, {'optimizer': kept, 'metadata': metadata}


def save(path, model, optimizer, metadata):
    """A checkpoint that cstransformer goes on with. `optimizer`: what it keeps, by name, as `load` gives it."""
    write_tensors(path, {**model.state_dict(), **{f'optimizer.{name}': x for name, x in optimizer.items()}}, metadata)
