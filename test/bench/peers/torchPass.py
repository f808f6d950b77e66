"""One pass of a U-Net of the same size in PyTorch (random weights, trilinear upsampling, group norm): seconds and peak MB as JSON."""
import json
import resource
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent.parent))
from unet import Net

SHAPE, WIDTH, THREADS = [int(n) for n in sys.argv[1].split('x')], float(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(THREADS)

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
net = Net(WIDTH).eval()
volume = torch.randn(1, 1, *SHAPE)
times = []
with torch.no_grad():
    for _ in range(4):
        start = time.perf_counter()
        net(volume)
        times.append(time.perf_counter() - start)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({'seconds': min(times[1:]), 'memoryMb': (peak - before) / 1024, 'version': torch.__version__}))
