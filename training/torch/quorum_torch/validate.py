"""Dice on whole brains as in use: one pass a modality on the box of its own tissue, then the 15 fusions."""
import numpy as np
import torch

from .cases import STEP
from .data import SPACING, region_maps
from .losses import COMBINATIONS, fuse, name_of


def padded(n):
    return -(-n // 16) * 16


@torch.no_grad()
def modality_logits(network, image, modality, half):
    """image (D, H, W) z-scores, 0 in air -> logits (3, D, H, W), 0 outside the box of the tissue."""
    tissue = image.nonzero()
    low, high = tissue.min(0).values, tissue.max(0).values + 1
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high))
    n = [int(b - a) for a, b in zip(low, high)]
    x = torch.zeros(1, 1, *[padded(v) for v in n], device=image.device)
    x[0, 0, :n[0], :n[1], :n[2]] = image[box]
    with half():
        y = network(x, torch.tensor([modality], device=image.device)).float()
    z = torch.zeros(3, *image.shape, device=image.device)
    z[(slice(None), *box)] = y[0, :, :n[0], :n[1], :n[2]]
    return z


@torch.no_grad()
def validate(model, cases, half):
    """Per combination: mean Dice of WT, TC, ET over the brains that have the region and its truth, false WT in ml, n; and the mean of the combinations."""
    rows = {s: [] for s in COMBINATIONS}
    for i, have in enumerate(cases.have):
        image = cases.images[i].float() / STEP
        z = [modality_logits(model.module, image[m], m, half)[None] if m in have else torch.zeros(1, 3, *image.shape[1:], device=image.device) for m in range(4)]
        seen = (image != 0).float()[None]
        for s in COMBINATIONS:
            if set(s) <= set(have):
                member = torch.tensor([float(m in s) for m in range(4)], device=image.device)
                fused, sees = fuse(z, seen, model.log_weight, model.bias, member)
                rows[s].append(score(nested(fused, sees), cases.labels[i]))
    return table_of(rows)


def nested(logits, sees):
    """logits (1, 3, ...), sees (1, 1, ...) -> masks (1, 3, ...) bool: above 0 where a member sees, ET in TC in WT."""
    found = (logits > 0) & (sees > 0)
    found[:, 1] &= found[:, 0]
    found[:, 2] &= found[:, 1]
    return found


def counts_of(found, labels):
    """found (1, 3, ...) bool, labels (...) -> (3, 3): voxels in both, found, true of WT, TC, ET, where the truth is known."""
    maps = region_maps(labels[None])
    target, known = maps[:, :3], 1 - maps[:, [3, 4, 4]]
    p = found.float() * known
    axes = (0, 2, 3, 4)
    return torch.stack([(p * target).sum(axes), p.sum(axes), (target * known).sum(axes)])


def score(found, labels):
    """-> [Dice WT, TC, ET, false WT in ml, ET in ml where there is none]; NaN where the truth has nothing to say. Arguments: counts_of."""
    ml = float(SPACING.prod()) / 1000
    both, size, true = counts_of(found, labels)
    dice = (2 * both / (size + true).clamp_min(1)).cpu().numpy()
    dice[(true == 0).cpu().numpy()] = np.nan
    parts_unknown = bool((labels == 5).any())
    if parts_unknown:
        dice[1:] = np.nan
    invented = float(size[2]) * ml if float(true[2]) == 0 and not parts_unknown else np.nan
    return [*dice, float((size - both)[0]) * ml, invented]


def table_of(rows):
    """{combination: the scores of its cases} -> {mean, combinations: {name: [means of the five, n]}}."""
    table = {}
    for s, values in rows.items():
        if values:
            a = np.array(values, float)
            means = [np.nanmean(a[:, j]) if not np.isnan(a[:, j]).all() else np.nan for j in range(5)]
            table[name_of(s)] = [None if np.isnan(v) else round(float(v), 4) for v in means] + [len(values)]
    mean = [round(float(np.mean([row[j] for row in table.values() if row[j] is not None])), 4) for j in range(4)]
    return {'mean': mean, 'combinations': table}
