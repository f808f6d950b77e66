"""Dynamic Sharing itself, with the plain mean of the 15 losses and with gradient decoupling: what the others are compared with.

Wang et al., "Gradient-Guided Modality Decoupling for Missing-Modality Robustness", AAAI 2024.
"""
import torch

from ..losses import fuse
from ..network import DynamicSharing
from ..steps import Steps
from .method import Method, Phase


class Mean(Method):
    NAME, TITLE = 'ds-mean', 'DS, mean loss'
    CITES = 'Wang et al., AAAI 2024, without its decoupling'
    DIFFERS = 'the mean of all 15 losses a step; fusion by the plain mean of the logits'

    def __init__(self, channels):
        super().__init__()
        self.model = DynamicSharing(channels)
        self.model.log_weight.requires_grad_(False)
        self.model.bias.requires_grad_(False)

    def steps(self):
        return Steps(self.model, self.model.bias.device)

    def losses(self, batch, draws, done):
        losses = self.steps().mean([((batch.x, batch.y, batch.known), 1.)], 1., 0., 0.)
        return None, {'mean': losses.mean()}

    def phases(self, steps):
        return [Phase('train', steps, self.model.module.parameters(), self.losses)]

    def predict(self, x, combinations):
        members = sorted({m for s in combinations for m in s})
        z = {m: self.model.module(x[:, m:m + 1], torch.full((len(x),), m, dtype=torch.long, device=x.device)) for m in members}
        nothing = torch.zeros_like(next(iter(z.values())))
        seen = (x != 0).float()
        result = {}
        for s in combinations:
            member = torch.tensor([float(m in s) for m in range(4)], device=x.device)
            result[s] = fuse([z.get(m, nothing) for m in range(4)], seen, self.model.log_weight, self.model.bias, member)[0]
        return result

    def inference_parameters(self):
        return sum(p.numel() for p in self.model.module.parameters())


class Decoupled(Mean):
    NAME, TITLE = 'ds-gmd', 'DS + GMD'
    CITES = 'Wang et al., AAAI 2024'
    DIFFERS = 'equations 5 to 9 on the gradients of 5 of the 15 combinations, drawn anew each step; the merge of the decoupled gradients, which the paper leaves open, is their mean'

    def losses(self, batch, draws, done):
        chosen = sorted(draws.sample(range(15), 5))
        losses, told = self.steps().decoupled([((batch.x, batch.y, batch.known), 1.)], chosen, 'paper')
        k = len(chosen)
        return None, {'mean': losses.mean(), 'conflicts': ((told['gram'] < 0).sum() / (k * (k - 1)))}
