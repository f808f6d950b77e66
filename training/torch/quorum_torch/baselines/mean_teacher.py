"""Early fusion whose running mean teaches it, from all sequences to a subset, on labelled and on partly labelled cases.

Maheshwari, Liu and Kira, "Missing Modality Robustness in Semi-Supervised Multi-Modal Semantic Segmentation" (M3L), WACV 2024. Mean teacher: Tarvainen and
Valpola, NeurIPS 2017.
"""
import copy

import torch
import torch.nn.functional as F

from .early_fusion import EarlyFusion
from .method import Phase, loss_on, masked, sees, subsets_of

DECAY = .98
WEIGHT = .5


class MeanTeacher(EarlyFusion):
    NAME, TITLE = 'mean-teacher', 'Mean teacher (M3L’s idea)'
    CITES = 'Maheshwari, Liu and Kira (M3L), WACV 2024'
    DIFFERS = 'on early fusion, not on linearly fused transformers; the teacher’s probabilities are taught, without a threshold of trust. It alone sees the training cases whose whole tumour is outlined and no more (half as many a step, beside the others)'

    def __init__(self, channels):
        super().__init__(channels)
        self.teacher = copy.deepcopy(self.network).requires_grad_(False)

    def follow(self):
        with torch.no_grad():
            for mine, now in zip(self.teacher.parameters(), self.network.parameters()):
                mine.lerp_(now, 1 - DECAY)

    def taught(self, batch, draws, weight):
        x = masked(batch.x, subsets_of(batch.x, draws))
        with torch.no_grad():
            teacher = torch.sigmoid(self.teacher(batch.x))
        logits = self.network(x)
        truth, seen = loss_on(logits, x, batch), sees(x)
        # what nobody labelled is taught too
        distance = F.binary_cross_entropy_with_logits(logits, teacher, reduction='none')
        taught = (distance * seen).sum() / (seen.sum() * 3).clamp_min(1)
        return truth + weight * taught, truth, taught

    def losses(self, batch, draws, done):
        weight = WEIGHT * min(1., 3 * done)
        loss, truth, taught = self.taught(batch, draws, weight)
        told = {'dropout': truth, 'taught': taught}
        partly = batch.partly() if batch.partly else None
        if partly:
            more, whole, also = self.taught(partly, draws, weight)
            loss, told = loss + .5 * more, {**told, 'partly': whole, 'partlyTaught': also}
        return loss, told

    def phases(self, steps):
        return [Phase('train', steps, self.network.parameters(), self.losses, self.follow)]

    def inference_parameters(self):
        return sum(p.numel() for p in self.network.parameters())
