"""Gradient-guided Modality Decoupling (Hu et al., AAAI 2024, eq. 5-9) of the gradients of several objectives."""
import torch

from .losses import COMBINATIONS


def paper_coefficients(gram):
    """gram: (k, k) of the gradients -> (k, k) c with G'_j = sum_k c[j, k] G_k: from each the projections on all that it conflicts with."""
    norms = gram.diagonal().clamp_min(1e-30)
    off = ~torch.eye(len(gram), dtype=torch.bool, device=gram.device)
    return torch.eye(len(gram), device=gram.device, dtype=gram.dtype) - torch.where((gram < 0) & off, gram / norms[None], torch.zeros_like(gram))


def merge(model, losses, chosen, present):
    """Sets every parameter's .grad to the decoupled mean of the objectives' gradients; returns what happened as numbers.

    losses: (k,) of the chosen combinations; present: which of the four modalities any sample of the step has.
    Shared parameters take the mean of the decoupled gradients, a norm or a fusion weight the mean of those objectives that touch it.
    """
    shared = model.shared_parameters()
    norms = model.norm_parameters()
    own = [p for _, p in norms] + [model.log_weight, model.bias]
    rows = []
    sums = [torch.zeros_like(p) for p in own]
    for j, loss in enumerate(losses):
        grads = torch.autograd.grad(loss, shared + own, retain_graph=j + 1 < len(losses), allow_unused=True)
        rows.append(torch.cat([(g if g is not None else torch.zeros_like(p)).flatten().float() for g, p in zip(grads, shared)]))
        for total, g in zip(sums, grads[len(shared):]):
            if g is not None:
                total += g
    flat = torch.stack(rows)
    double = flat.double()
    gram = double @ double.T
    c = paper_coefficients(gram)
    merged = (c.mean(0).float()[None] @ flat)[0]
    at = 0
    for p in shared:
        p.grad = merged[at:at + p.numel()].view_as(p).clone()
        at += p.numel()
    touching = [max(1, sum(m in COMBINATIONS[i] and present[m] for i in chosen)) for m in range(4)]
    for (m, p), total in zip(norms, sums):
        p.grad = total / touching[m]
    for p, total in zip((model.log_weight, model.bias), sums[len(norms):]):
        p.grad = total / torch.tensor(touching, device=total.device)[:, None]
    size = gram.diagonal().clamp_min(1e-30).sqrt()
    k = len(gram)
    off = ~torch.eye(k, dtype=torch.bool, device=gram.device)
    return torch.stack([
        ((gram < 0) & off).sum() / max(1, k * (k - 1)),               # share of conflicting pairs
        size.max() / size.min(),                                      # dominance
        ((gram.mean(0) / size) < 0).double().mean(),                  # objectives that the plain mean would worsen
        ((c.mean(0) @ gram / size) < 0).double().mean(),              # objectives that the merged step worsens
        ((c @ gram @ c.T).diagonal().clamp_min(0).sqrt() / size).mean(),  # |G'| / |G|
    ])
