"""The network of the Dynamic Sharing U-Net in PyTorch, for the benches: one input channel, three logits, random weights."""
import torch
from torch import nn
from torch.nn import functional as F


class Double(nn.Module):
    def __init__(self, inputs, middle, outputs):
        super().__init__()
        self.steps = nn.Sequential(
            nn.Conv3d(inputs, middle, 3, padding=1), nn.GroupNorm(8, middle), nn.ReLU(inplace=True),
            nn.Conv3d(middle, outputs, 3, padding=1), nn.GroupNorm(8, outputs), nn.ReLU(inplace=True))

    def forward(self, x):
        return self.steps(x)


class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        c = [int(n * width) for n in (32, 64, 128, 256, 512)]
        self.first = Double(1, c[0], c[0])
        outs = [c[1], c[2], c[3], c[4] // 2]
        self.down = nn.ModuleList(Double(c[n], outs[n], outs[n]) for n in range(4))
        ups = [c[3] // 2, c[2] // 2, c[1] // 2, c[0]]
        self.up = nn.ModuleList(Double(c[4 - n], c[4 - n] // 2, ups[n]) for n in range(4))
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
