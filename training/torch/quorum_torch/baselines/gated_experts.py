"""A network a sequence, whose answers a gate weighs, and a loss that is there where more sequences do worse than fewer.

Li, Chen and Han, "SimMLM: A Simple Framework for Multi-modal Learning with Missing Modality", ICCV 2025.
"""
import torch
import torch.nn.functional as F
from torch import nn

from ..losses import name_of
from .method import Method, Phase, Plain, loss_on, masked, subsets_of

RANKING_WEIGHT = 1.


class Gate(nn.Module):
    """x (B, 4, ...) zero-filled -> weights (B, 4) that are 0 for absent sequences and sum to 1."""

    def __init__(self, width=8):
        super().__init__()
        self.features = nn.Sequential(nn.Conv3d(4, width, 3, stride=2, padding=1), nn.ReLU(), nn.Conv3d(width, width, 3, stride=2, padding=1), nn.ReLU())
        self.last = nn.Linear(width, 4)

    def forward(self, x):
        absent = ~(x != 0).flatten(2).any(2)
        scores = self.last(self.features(x).mean((2, 3, 4)))
        return torch.softmax(scores.masked_fill(absent, -1e9), 1)


def ranking(more, fewer):
    """0 where more sequences have the smaller loss, else by how much it is greater (MoFe)."""
    return F.relu(more - fewer)


class GatedExperts(Method):
    NAME, TITLE = 'gated-experts', 'Gated experts (SimMLM-like)'
    CITES = 'Li, Chen and Han (SimMLM), ICCV 2025'
    DIFFERS = 'gate and experts are of this project’s making (the experts its U-Net); two combinations a step, one within the other'

    def __init__(self, channels):
        super().__init__()
        self.experts = nn.ModuleList(Plain(channels, inputs=1) for _ in range(4))
        self.gate = Gate()

    def answers(self, x, members):
        return {m: self.experts[m](x[:, m:m + 1]) for m in members}

    def mixed(self, z, x, s):
        """The gate's mixture of the answers z over combination s."""
        weights = self.gate(masked(x, [s] * len(x)))
        return sum(weights[:, m, None, None, None, None] * z[m] for m in s)

    def losses(self, batch, draws, done):
        more = subsets_of(batch.x[:1], draws)[0]
        fewer = tuple(sorted(draws.sample(more, draws.randint(1, len(more)))))
        z = self.answers(batch.x, more)
        of = lambda s: loss_on(self.mixed(z, batch.x, s), masked(batch.x, [s] * len(batch.x)), batch)
        large, small = of(more), of(fewer)
        rank = ranking(large, small)
        return large + small + RANKING_WEIGHT * rank, {name_of(more): large, name_of(fewer): small, 'ranking': rank}

    def phases(self, steps):
        return [Phase('train', steps, self.parameters(), self.losses)]

    def predict(self, x, combinations):
        z = self.answers(x, sorted({m for s in combinations for m in s}))
        return {s: self.mixed(z, x, s) for s in combinations}
