"""check.py REFERENCE_FOLDER: logits, Dice losses, Gram matrix and decoupled gradients against the numbers of test/reference. Exit 1 when one is off."""
import sys

import torch

from .decouple import paper_coefficients
from .export import load_safetensors
from .losses import COMBINATIONS, fuse
from .network import DynamicSharing, channels_of_width


def network_of(tensors):
    model = DynamicSharing(channels_of_width(.25)).eval()
    model.load_state_dict({k[6:]: v for k, v in tensors.items() if k.startswith('param/')}, strict=False)
    return model


def fused_of(model, x):
    z = [model.module(x[:, m:m + 1], torch.tensor([m])) for m in range(4)]
    seen = torch.ones_like(x)
    for s in COMBINATIONS:
        yield fuse(z, seen, model.log_weight, model.bias, torch.tensor([float(m in s) for m in range(4)]))[0]


def dice_loss(fused, target):
    """The authors' objective: soft Dice per channel with 1 added to both sides, without cross-entropy."""
    p = torch.sigmoid(fused)
    axes = (0, 2, 3, 4)
    return (1 - (2 * (p * target).sum(axes) + 1) / (p.sum(axes) + target.sum(axes) + 1)).mean()


def main():
    tensors = load_safetensors(f'{sys.argv[1]}/ds-gmd-a.safetensors')
    model = network_of(tensors)
    fused = list(fused_of(model, tensors['input']))
    names = [''.join(map(str, s)) for s in COMBINATIONS]
    logits = max((f - tensors[f'logits/{n}']).abs().max().item() for f, n in zip(fused, names))
    losses = torch.stack([dice_loss(f, tensors['target'].float()) for f in fused])
    parameters = list(model.module.parameters())
    rows = []
    for loss in losses:
        grads = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
        rows.append(torch.cat([(g if g is not None else torch.zeros_like(p)).flatten() for g, p in zip(grads, parameters)]).double())
    flat = torch.stack(rows)
    gram, expected = flat @ flat.T, tensors['subsets15/gram']
    loss_error = (losses - tensors['subsets15/losses']).abs().max().item()
    gram_error = ((gram - expected).abs().max() / expected.abs().max()).item()
    projections = load_safetensors(f'{sys.argv[1]}/projection.safetensors')
    off = 0.
    for kind in ('small', 'large'):
        g, touches = projections[f'{kind}/gradients'].double(), projections[f'{kind}/has_gradient'].bool()
        off = max(off, projection_error(g, touches, projections[f'{kind}/merged_paper'].double()))
    print(f'logits {logits:.1e} (1e-4), losses {loss_error:.1e} (1e-5), Gram {gram_error:.1e} (1e-3), projection {off:.1e} (1e-6)')
    sys.exit(not (logits < 1e-4 and loss_error < 1e-5 and gram_error < 1e-3 and off < 1e-6))


def projection_error(gradients, touches, expected):
    """Parameters that every objective touches: the mean of the decoupled gradients; the others: the plain mean of those that touch them."""
    shared = touches.all(0)
    own = gradients[:, shared]
    merged = torch.zeros_like(expected)
    merged[shared] = paper_coefficients(own @ own.T).mean(0) @ own
    merged[~shared] = (gradients * touches).sum(0)[~shared] / touches.sum(0).clamp_min(1)[~shared]
    return ((merged - expected).norm() / expected.norm()).item()


if __name__ == '__main__':
    main()
