"""Gradient-guided Modality Decoupling (Wang et al., AAAI 2024, eq. 5-9) of the gradients of several objectives."""
import torch

from . import ranks
from .losses import COMBINATIONS

VARIANTS = ('paper', 'pcgrad', 'mean')
CHUNK = 1 << 20


def paper_coefficients(gram):
    """gram: (k, k) of the gradients -> (k, k) c with G'_j = sum_k c[j, k] G_k: from each the projections on all that it conflicts with."""
    norms = gram.diagonal().clamp_min(1e-30)
    off = ~torch.eye(len(gram), dtype=torch.bool, device=gram.device)
    return torch.eye(len(gram), device=gram.device, dtype=gram.dtype) - torch.where((gram < 0) & off, gram / norms[None], torch.zeros_like(gram))


def pcgrad_coefficients(gram):
    """The same for PCGrad (Yu et al., 2020) as the authors' code has it: one projection after the other, in the order of the objectives."""
    k = len(gram)
    rows = torch.eye(k, dtype=gram.dtype, device=gram.device)
    norms = gram.diagonal().clamp_min(1e-30)
    for other in range(k):
        dots = rows @ gram[:, other]
        rows[:, other] -= torch.where(dots < 0, dots / norms[other], torch.zeros_like(dots))
    return rows


def coefficients_of(variant, gram):
    if variant == 'paper':
        return paper_coefficients(gram)
    if variant == 'pcgrad':
        return pcgrad_coefficients(gram)
    return torch.eye(len(gram), device=gram.device, dtype=gram.dtype)


def gradients_of(losses, parameters, kept=torch.float32):
    """(k, n) of type `kept`: the gradient of each loss, flat; 0 where it does not touch a parameter. Summed over the processes in float."""
    flat = torch.empty(len(losses), sum(p.numel() for p in parameters), dtype=kept, device=parameters[0].device)
    for j, loss in enumerate(losses):
        grads = torch.autograd.grad(loss, parameters, retain_graph=j + 1 < len(losses), allow_unused=True)
        row = torch.cat([(g if g is not None else torch.zeros_like(p)).flatten().float() for g, p in zip(grads, parameters)])
        flat[j] = ranks.total(row)
    return flat


def chunks(flat):
    """(columns, their part of flat): so that no second copy of the k gradients is made."""
    for at in range(0, flat.shape[1], CHUNK):
        yield slice(at, at + CHUNK), flat[:, at:at + CHUNK]


def gram_of(flat):
    """(k, k) double: the inner products of the rows, summed chunk by chunk."""
    return sum(part.double() @ part.double().T for _, part in chunks(flat))


def combined(row, flat):
    """(n,) float: the rows of flat, weighted by row (k,)."""
    result = torch.empty(flat.shape[1], device=flat.device)
    for columns, part in chunks(flat):
        result[columns] = row.float() @ part.float()
    return result


def merge(model, losses, chosen, variant='paper', kept=torch.float32):
    """Sets every parameter's .grad to the decoupled mean of the objectives' gradients; returns what happened.

    losses: (k,) of the chosen combinations. `paper`, `mean`: shared parameters take the mean of the (decoupled) gradients, a norm or a
    fusion weight the mean of the plain ones of those objectives that touch it. `pcgrad`: dot products over all parameters; shared ones
    are averaged, the others summed, with what projection put there. Returns {gram (k, k), merged (k, k)}: coefficients and products.
    """
    shared = model.shared_parameters()
    own = [p for _, p in model.norm_parameters()] + model.fusion_parameters()
    flat = gradients_of(losses, shared + own, kept)
    length = sum(p.numel() for p in shared)
    gram = gram_of(flat if variant == 'pcgrad' else flat[:, :length])
    c = coefficients_of(variant, gram)
    put(shared, combined(c.mean(0), flat[:, :length]))
    rest = flat[:, length:].float()
    put(own, c.sum(0).float() @ rest if variant == 'pcgrad' else rest.sum(0) / touching(model, chosen, rest.device))
    return {'gram': gram, 'coefficients': c}


def touching(model, chosen, device):
    """(n,): of how many chosen objectives each own parameter is a part."""
    of = [max(1, sum(m in COMBINATIONS[i] for i in chosen)) for m in range(4)]
    parts = [torch.full((p.numel(),), float(of[m]), device=device) for m, p in model.norm_parameters()]
    rows = torch.tensor(of, dtype=torch.float32, device=device)[:, None].expand(4, 3).reshape(-1)
    return torch.cat(parts + [rows for _ in model.fusion_parameters()])


def put(parameters, flat):
    at = 0
    for p in parameters:
        p.grad = flat[at:at + p.numel()].view_as(p).clone()
        at += p.numel()


def indicators(gram, coefficients):
    """What the paper watches: norms and cosines of the objectives; |G'| / |G|; and whom the plain and the merged mean would worsen (shares)."""
    size = gram.diagonal().clamp_min(1e-30).sqrt()
    k = len(gram)
    off = ~torch.eye(k, dtype=torch.bool, device=gram.device)
    merged = coefficients @ gram
    return {
        'norms': size,
        'cosines': gram / size[:, None] / size[None],
        'normRatios': (merged @ coefficients.T).diagonal().clamp_min(0).sqrt() / size,
        'conflicts': ((gram < 0) & off).sum() / max(1, k * (k - 1)),
        'meanHarms': ((gram.mean(0) / size) < 0).double().mean(),
        'mergedHarms': ((coefficients.mean(0) @ gram / size) < 0).double().mean(),
    }
