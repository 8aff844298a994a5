"""Goes on with a checkpoint of cstransformer on many processes, each with a part of every batch, and writes one back:

    torchrun --nproc_per_node 2 train_ddp.py --checkpoint parameters.safetensors --clips clips.safetensors --to further.safetensors

Optimizer, schedule, batch size and clipping are the checkpoint's recipe. Processes take a GPU each where there are any,
with NCCL, and else the CPU, with Gloo. `batch` is the place to read other data.
"""
import argparse
import json
import math
import os

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch.nn.parallel import DistributedDataParallel

from cstransformer import load, read_tensors, save


def batch(clips, step, size, rank, processes):
    """This process's part of the batch of a step: clips [n, C, T, H, W] and their classes [n].

    It depends on the step alone, so that a run can be continued.
    """
    share = size // processes
    first = step * size + rank * share
    chosen = torch.arange(first, first + share) % len(clips['X'])
    return clips['X'][chosen], clips['labels'][chosen].long()


def rate_of(recipe, step):
    """The learning rate of a step; steps count from 0, epochs from 1."""
    schedule, rate = recipe['schedule'], recipe['rate']
    if schedule['kind'] == 'steps':
        epoch = 1 + step // schedule['stepsPerEpoch']
        return rate * schedule['factor'] ** sum(epoch >= drop for drop in schedule['drops'])
    warmup = schedule['warmup']
    if step < warmup:
        return rate * (step + 1) / warmup
    return rate / 2 * (1 + math.cos(math.pi * (step - warmup) / max(1, recipe['steps'] - warmup)))


# The optimizer's state under cstransformer's names

def make_optimizer(model, recipe, kept, step):
    """PyTorch's optimizer for a recipe, with what it kept of the steps before."""
    settings = recipe['optimizer']
    beta1, beta2 = settings.get('beta1', 0.9), settings.get('beta2', 0.999)
    if settings['kind'] == 'SGD':
        optimizer = torch.optim.SGD(
            model.parameters(), lr=recipe['rate'], momentum=settings['momentum'], weight_decay=settings['decay'])
    else:
        optimizer = torch.optim.AdamW(
            model.parameters(), lr=recipe['rate'], betas=(beta1, beta2), eps=settings.get('epsilon', 1e-8),
            weight_decay=settings['decay'])
    for name, p in model.named_parameters():
        take = lambda what: kept[f'{what}.{name}'].to(p.device, copy=True)
        optimizer.state[p] = (
            {'momentum_buffer': take('momenta')} if settings['kind'] == 'SGD'
            else {'step': torch.tensor(float(step)), 'exp_avg': take('m'), 'exp_avg_sq': take('v')})
    return optimizer


def kept_by(optimizer, model, recipe, step):
    """What the optimizer keeps, by name."""
    parts = {'momenta': 'momentum_buffer'} if recipe['optimizer']['kind'] == 'SGD' else {'m': 'exp_avg', 'v': 'exp_avg_sq'}
    kept = {
        f'{ours}.{name}': optimizer.state[p][theirs]
        for ours, theirs in parts.items() for name, p in model.named_parameters()}
    if 'm' in parts:
        dtype, betas = next(model.parameters()).dtype, optimizer.defaults['betas']
        kept.update({f'powers.beta{i}': torch.tensor(b ** step, dtype=dtype) for i, b in enumerate(betas, start=1)})
    return kept


def main():
    parser = argparse.ArgumentParser(description='Goes on with a checkpoint on many processes.')
    parser.add_argument('--checkpoint', required=True, help='where to start')
    parser.add_argument('--clips', required=True, help='a safetensors file: X [N, C, T, H, W] and labels [N]')
    parser.add_argument('--to', required=True, help='the checkpoint to write')
    parser.add_argument('--steps', type=int, help='how many steps to do (default: what is left of the recipe)')
    options = parser.parse_args()

    gpu = torch.cuda.is_available()
    dist.init_process_group('nccl' if gpu else 'gloo')
    rank, processes = dist.get_rank(), dist.get_world_size()
    device = torch.device('cuda', int(os.environ['LOCAL_RANK'])) if gpu else torch.device('cpu')
    if gpu:
        torch.cuda.set_device(device)

    model, checkpoint = load(options.checkpoint)
    metadata = checkpoint['metadata']
    recipe, first = json.loads(metadata['recipe']), int(metadata['step'])
    last = recipe['steps'] if options.steps is None else first + options.steps
    if recipe['batch'] % processes:
        raise SystemExit(f'{recipe["batch"]} clips in a batch cannot be shared equally by {processes} processes')
    model.to(device)
    optimizer = make_optimizer(model, recipe, checkpoint['optimizer'], first)
    parallel = DistributedDataParallel(model, device_ids=[device.index] if gpu else None)
    clips, _ = read_tensors(options.clips)

    for step in range(first, last):
        for group in optimizer.param_groups:
            group['lr'] = rate_of(recipe, step)
        X, labels = (part.to(device) for part in batch(clips, step, recipe['batch'], rank, processes))
        optimizer.zero_grad()
        loss = F.cross_entropy(parallel(X.to(model.V_cls.dtype)), labels)
        loss.backward()  # gradients are averaged over the processes meanwhile
        if 'clip' in recipe:
            torch.nn.utils.clip_grad_norm_(model.parameters(), recipe['clip'])
        optimizer.step()
        mean = loss.detach() / processes
        dist.all_reduce(mean)
        if rank == 0:
            print(json.dumps({'step': step + 1, 'loss': mean.item()}), flush=True)

    if rank == 0:
        save(options.to, model, kept_by(optimizer, model, recipe, last), {**metadata, 'step': str(last)})
    dist.destroy_process_group()


if __name__ == '__main__':
    main()
