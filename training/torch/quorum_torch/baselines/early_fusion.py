"""Zero-filled early fusion with modality dropout: the sequences are channels of one input, absent ones 0.

Modality dropout: Neverova et al., "ModDrop: adaptive multi-modal gesture recognition", TPAMI 2016.
"""
from .method import Method, Phase, Plain, each, loss_on, masked, subsets_of


class EarlyFusion(Method):
    NAME, TITLE = 'early-fusion', 'Early fusion, modality dropout'
    CITES = 'modality dropout: Neverova et al. (ModDrop), TPAMI 2016'
    DIFFERS = 'a sample keeps a subset drawn uniformly from the non-empty ones, not each sequence by itself'

    def __init__(self, channels):
        super().__init__()
        self.network = Plain(channels)

    def losses(self, batch, draws, done):
        x = masked(batch.x, subsets_of(batch.x, draws))
        loss = loss_on(self.network(x), x, batch)
        return loss, {'dropout': loss}

    def phases(self, steps):
        return [Phase('train', steps, self.network.parameters(), self.losses)]

    def predict(self, x, combinations):
        return each(x, combinations, lambda part, s: self.network(part))
