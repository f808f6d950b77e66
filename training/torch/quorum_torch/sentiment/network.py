"""Dynamic Sharing for vectors: an encoder a modality, one trunk for all with norms of their own, the mean of the logits."""
import torch
import torch.nn.functional as F
from torch import nn


class ModalityNorm(nn.Module):
    """LayerNorm with scale and shift per modality, then ReLU and dropout. x: (N, d)."""

    def __init__(self, width, modalities, dropout):
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(modalities))
        self.dropout = dropout

    def forward(self, x, m):
        return F.dropout(F.relu(self.norms[m](x)), self.dropout, self.training)


class DynamicSharingVectors(nn.Module):
    """inputs: features a modality, e.g. (73, 100, 100). forward(x: (N, d_m), m) -> logits (N,) of modality m alone."""

    def __init__(self, inputs, width=64, depth=2, dropout=.3):
        super().__init__()
        self.encoders = nn.ModuleList(nn.Linear(d, width) for d in inputs)
        self.entry = ModalityNorm(width, len(inputs), dropout)
        self.trunk = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.norms = nn.ModuleList(ModalityNorm(width, len(inputs), dropout) for _ in range(depth))
        self.out = nn.Linear(width, 1)

    def forward(self, x, m):
        y = self.entry(self.encoders[m](x), m)
        for layer, norm in zip(self.trunk, self.norms):
            y = norm(layer(y), m)
        return self.out(y)[:, 0]

    def shared_parameters(self):
        """What every modality uses: the trunk's matrices and the output."""
        return [*self.trunk.parameters(), *self.out.parameters()]

    def own_parameters(self):
        """(modality, parameter) of the encoders and norms."""
        norms = [self.entry, *self.norms]
        return [(m, p) for m in range(len(self.encoders)) for part in (self.encoders[m], *(n.norms[m] for n in norms)) for p in part.parameters()]


class EarlyFusion(nn.Module):
    """One network on all features side by side; an absent modality is 0. forward(features, combination) -> logits (N,)."""

    def __init__(self, inputs, width=64, depth=2, dropout=.3):
        super().__init__()
        layers, d = [], sum(inputs)
        for _ in range(depth + 1):
            layers += [nn.Linear(d, width), nn.LayerNorm(width), nn.ReLU(), nn.Dropout(dropout)]
            d = width
        self.layers = nn.Sequential(*layers, nn.Linear(d, 1))

    def forward(self, features, combination):
        return self.layers(torch.cat([x if m in combination else torch.zeros_like(x) for m, x in enumerate(features)], 1))[:, 0]


def fuse(logits, combination):
    """The mean of the members' logits (Wang et al., 2024)."""
    return sum(logits[m] for m in combination) / len(combination)
