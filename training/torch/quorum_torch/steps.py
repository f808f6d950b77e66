"""One training step: the losses of the combinations over a batch, and their gradients."""
import torch

from . import ranks
from .decouple import merge
from .losses import COMBINATIONS, fuse, loss_of, objective_weights
from .options import half


class Steps:
    """What a step needs besides a batch. `network` and `loss` may be compiled; they are the model's own otherwise."""

    def __init__(self, model, device):
        self.model, self.device = model, device
        self.network, self.loss, self.layout = model.module, loss_of, 'contiguous'
        self.members = [torch.tensor([float(m in s) for m in range(4)], device=device) for s in COMBINATIONS]

    def logits(self, x):
        """x: (B, 4, ...) -> the four modalities' logits, one pass each. A missing image is 0 everywhere and abstains everywhere."""
        result = []
        for m in range(4):
            image = x[:, m:m + 1].contiguous()
            if self.layout == 'channels_last':
                image = image.contiguous(memory_format=torch.channels_last_3d)
            with half(self.device):
                result.append(self.network(image, torch.full((len(x),), m, dtype=torch.long, device=self.device)))
        return result

    def one(self, z, seen, y, known, i, teacher, distil):
        model = self.model
        more = () if ranks.count() == 1 else (ranks.shared_sum,)
        return self.loss(z, seen, y, known, model.log_weight, model.bias, self.members[i], teacher, distil, *more)

    def mean(self, parts, singles, distil, hinge):
        """Gradients of the weighted mean of the 15 losses. parts: [((images, targets, known), weight)]. Returns the losses (15,)."""
        none = torch.zeros((), device=self.device)
        distil = torch.as_tensor(distil, device=self.device, dtype=torch.float32)
        value = torch.zeros(15, device=self.device)
        for (x, y, known), weight in parts:
            z = self.logits(x)
            seen = (x != 0).float()
            with torch.no_grad():
                teacher = torch.sigmoid(fuse([v.detach() for v in z], seen, self.model.log_weight, self.model.bias, self.members[0])[0])
            losses = torch.stack([self.one(z, seen, y, known, i, teacher, distil if i >= 11 else none) for i in range(15)])
            ((losses * objective_weights(losses, singles, hinge)).sum() * weight).backward()
            value += losses.detach() * weight
        ranks.sum_gradients([p for p in self.model.parameters() if p.requires_grad])
        return value

    def decoupled(self, parts, chosen, variant, kept=torch.float32):
        """Decoupled gradients of the chosen combinations, held as `kept`. Returns their losses and what `merge` tells."""
        none = torch.zeros((), device=self.device)
        losses = [0.] * len(chosen)
        for (x, y, known), weight in parts:
            z = self.logits(x)
            seen = (x != 0).float()
            for j, i in enumerate(chosen):
                mine = [v if m in COMBINATIONS[i] else v.detach() for m, v in enumerate(z)]
                losses[j] = losses[j] + weight * self.one(mine, seen, y, known, i, y, none)
        process = merge(self.model, losses, chosen, variant, kept)
        return torch.stack([v.detach() for v in losses]), process

    def use(self, variant, compiled):
        """Goes over to a variant of speed.py."""
        if variant.endswith('compile'):
            self.network = compiled(self.model.module)
            if ranks.count() == 1:
                self.loss = compiled(loss_of)
        if variant.startswith('channels_last'):
            self.layout = 'channels_last'
            self.model.module.to(memory_format=torch.channels_last_3d)
