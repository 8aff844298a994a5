"""Products of square matrices in float32 in PyTorch, in all layouts, with TF32 off and on:

    python3 spec/bench/gpu/products.py cuda 512 1024

Prints a line of JSON for each: the size, the layout, how, and the milliseconds of each run, which ends by reading an element.
"""
import json
import sys
import time

import torch

LAYOUTS = {
    'A·B': lambda A, B: A @ B,
    'A·Bᵀ': lambda A, B: A @ B.t(),
    'Aᵀ·B': lambda A, B: A.t() @ B,
    'Aᵀ·Bᵀ': lambda A, B: A.t() @ B.t(),
}


def times(product, A, B, seconds=0.3):
    for _ in range(3):
        product(A, B)[-1, -1].item()
    ms, end = [], time.perf_counter() + seconds
    while not ms or time.perf_counter() < end:
        start = time.perf_counter()
        product(A, B)[-1, -1].item()
        ms.append((time.perf_counter() - start) * 1e3)
    return ms


def main(device, *sizes):
    for size in map(int, sizes):
        A, B = (torch.randn(size, size, device=device) for _ in 'AB')
        for tf32 in [False, True] if device == 'cuda' else [False]:
            torch.backends.cuda.matmul.allow_tf32 = tf32
            how = f"{', TF32' if tf32 else ', float32'}" if device == 'cuda' else ''
            for layout, product in LAYOUTS.items():
                name = f'PyTorch {torch.__version__} on {device}{how}'
                print(json.dumps({'what': f'{layout} {size}³', 'name': name, 'ms': times(product, A, B)}), flush=True)


if __name__ == '__main__':
    main(*sys.argv[1:])
