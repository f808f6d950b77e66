"""One network per combination, each trained on its own sequences alone: 15 networks that share nothing.

The usual reference ("dedicated" networks), for example in Wang et al., "ACN: Adversarial Co-training Network", MICCAI 2021.
"""
from torch import nn

from ..losses import COMBINATIONS, name_of
from .method import Method, Phase, Plain, each, index_of, loss_on


class PerCombination(Method):
    NAME, TITLE = 'per-combination', 'One network per combination'
    CITES = 'the dedicated networks that papers compare with, e.g. Wang et al. (ACN), MICCAI 2021'
    DIFFERS = 'each of the 15 networks takes as many steps as any other method’s network, so the whole takes 15 times as many'

    def __init__(self, channels):
        super().__init__()
        self.networks = nn.ModuleList(Plain(channels, inputs=len(s)) for s in COMBINATIONS)

    def losses_of(self, s):
        def losses(batch, draws, done):
            x = batch.x[:, list(s)]
            loss = loss_on(self.networks[index_of(s)](x), x, batch)
            return loss, {name_of(s): loss}
        return losses

    def phases(self, steps):
        return [Phase(name_of(s), steps, self.networks[i].parameters(), self.losses_of(s)) for i, s in enumerate(COMBINATIONS)]

    def predict(self, x, combinations):
        return each(x, combinations, lambda part, s: self.networks[index_of(s)](part[:, list(s)]))
