"""Scores of a network on whole brains: Dice of the 15 combinations, what a sequence more takes away, how volumes wander with padding."""
import numpy as np
import torch

from .. import REGIONS
from ..baselines.predictions import dice_of
from ..data import SPACING
from ..losses import COMBINATIONS, PAIRS, fuse, name_of
from ..validate import counts_of, nested, padded

# Planes of air (before, behind) along each axis.
PADDINGS = ((0, 0), (1, 0), (0, 16))
FALL = .01
SMALL_ML = .5


@torch.no_grad()
def logits_of(network, channels, modality, before=0, behind=0):
    """channels (inputs, D, H, W): an image, 0 in air, and what goes with it -> logits (3, D, H, W), 0 outside the box of its tissue."""
    tissue = channels[0].nonzero()
    low, high = tissue.min(0).values, tissue.max(0).values + 1
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high))
    n = [int(b - a) for a, b in zip(low, high)]
    inside = (slice(None), *(slice(before, before + v) for v in n))
    x = torch.zeros(len(channels), *(padded(before + v + behind) for v in n))
    x[inside] = channels[(slice(None), *box)]
    z = torch.zeros(3, *channels.shape[1:])
    z[(slice(None), *box)] = network(x[None], torch.tensor([modality]))[0][inside]
    return z


def masks_of(model, brain, mirror, before=0, behind=0):
    """{combination: (1, 3, ...) bool} of a brain with all four sequences."""
    inputs = [torch.stack([brain['images'][m], *([brain['mirror'][m]] if mirror else [])]) for m in range(4)]
    z = [logits_of(model.module, channels, m, before, behind)[None] for m, channels in enumerate(inputs)]
    seen = (brain['images'] != 0).float()[None]
    members = {s: torch.tensor([float(m in s) for m in range(4)]) for s in COMBINATIONS}
    with torch.no_grad():
        return {s: nested(*fuse(z, seen, model.log_weight, model.bias, member)) for s, member in members.items()}


def scored(model, brains, mirror, steady):
    """{dice: {combination: {region: by patient}}, spread: {combination: {region: by brain}}}. steady: names of the brains that are padded."""
    ml = float(SPACING.prod()) / 1000
    counts, spread = {}, {name_of(s): {r: [] for r in REGIONS} for s in COMBINATIONS}
    for brain in sorted(brains, key=lambda b: b['name']):
        volumes = []
        for before, behind in PADDINGS if brain['name'] in steady else PADDINGS[:1]:
            masks = masks_of(model, brain, mirror, before, behind)
            volumes.append([[float(v) * ml for v in found.sum((0, 2, 3, 4))] for found in masks.values()])
            if len(volumes) == 1:
                counts.update({(s, brain['name']): counts_of(found, brain['labels']) for s, found in masks.items()})
        if len(volumes) > 1:
            for i, s in enumerate(COMBINATIONS):
                for r, region in enumerate(REGIONS):
                    spread[name_of(s)][region].append(spread_of([v[i][r] for v in volumes]))
    return {'dice': dice_of(counts), 'spread': spread}


def spread_of(volumes):
    """(largest - smallest) / mean; None where there is next to nothing."""
    mean = sum(volumes) / len(volumes)
    return round((max(volumes) - min(volumes)) / mean, 4) if mean > SMALL_ML else None


def summary(scores):
    """The endpoints of the plan, from `scored`."""
    table = lambda s, region: np.array([np.nan if v is None else v for v in scores['dice'][name_of(s)][region]], float)
    mean = lambda combinations, region: float(np.mean([np.nanmean(table(s, region)) for s in combinations]))
    falls = np.concatenate([table(COMBINATIONS[i], r) - table(COMBINATIONS[j], r) for i, j in PAIRS for r in REGIONS])
    falls = falls[~np.isnan(falls)]
    spreads = [v for row in scores['spread'].values() for values in row.values() for v in values if v is not None]
    result = {f'mean15 {r}': mean(COMBINATIONS, r) for r in REGIONS}
    result['singles'] = float(np.mean([mean(COMBINATIONS[11:], r) for r in REGIONS]))
    result['T2 WT'] = mean([(2,)], 'WT')
    result['falls'] = float((falls < -FALL).mean())
    result['spread'] = float(np.mean(spreads)) if spreads else float('nan')
    return {k: round(v, 4) for k, v in result.items()}
