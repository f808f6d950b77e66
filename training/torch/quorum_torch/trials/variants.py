"""Two changes of the network that no engine of Quorum has: GroupNorm over tissue alone, and the mirror image as a second channel."""
import torch
import torch.nn.functional as F

from ..network import EPSILON, GROUPS, NormRelu

LEFT_RIGHT = 0  # axis of the 128-grid
PLANES = range(-8, 9)  # half points from the middle of the tissue


class TissueNormRelu(NormRelu):
    """NormRelu whose mean and variance leave air out: points of this level under which no point of the input is tissue."""

    tissue = None  # {spatial shape: (N, 1, D, H, W) 0 or 1}, shared by all norms of a network

    def forward(self, x, modality):
        norms = [getattr(self, f'norm_{i}') for i in range(self.norms)]
        weight = torch.stack([n.weight for n in norms])[modality][:, :, None, None, None]
        bias = torch.stack([n.bias for n in norms])[modality][:, :, None, None, None]
        n, c = x.shape[:2]
        mask = self.tissue[tuple(x.shape[2:])][:, None]
        grouped = x.float().reshape(n, GROUPS, c // GROUPS, *x.shape[2:])
        axes = (2, 3, 4, 5)
        count = (mask.sum(axes, keepdim=True) * (c // GROUPS)).clamp_min(1)
        mean = (grouped * mask).sum(axes, keepdim=True) / count
        centred = grouped - mean
        variance = (centred ** 2 * mask).sum(axes, keepdim=True) / count
        return F.relu((centred * torch.rsqrt(variance + EPSILON)).reshape(x.shape) * weight + bias).to(x.dtype)


def with_tissue_norms(network):
    """Turns every norm of a UNet into a TissueNormRelu, in place; parameters stay. Returns the network."""
    tissue = {}
    for module in network.modules():
        if type(module) is NormRelu:
            module.__class__ = TissueNormRelu
            module.tissue = tissue

    def look(_, inputs):
        mask = (inputs[0][:, :1] != 0).float()
        tissue.clear()
        for _ in range(5):
            tissue[tuple(mask.shape[2:])] = mask
            mask = F.max_pool3d(mask, 2) if min(mask.shape[2:]) > 1 else mask

    network.register_forward_pre_hook(look)
    return network


def with_mirror_channel(tensors):
    """Weights of a trained network of one channel -> the same with a second one, whose weights are 0."""
    name = 'module.inc.conv1.module.weight'
    return {**tensors, name: torch.cat([tensors[name], torch.zeros_like(tensors[name])], 1)}


def mirrored(image, axis_sum):
    """image (D, H, W) mirrored left to right: point i comes from axis_sum - i, and is 0 where that lies outside."""
    n = image.shape[LEFT_RIGHT]
    source = axis_sum - torch.arange(n)
    inside = (source >= 0) & (source < n)
    return torch.where(inside[:, None, None], image[source.clamp(0, n - 1)], torch.zeros_like(image))


def plane_of(image):
    """axis_sum of the plane under which image (D, H, W; 0 in air) and mirror image correlate best, head against air included."""
    tissue = (image != 0).nonzero()[:, LEFT_RIGHT]
    middle = int(tissue.min() + tissue.max())
    # z-scores lie around 0 as air does, so that tissue is lifted above it
    value = torch.where(image != 0, image.float() + 3, torch.zeros(()))[:, ::2, ::2]
    value = value - value.mean()
    likeness = lambda s: float((value * mirrored(value, s)).sum())
    return max((middle + s for s in PLANES), key=likeness)


def mirror_images(images):
    """images (4, D, H, W) -> each sequence's mirror image about its own plane, 0 for a sequence that is missing."""
    return torch.stack([mirrored(a, plane_of(a.float())) if bool((a != 0).any()) else a for a in images])
