"""Random changes of intensity, sequence by sequence, on the device. Air stays exactly 0."""
import random

import torch
import torch.nn.functional as F


def change(x):
    """x: (B, 4, D, H, W) z-scores -> the same with contrast, gamma, bias field, slice thickness, blur, noise and field of view changed at random."""
    seen = x != 0
    mask = seen.float()
    b, s = x.shape[:2]
    shape = x.shape[2:]
    uniform = lambda low, high: torch.rand(b, s, 1, 1, 1, device=x.device) * (high - low) + low
    chance = lambda p: torch.rand(b, s, 1, 1, 1, device=x.device) < p
    count = mask.sum((2, 3, 4), keepdim=True).clamp_min(1)
    mean = lambda v: (v * mask).sum((2, 3, 4), keepdim=True) / count
    spread = lambda v, m: mean((v - m) ** 2).sqrt().clamp_min(.05)
    m0 = mean(x)
    s0 = spread(x, m0)
    y = torch.where(chance(.5), x * uniform(.7, 1.35) + uniform(-.3, .3), x)
    low = torch.where(seen, y, torch.full_like(y, 1e3)).amin((2, 3, 4), keepdim=True)
    high = torch.where(seen, y, torch.full_like(y, -1e3)).amax((2, 3, 4), keepdim=True)
    gamma = torch.exp(uniform(-.4, .4))
    y = torch.where(chance(.3) & (high > low), ((y - low) / (high - low).clamp_min(1e-3)).clamp(0, 1) ** gamma * (high - low) + low, y)
    # a bias field multiplies scanner values, whose zero lies about three spreads below the mean of the brain
    field = F.interpolate(torch.randn(b, s, 3, 3, 3, device=x.device), shape, mode='trilinear', align_corners=True) * uniform(.05, .3)
    y = torch.where(chance(.35), (y + 3) * torch.exp(field) - 3, y)
    y = torch.where(chance(.35), coarse(y, mask, shape), y)
    y = y + torch.randn_like(y) * uniform(.03, .4) * chance(.2)
    m1 = mean(y)
    y = torch.where(chance(.8), (y - m1) / spread(y, m1) * s0 + m0, y)  # as in use, where images are z-scored
    keep = slab(shape, x.device) if random.random() < .08 else None
    y = torch.where(seen, torch.where(y == 0, torch.full_like(y, 1e-3), y), torch.zeros_like(y))
    return y * keep if keep is not None else y


def coarse(y, mask, shape):
    """Thick slices or a coarse matrix along one axis: averages over 2 to 6 mm, interpolated back."""
    axis = random.choice((0, 1, 2, 2, 2))
    factor = random.uniform(1.5, 5) if axis == 2 else random.uniform(1.3, 3)
    small = list(shape)
    small[axis] = max(8, int(shape[axis] / factor))
    both = F.interpolate(torch.cat([y * mask, mask], 1), small, mode='area')
    both = F.interpolate(both, shape, mode='trilinear', align_corners=False)
    n = y.shape[1]
    return both[:, :n] / both[:, n:].clamp_min(.05)


def slab(shape, device):
    """1 inside a field of view that ends short of the top or the bottom, else 0."""
    keep = torch.ones(shape, device=device)
    cut = int(shape[2] * random.uniform(.1, .35))
    if random.random() < .5:
        keep[:, :, :cut] = 0
    else:
        keep[:, :, -cut:] = 0
    return keep[None, None]
