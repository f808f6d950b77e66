"""One training of one method: `gmd`, `mean`, `dropout` (Dynamic Sharing) or `early` (early fusion with modality dropout)."""
import copy
import random

import torch
import torch.nn.functional as F

from ..decouple import gradients_of, paper_coefficients, put
from . import COMBINATIONS
from .network import DynamicSharingVectors, EarlyFusion, fuse

METHODS = ('gmd', 'mean', 'dropout', 'early')


def logits_of(model, features, combinations):
    """Fused logits (N,) of each combination; Dynamic Sharing runs once a modality."""
    if isinstance(model, EarlyFusion):
        return [model(features, s) for s in combinations]
    z = {m: model(features[m], m) for m in {m for s in combinations for m in s}}
    return [fuse(z, s) for s in combinations]


def decouple(model, losses):
    """Sets the gradients: shared parameters the mean of the decoupled ones (eq. 5-9), the others the mean of those objectives that touch them.

    Returns the share of pairs in conflict.
    """
    shared = model.shared_parameters()
    own = model.own_parameters()
    flat = gradients_of(losses, shared + [p for _, p in own])
    length = sum(p.numel() for p in shared)
    part = flat[:, :length].double()
    gram = part @ part.T
    put(shared, paper_coefficients(gram).mean(0).float() @ flat[:, :length])
    touching = [sum(m in s for s in COMBINATIONS) for m in range(len(model.encoders))]
    counts = torch.cat([torch.full((p.numel(),), float(touching[m])) for m, p in own])
    put([p for _, p in own], flat[:, length:].sum(0) / counts)
    k = len(gram)
    return float((gram < 0).sum()) / (k * (k - 1))


def scores(model, side):
    """[(accuracy, F1 of the positive class)] of the 7 combinations."""
    features, labels = side
    model.eval()
    with torch.no_grad():
        predictions = [(z > 0).float() for z in logits_of(model, features, COMBINATIONS)]
    result = []
    for p in predictions:
        true = (p * labels).sum()
        f1 = 2 * true / (p.sum() + labels.sum()).clamp_min(1)
        result.append((float((p == labels).float().mean()), float(f1)))
    return result


def train(method, seed, train_side, validation, epochs=60, batch=64, rate=1e-3, decay=1e-2):
    """The parameters of the epoch with the best mean accuracy over the 7 combinations on validation, and {epoch, conflicts}."""
    torch.manual_seed(seed)
    drawn = random.Random(seed)
    features, labels = train_side
    inputs = [x.shape[1] for x in features]
    model = (EarlyFusion if method == 'early' else DynamicSharingVectors)(inputs)
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    best, kept, conflicts = (-1., 0), None, []
    for epoch in range(epochs):
        model.train()
        order = torch.randperm(len(labels))
        for at in range(0, len(order) - batch + 1, batch):
            index = order[at:at + batch]
            x, y = [f[index] for f in features], labels[index]
            combinations = COMBINATIONS if method in ('gmd', 'mean') else [drawn.choice(COMBINATIONS)]
            losses = [F.binary_cross_entropy_with_logits(z, y) for z in logits_of(model, x, combinations)]
            optimiser.zero_grad(set_to_none=True)
            if method == 'gmd':
                conflicts.append(decouple(model, losses))
            else:
                (sum(losses) / len(losses)).backward()
            optimiser.step()
        schedule.step()
        mean = sum(s[0] for s in scores(model, validation)) / len(COMBINATIONS)
        if mean > best[0]:
            best, kept = (mean, epoch + 1), copy.deepcopy(model.state_dict())
    model.load_state_dict(kept)
    return model, {'validation': round(best[0], 4), 'epoch': best[1], 'conflicts': round(sum(conflicts) / len(conflicts), 4) if conflicts else None}
