"""Crops of whole brains, named by seed and step, so that every arm sees the same."""
import random

import torch

from ..cases import STEP
from ..data import region_maps

AROUND_TUMOUR = .4


def prepared(case, mirror_images):
    """A case of cases.py -> {name, images (4, ...) z-scores, mirror (4, ...), labels (...)}, all on the box of its tissue."""
    images = torch.from_numpy(case['images']).float() / STEP
    return {'name': case['name'], 'images': images, 'mirror': mirror_images(images), 'labels': torch.from_numpy(case['labels'].copy())}


def crop_at(a, start, side):
    """a (C, D, H, W) from `start` (may lie outside) -> (C, side, side, side), 0 where there is nothing."""
    out = torch.zeros(a.shape[0], side, side, side, dtype=a.dtype)
    low = [max(0, s) for s in start]
    high = [min(n, s + side) for n, s in zip(a.shape[1:], start)]
    source = tuple(slice(l, max(l, h)) for l, h in zip(low, high))
    target = tuple(slice(l - s, max(l, h) - s) for l, h, s in zip(low, high, start))
    out[(slice(None), *target)] = a[(slice(None), *source)]
    return out


def sample(brains, seed, step, side):
    """-> images (1, 4, ...), mirror (1, 4, ...), targets (1, 3, ...), known (1, 3, ...) of one step; sides of `side` points."""
    draw = random.Random(f'{seed} {step}')
    brain = draw.choice(brains)
    labels = brain['labels']
    tumour = (labels > 0) & (labels != 255)
    points = (tumour if draw.random() < AROUND_TUMOUR and bool(tumour.any()) else (brain['images'] != 0).any(0)).nonzero()
    centre = points[draw.randrange(len(points))].tolist()
    start = [c - side // 2 for c in centre]
    images, mirror = crop_at(brain['images'], start, side), crop_at(brain['mirror'], start, side)
    labels = crop_at(labels[None], start, side)
    if draw.random() < .5:
        images, mirror, labels = images.flip(1), mirror.flip(1), labels.flip(1)
    scale = torch.tensor([draw.uniform(.85, 1.15) for _ in range(4)])[:, None, None, None]
    shift = torch.tensor([draw.uniform(-.15, .15) for _ in range(4)])[:, None, None, None]
    images, mirror = (changed(a, scale, shift) for a in (images, mirror))
    maps = region_maps(labels)
    return images[None], mirror[None], maps[:, :3], 1 - maps[:, [3, 4, 4]]


def changed(a, scale, shift):
    """Air stays 0, and tissue never becomes 0."""
    value = a * scale + shift
    return torch.where(a == 0, torch.zeros_like(a), torch.where(value == 0, torch.full_like(a, 1e-3), value))
