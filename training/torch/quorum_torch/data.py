"""Training cases on the device as int8, drawn, turned, flipped and resampled there."""
import math
import random

import numpy as np
import torch
import torch.nn.functional as F

from .cases import STEP

SPACING = torch.tensor([1.8818898, 1.8818898, 1.2125984])  # mm of the 128-grid
CHANGES = ('full', 'flips', 'none')


def region_maps(labels):
    """labels (N, ...) -> float (N, 5, ...): WT, TC, ET, unknown for WT, unknown for TC and ET. 5: tumour whose parts are unknown; 255: unknown."""
    whole = (labels > 0) & (labels != 255)
    return torch.stack([whole, (labels == 1) | (labels == 4), labels == 4, labels == 255, (labels == 255) | (labels == 5)], 1).float()


class Cases:
    """Cases of one kind in one tensor on the device, each at its place of a common grid."""

    def __init__(self, cases, device):
        self.cases = cases
        starts = np.array([c['start'] for c in cases])
        ends = starts + np.array([c['shape'] for c in cases])
        self.start = starts.min(0)
        size = ends.max(0) - self.start
        self.images = torch.zeros(len(cases), 4, *size, dtype=torch.int8, device=device)
        self.labels = torch.zeros(len(cases), *size, dtype=torch.uint8, device=device)
        self.boxes = np.stack([starts - self.start, ends - self.start], 1)
        for i, c in enumerate(cases):
            box = tuple(slice(a, b) for a, b in zip(*self.boxes[i]))
            self.images[(i, slice(None), *box)] = torch.from_numpy(c['images']).to(device)
            self.labels[(i, *box)] = torch.from_numpy(c['labels'].copy()).to(device)
        self.have = [tuple(c['have']) for c in cases]
        self.size = size
        # donors for paste(): brains with all four sequences and known parts
        self.pasted = [i for i, c in enumerate(cases) if len(c['have']) == 4 and not c['cutOut'] and not (c['labels'] == 5).any()]
        self.device = device


def rotation(angles, scale, flips):
    """3 x 3: patch voxels -> source voxels; turned in mm."""
    m = np.eye(3)
    for i in range(3):
        c, s = math.cos(angles[i]), math.sin(angles[i])
        r = np.eye(3)
        j, k = (i + 1) % 3, (i + 2) % 3
        r[j, j] = r[k, k] = c
        r[j, k], r[k, j] = -s, s
        m = m @ r
    spacing = SPACING.numpy()
    return np.diag(1 / spacing) @ m @ scale @ np.diag(spacing) @ np.diag([-1. if f else 1. for f in flips])


def draw(cases, picked, size, whole, changes):
    """A batch: images (B, 4, *size), targets (B, 3, *size) soft, known (B, 3, *size), from the picked cases, turned and shifted at random.

    whole: brains, whose box is put into the patch with random margins and flipped left to right alone; else cut-outs, shifted and flipped at will.
    changes: full (turned, scaled, another tumour pasted), flips (and shifts) alone, or none (the box in the middle).
    """
    turned, moved = changes == 'full', changes != 'none'
    n = len(picked)
    thetas = np.zeros((n, 3, 4), np.float32)
    shape = np.array(cases.size, float)
    patch = np.array(size, float)
    for i, index in enumerate(picked):
        low, high = cases.boxes[index]
        flips = [moved and random.random() < .5, moved and not whole and random.random() < .5, moved and not whole and random.random() < .5]
        angles = [random.gauss(0, .12) if turned and random.random() < .6 else 0. for _ in range(3)]
        scale = math.exp(random.gauss(0, .08)) * (1 + np.array([random.gauss(0, .03) for _ in range(3)])) if turned else np.ones(3)
        m = rotation(angles, np.diag(1 / scale), flips)
        centre = (low + high - 1) / 2
        if not moved:
            centre = centre + (patch - (high - low)) % 2 / 2  # voxels on voxels
        elif whole:
            room = np.maximum(patch - (high - low), 0) / 2 + (4 if turned else 0)
            centre = centre + np.array([random.uniform(-r, r) for r in room])
        else:
            centre = centre + np.array([random.uniform(-8, 8) for _ in range(3)])
        # normalised coordinates, aligned corners; grid_sample wants the last axis first
        a = np.diag(1 / (shape - 1)) @ m @ np.diag(patch - 1)
        t = 2 * centre / (shape - 1) - 1
        thetas[i] = np.concatenate([a, t[:, None]], 1)[::-1][:, [2, 1, 0, 3]]
    device = cases.device
    grid = F.affine_grid(torch.from_numpy(thetas).to(device, non_blocking=True), (n, 1, *size), align_corners=True)
    index = torch.tensor(picked, device=device)
    images, labels = cases.images[index], cases.labels[index]
    if whole and turned and len(cases.pasted):
        images, labels = paste(cases, picked, images, labels)
    values = images.float() / STEP
    sampled = F.grid_sample(torch.cat([values, (images != 0).float()], 1), grid, align_corners=True)
    seen = sampled[:, 4:] > .5
    x = torch.where(seen, sampled[:, :4] / sampled[:, 4:].clamp_min(.5), torch.zeros_like(sampled[:, :4]))
    x = torch.where(seen & (x == 0), torch.full_like(x, 1e-3), x)
    maps = F.grid_sample(region_maps(labels), grid, align_corners=True)
    known = (maps[:, [3, 4, 4]] < .01).float()
    return x, maps[:, :3], known


def paste(cases, picked, images, labels):
    """Puts the tumour of another patient with the same four sequences into some of the brains, at its own place, with a soft edge (CarveMix, Zhang et al. 2021)."""
    images, labels = images.clone(), labels.clone()
    for i, index in enumerate(picked):
        if len(cases.have[index]) < 4 or random.random() > .25:
            continue
        donor = random.choice(cases.pasted)
        source, mask = cases.images[donor], cases.labels[donor]
        if random.random() < .5:
            # mirrored about the middle of the common grid
            source, mask = source.flip(1), mask.flip(0)
        tumour = ((mask > 0) & (mask != 255)).float()[None, None]
        soft = (F.avg_pool3d(tumour, 5, 1, 2)[0, 0] * 2).clamp(0, 1)
        inside = (images[i] != 0) & (source != 0)
        mixed = images[i].float() * (1 - soft) + source.float() * soft
        mixed = torch.where(inside, torch.where(mixed.round() == 0, torch.ones_like(mixed), mixed.round()), images[i].float())
        images[i] = mixed.to(torch.int8)
        labels[i] = torch.where((tumour[0, 0] > 0) & inside.all(0), mask, labels[i])
    return images, labels
