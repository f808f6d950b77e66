"""Early fusion, then low-rank adapters a combination on its convolutions, the rest frozen.

Shi et al., "MoRA: LoRA Guided Multi-Modal Disease Diagnosis with Missing Modality", MICCAI 2024: one projection to a few dimensions, and a way back of
its own for each combination. Low-rank adaptation: Hu et al., ICLR 2022.
"""
import torch
from torch import nn

from ..losses import COMBINATIONS
from ..network import Convolution
from .early_fusion import EarlyFusion
from .method import Phase, each, index_of, loss_on, masked, subsets_of

RANK = 4
SCALE = 8.  # of what an adapter adds: LoRA's alpha / rank


class Adapted(nn.Module):
    """A convolution in the place of `base` with base(x) + SCALE up_s(down(x)) for the combination of each sample; up begins at 0."""

    def __init__(self, base, rank):
        super().__init__()
        self.base = base
        self.down = nn.Conv3d(base.in_channels, rank, base.kernel_size, padding=base.padding, bias=False)
        self.up = nn.Parameter(torch.zeros(len(COMBINATIONS), base.out_channels, rank))
        self.chosen = None

    def forward(self, x):
        y = self.base(x)
        if self.chosen is None:
            return y
        return y + SCALE * torch.einsum('bor,brdhw->bodhw', self.up[self.chosen], self.down(x))


class Adapters(EarlyFusion):
    NAME, TITLE = 'adapters', 'Low-rank adapters (MoRA’s idea)'
    CITES = 'Shi et al. (MoRA), MICCAI 2024'
    DIFFERS = f'adapters of rank {RANK} (scaled by {SCALE:.0f}) on every 3×3×3 convolution of a U-Net that early fusion trained for half of the steps; theirs sit in the first block of a multi-modal model that was pre-trained on other data'

    def __init__(self, channels):
        super().__init__(channels)
        convolutions = [c for c in self.network.modules() if isinstance(c, Convolution) and c.module.kernel_size[0] == 3]
        self.frozen = [p for p in self.network.parameters()]
        for c in convolutions:
            c.module = Adapted(c.module, RANK)
        self.adapted = [c.module for c in convolutions]

    def own(self):
        return [p for a in self.adapted for p in (a.up, a.down.weight)]

    def choose(self, chosen):
        for a in self.adapted:
            a.chosen = chosen

    def adapting(self, batch, draws, done):
        subsets = subsets_of(batch.x, draws)
        x = masked(batch.x, subsets)
        self.choose(torch.tensor([index_of(s) for s in subsets], device=x.device))
        loss = loss_on(self.network(x), x, batch)
        self.choose(None)
        return loss, {'dropout': loss}

    def phases(self, steps):
        half = steps // 2
        return [Phase('base', half, self.frozen, self.losses), Phase('adapters', steps - half, self.own(), self.adapting)]

    def predict(self, x, combinations):
        def one(part, s):
            self.choose(torch.full((len(part),), index_of(s), dtype=torch.long, device=part.device))
            return self.network(part)
        result = each(x, combinations, one)
        self.choose(None)
        return result
