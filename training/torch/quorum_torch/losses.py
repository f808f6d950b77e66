"""Fusion of the modalities' logits over the 15 combinations, and the loss of each combination.

A modality that is blind at a point (its image is 0 there) abstains where another member is not. Where every image of a sample is 0 there is no loss.
"""
import itertools

import torch

from . import MODALITIES

# The 15 combinations: all four, the triples, the pairs, the singles, each in lexicographic order.
COMBINATIONS = [s for n in (4, 3, 2, 1) for s in itertools.combinations(range(4), n)]
SINGLES = range(11, 15)
# (larger, smaller) for every combination and the same with one modality less.
PAIRS = [(i, j) for i, s in enumerate(COMBINATIONS) for j, t in enumerate(COMBINATIONS) if len(t) == len(s) - 1 and set(t) < set(s)]


def name_of(combination):
    return '+'.join(MODALITIES[m] for m in combination)


OUTSIDE_LOGIT = -10.


def fuse(z, seen, log_weight, bias, member):
    """z: list of 4 logit maps (B, 3, ...); seen: (B, 4, ...) 1 where a modality's image is not 0; member: (4,) 0 or 1
    -> fused logits (B, 3, ...), OUTSIDE_LOGIT where no member sees, and (B, 1, ...) 1 where any does."""
    numerator = denominator = sees = 0.
    for m in range(4):
        here = member[m] * seen[:, m:m + 1]
        w = log_weight[m].exp()[None, :, None, None, None] * here
        numerator = numerator + w * (z[m].float() + bias[m][None, :, None, None, None])
        denominator = denominator + w
        sees = sees + here
    sees = (sees > 0).float()
    return numerator / denominator.clamp_min(1e-6) + OUTSIDE_LOGIT * (1 - sees), sees


def region_loss(logits, counted, target, teacher=None, distil=0., add_up=lambda sums: sums):
    """Soft Dice over the whole batch and cross-entropy of logits (B, 3, ...), where counted (B, 3, ...) is 1 -> scalar.

    target (B, 3, ...) soft. teacher: probabilities (B, 3, ...) that the logits are drawn to as well, with weight distil.
    add_up: the sums (6, 3) of this process -> those of the whole step's batch (ranks.shared_sum).
    """
    teacher = target if teacher is None else teacher
    axes = (0, 2, 3, 4)
    p = torch.sigmoid(logits) * counted
    # cross-entropy with logits, for soft targets too
    softplus = logits.clamp_min(0) + torch.log1p(torch.exp(-logits.abs()))
    terms = (p * target, p, target * counted, (softplus - logits * target) * counted, (softplus - logits * teacher) * counted, counted)
    both, predicted, actual, entropy, taught, voxels = add_up(torch.stack([t.sum(axes) for t in terms])).unbind(0)
    dice = 1 - (2 * both + 1) / (predicted + actual + 1)
    voxels = voxels.clamp_min(1)
    return dice.mean() + (entropy / voxels).mean() + distil * (taught / voxels).mean()


def loss_of(z, seen, target, known, log_weight, bias, member, teacher, distil, add_up=lambda sums: sums):
    """region_loss of one combination of DS -> scalar. known (B, 3, ...) 0 or 1; distil: a tensor.

    Counted, as in `quorum train`, are the points where any image of the sample is not 0, if the sample has a member at all.
    """
    fused, sees = fuse(z, seen, log_weight, bias, member)
    counted = known * seen.amax(1, keepdim=True) * sees.amax((1, 2, 3, 4), keepdim=True)
    return region_loss(fused, counted, target, teacher, distil, add_up)


def objective_weights(losses, singles, hinge):
    """Weights of the 15 losses: singles count `singles` times; a combination that is worse than one with a modality less counts 1 + hinge."""
    weights = torch.ones_like(losses)
    weights[11:] = singles
    if hinge > 0:
        values = losses.detach()
        larger = torch.tensor([p[0] for p in PAIRS], device=losses.device)
        smaller = torch.tensor([p[1] for p in PAIRS], device=losses.device)
        worse = (values[larger] > values[smaller]).float()
        weights = weights.index_add(0, larger, hinge * worse)
    return weights / weights.sum()
