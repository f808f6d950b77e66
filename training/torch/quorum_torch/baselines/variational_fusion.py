"""Feature fusion as in U-HVED: an encoder a sequence, whose features are Gaussians; their product over the members is decoded.

Dorent et al., "Hetero-Modal Variational Encoder-Decoder for Joint Modality Completion and Segmentation", MICCAI 2019.
"""
import torch
from torch import nn

from ..losses import name_of
from ..network import UNet
from .method import Method, Phase, loss_on, masked, subsets_of

KL_WEIGHT = .1


def product(means, log_variances):
    """The product of Gaussians N(mean, exp(log_variance)) and the prior N(0, 1) -> its mean and log variance."""
    precisions = [torch.exp(-v) for v in log_variances]
    total = 1 + sum(precisions)
    return sum(m * p for m, p in zip(means, precisions)) / total, -torch.log(total)


def divergence(mean, log_variance):
    """Kullback-Leibler divergence from N(0, 1), averaged over elements."""
    return .5 * (mean ** 2 + log_variance.exp() - 1 - log_variance).mean()


class VariationalFusion(Method):
    NAME, TITLE = 'variational-fusion', 'Feature fusion (U-HVED-like)'
    CITES = 'Dorent et al. (U-HVED), MICCAI 2019'
    DIFFERS = 'it segments alone: the decoders that reconstruct the sequences are left out; the network is this project’s U-Net'

    def __init__(self, channels):
        super().__init__()
        c = list(channels)
        whole = [UNet(c, norms=1) for _ in range(4)]
        self.encoders = nn.ModuleList(nn.ModuleList([u.inc, u.down1, u.down2, u.down3, u.down4]) for u in whole)
        features = [*c[:4], c[4] // 2]
        # what tells the features' log variances, one for each encoder and level
        self.spreads = nn.ModuleList(nn.ModuleList(nn.Conv3d(n, n, 1) for n in features) for _ in range(4))
        self.means = nn.ModuleList(nn.ModuleList(nn.Conv3d(n, n, 1) for n in features) for _ in range(4))
        decoder = UNet(c, norms=1)
        del decoder.inc, decoder.down1, decoder.down2, decoder.down3, decoder.down4
        self.decoder = decoder

    def encode(self, x, m):
        """[(mean, log variance)] of the five levels from sequence m of x (B, 4, ...)."""
        none = torch.zeros(len(x), dtype=torch.long, device=x.device)
        levels, y = [], x[:, m:m + 1]
        for block, mean, spread in zip(self.encoders[m], self.means[m], self.spreads[m]):
            y = block(y, none)
            levels.append((mean(y), spread(y).clamp(-6, 6)))
        return levels

    def fused(self, codes, draw):
        """codes: the members' [(mean, log variance)] -> logits, divergence. draw: a sample of the product, else its mean."""
        levels, far = [], 0.
        for gaussians in zip(*codes):
            mean, log_variance = product([g[0] for g in gaussians], [g[1] for g in gaussians])
            far = far + divergence(mean, log_variance)
            levels.append(mean + torch.randn_like(mean) * torch.exp(log_variance / 2) if draw else mean)
        none = torch.zeros(len(levels[0]), dtype=torch.long, device=levels[0].device)
        return self.decoder.decode(levels, none), far / len(levels)

    def losses(self, batch, draws, done):
        # one subset for the whole batch, as the product is over encoders
        s = subsets_of(batch.x[:1], draws)[0]
        logits, far = self.fused([self.encode(batch.x, m) for m in s], True)
        loss = loss_on(logits, masked(batch.x, [s] * len(batch.x)), batch)
        return loss + KL_WEIGHT * far, {name_of(s): loss, 'divergence': far}

    def phases(self, steps):
        return [Phase('train', steps, self.parameters(), self.losses)]

    def predict(self, x, combinations):
        codes = {m: self.encode(x, m) for m in sorted({m for s in combinations for m in s})}
        return {s: self.fused([codes[m] for m in s], False)[0] for s in combinations}
