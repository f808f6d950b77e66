"""Times the network's forward and backward on this device: memory layouts, with and without torch.compile. Writes one JSON line a variant.

Run beside a training: it also fills the compiler's cache on disk, so that the training can go over to the fastest variant at once.
"""
import argparse
import json
import time

import torch

from .losses import loss_of
from .network import DynamicSharing
from .options import compiled, half, settings


def measure(network, layout, size, batch, steps):
    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    x = torch.randn(batch, 1, *size, device=device)
    modality = torch.zeros(batch, dtype=torch.long, device=device)
    if layout == 'channels_last':
        x = x.to(memory_format=torch.channels_last_3d)

    def step():
        with half(x.device):
            y = network(x, modality)
        y.float().square().mean().backward()

    for _ in range(3):
        step()
    synchronise()
    start = time.time()
    for _ in range(steps):
        step()
    synchronise()
    return (time.time() - start) / steps


def measure_loss(size, batch):
    """Compiles the loss of one combination for a shape."""
    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    dtype = torch.bfloat16 if device == 'cuda' else torch.float32
    z = [torch.randn(batch, 3, *size, device=device, dtype=dtype, requires_grad=True) for _ in range(4)]
    weight, bias = (torch.nn.Parameter(torch.zeros(4, 3, device=device)) for _ in range(2))
    y = torch.rand(batch, 3, *size, device=device)
    seen = torch.ones(batch, 4, *size, device=device)
    compiled(loss_of)(z, seen, y, torch.ones_like(y), weight, bias, torch.ones(4, device=device), y, torch.zeros((), device=device)).backward()
    synchronise()


def synchronise():
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('out')
    parser.add_argument('--channels', default='8,16,64,128,256')
    parser.add_argument('--patch', default='80,96,128')
    parser.add_argument('--batch', type=int, default=4)
    parser.add_argument('--cubes', type=int, default=8)
    parser.add_argument('--variants', default='contiguous,channels_last,contiguous+compile,channels_last+compile')
    o = parser.parse_args()
    settings()
    size = tuple(int(v) for v in o.patch.split(','))
    for variant in o.variants.split(','):
        layout, compiling = variant.split('+')[0], variant.endswith('compile')
        torch.manual_seed(0)
        model = DynamicSharing([int(v) for v in o.channels.split(',')]).to('cuda' if torch.cuda.is_available() else 'cpu')
        if layout == 'channels_last':
            model.module.to(memory_format=torch.channels_last_3d)
        start = time.time()
        try:
            network = compiled(model.module) if compiling else model.module
            seconds = measure(network, layout, size, o.batch, 5)
            if compiling and o.cubes:
                measure(network, layout, (32, 32, 32), o.cubes, 1)
            if compiling:
                for shape, batch in ((size, o.batch), ((32, 32, 32), o.cubes)):
                    measure_loss(shape, batch)
            line = {'variant': variant, 'seconds': seconds, 'took': time.time() - start}
        except Exception as e:  # a variant that this machine cannot run is no choice
            line = {'variant': variant, 'error': f'{type(e).__name__}: {str(e)[:300]}', 'took': time.time() - start}
        with open(o.out, 'a') as f:
            f.write(json.dumps(line) + '\n')
        print(json.dumps(line), flush=True)


if __name__ == '__main__':
    main()
