"""The missing sequences are made up by a U-Net from those there are; a network for all four then segments.

It stands in the place of AMM-Diff ("Adaptive Multi-Modality Diffusion Network for Missing Modality Imputation", arXiv 2501.12840), but
is no diffusion model and has no adversary: a regression that takes any subset, close to the generator of Sharma and Hamarneh, "Missing MRI Pulse
Sequence Synthesis using Multi-Modal Generative Adversarial Network", TMI 2020.
"""
import torch

from .method import Method, Phase, Plain, each, loss_on, masked, subsets_of


class Synthesis(Method):
    NAME, TITLE = 'synthesis', 'Synthesis, then four sequences'
    CITES = 'in the place of AMM-Diff (arXiv 2501.12840); generator close to that of Sharma and Hamarneh, TMI 2020'
    DIFFERS = 'a U-Net that regresses the missing sequences (mean absolute error); no diffusion model, no adversary. It and the network for four sequences take the steps of one network each'

    def __init__(self, channels):
        super().__init__()
        self.generator, self.network = Plain(channels, outputs=4), Plain(channels)

    def completed(self, x, there):
        """x (B, 4, ...) with the sequences that are absent everywhere made up, where any other sees tissue."""
        made = self.generator(x)
        tissue = (x != 0).any(1, keepdim=True)
        absent = ~there[:, :, None, None, None]
        return torch.where(absent & tissue, made, x)

    def generating(self, batch, draws, done):
        x = masked(batch.x, subsets_of(batch.x, draws))
        made = self.generator(x)
        wanted = (batch.x != 0) & (x == 0)
        loss = ((made - batch.x).abs() * wanted).sum() / wanted.sum().clamp_min(1)
        return loss, {'error': loss}

    def segmenting(self, batch, draws, done):
        loss = loss_on(self.network(batch.x), batch.x, batch)
        return loss, {'t1+t1ce+t2+flair': loss}

    def phases(self, steps):
        return [Phase('generator', steps, self.generator.parameters(), self.generating), Phase('network', steps, self.network.parameters(), self.segmenting)]

    def predict(self, x, combinations):
        def one(part, s):
            there = torch.tensor([[m in s for m in range(4)]] * len(part), device=part.device)
            return self.network(part if len(s) == 4 else self.completed(part, there))
        return each(x, combinations, one)
