"""What the methods have in common: how the shared loop trains one and asks it for a combination."""
import itertools

import torch
from torch import nn

from ..losses import COMBINATIONS, region_loss
from ..network import UNet


class Phase:
    """A part of a training: `steps` steps over `parameters`, each minimising what `losses` gives.

    losses(batch, draws, done) -> (total, {name: loss}); total None: the gradients are set already. draws: random.Random of this step; done: 0 to 1.
    """

    def __init__(self, name, steps, parameters, losses, after=lambda: None):
        self.name, self.steps, self.parameters, self.losses, self.after = name, steps, list(parameters), losses, after


class Batch:
    """x (B, 4, ...) z-scores, 0 where there is no image; y (B, 3, ...) soft targets; known (B, 3, ...) 0 or 1.
    partly: a function that gives a Batch of cases whose tumour's parts are unknown, or None."""

    def __init__(self, x, y, known, partly=None):
        self.x, self.y, self.known, self.partly = x, y, known, partly


class Method(nn.Module):
    """A baseline: NAME, TITLE, CITES (its paper) and DIFFERS (what was left out) are read by the table's page."""
    NAME = TITLE = CITES = DIFFERS = ''

    def phases(self, steps):
        """The training, where a network is given `steps` steps."""
        raise NotImplementedError

    def predict(self, x, combinations):
        """x (1, 4, ...) -> {combination: logits (1, 3, ...)}: what combinations share is done once."""
        raise NotImplementedError

    def inference_parameters(self):
        """How many numbers have to be kept to segment all 15 combinations."""
        return sum(p.numel() for p in self.parameters())


class Plain(nn.Module):
    """A U-Net with one set of norms that takes the four sequences as channels of one input."""

    def __init__(self, channels, inputs=4, outputs=3, norms=1):
        super().__init__()
        self.network = UNet(channels, inputs, outputs, norms)

    def forward(self, x, norm=0):
        return self.network(x, torch.full((len(x),), norm, dtype=torch.long, device=x.device))


def masked(x, subsets):
    """x (B, 4, ...) with the sequences that are not in each sample's subset set to 0."""
    keep = torch.tensor([[float(m in s) for m in range(4)] for s in subsets], device=x.device)
    return x * keep[:, :, None, None, None]


def subsets_of(x, draws):
    """For each sample a subset of the sequences that it has, drawn uniformly from the non-empty ones."""
    have = (x != 0).flatten(2).any(2).tolist()
    chosen = []
    for row in have:
        mine = [m for m in range(4) if row[m]] or list(range(4))
        chosen.append(draws.choice([s for n in range(1, len(mine) + 1) for s in itertools.combinations(mine, n)]))
    return chosen


def sees(x):
    """(B, 1, ...): 1 where any sequence has tissue."""
    return (x != 0).any(1, keepdim=True).float()


def loss_on(logits, x, batch, teacher=None, distil=0.):
    """region_loss of what was found from x, where x sees anything."""
    return region_loss(logits, batch.known * sees(x), batch.y, teacher, distil)


def each(x, combinations, network):
    """{combination: network(x with the others 0)}, for methods that share nothing between combinations."""
    return {s: network(masked(x, [s] * len(x)), s) for s in combinations}


def index_of(s):
    return COMBINATIONS.index(tuple(s))
