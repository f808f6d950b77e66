"""One pass of a U-Net of the same size in PyTorch (random weights, trilinear upsampling, group norm): seconds and peak MB as JSON."""
import json
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

SHAPE, WIDTH, THREADS = [int(n) for n in sys.argv[1].split('x')], float(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(THREADS)


def double(inputs, middle, outputs):
    return nn.Sequential(
        nn.Conv3d(inputs, middle, 3, padding=1), nn.GroupNorm(8, middle), nn.ReLU(inplace=True),
        nn.Conv3d(middle, outputs, 3, padding=1), nn.GroupNorm(8, outputs), nn.ReLU(inplace=True))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        c = [int(n * WIDTH) for n in (32, 64, 128, 256, 512)]
        self.first = double(1, c[0], c[0])
        outs = [c[1], c[2], c[3], c[4] // 2]
        self.down = nn.ModuleList(double(c[n], outs[n], outs[n]) for n in range(4))
        ups = [c[3] // 2, c[2] // 2, c[1] // 2, c[0]]
        self.up = nn.ModuleList(double(c[4 - n], c[4 - n] // 2, ups[n]) for n in range(4))
        self.last = nn.Conv3d(c[0], 3, 1)

    def forward(self, x):
        skips = [self.first(x)]
        for down in self.down:
            skips.append(down(F.max_pool3d(skips[-1], 2)))
        x = skips.pop()
        for up in self.up:
            x = F.interpolate(x, scale_factor=2, mode='trilinear', align_corners=True)
            x = up(torch.cat([skips.pop(), x], 1))
        return self.last(x)


before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
net = Net().eval()
volume = torch.randn(1, 1, *SHAPE)
times = []
with torch.no_grad():
    for _ in range(4):
        start = time.perf_counter()
        net(volume)
        times.append(time.perf_counter() - start)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({'seconds': min(times[1:]), 'memoryMb': (peak - before) / 1024, 'version': torch.__version__}))
