"""The Dynamic Sharing U-Net (Wang et al., AAAI 2024): one network for all modalities, norms of their own for each.

Parameter names and layouts are those of the authors' code, so that weights pass to and from `quorum import`.
"""
import torch
import torch.nn.functional as F
from torch import nn

GROUPS = 8
EPSILON = 1e-5


def channels_of_width(width):
    """The five channel numbers of the paper's network at a width (0.5 in the paper)."""
    return [int(32 * width * 2 ** level) for level in range(5)]


class Convolution(nn.Module):
    """A convolution under the name `module`, as the authors call it."""

    def __init__(self, inputs, outputs, kernel):
        super().__init__()
        self.module = nn.Conv3d(inputs, outputs, kernel, padding=kernel // 2)

    def forward(self, x):
        return self.module(x)


class NormRelu(nn.Module):
    """GroupNorm with scale and shift per modality (or per member of any other set of `norms`), then ReLU. x: (N, C, D, H, W); modality: (N,) indices."""

    def __init__(self, channels, norms=4):
        super().__init__()
        self.norms = norms
        for i in range(norms):
            setattr(self, f'norm_{i}', nn.GroupNorm(GROUPS, channels))

    def forward(self, x, modality):
        norms = [getattr(self, f'norm_{i}') for i in range(self.norms)]
        weight = torch.stack([n.weight for n in norms])[modality][:, :, None, None, None]
        bias = torch.stack([n.bias for n in norms])[modality][:, :, None, None, None]
        n, c = x.shape[:2]
        grouped = x.float().reshape(n, GROUPS, c // GROUPS, *x.shape[2:])
        variance, mean = torch.var_mean(grouped, (2, 3, 4, 5), unbiased=False, keepdim=True)
        normal = ((grouped - mean) * torch.rsqrt(variance + EPSILON)).reshape(x.shape)
        return F.relu(normal * weight + bias).to(x.dtype)


class DoubleConvolution(nn.Module):
    def __init__(self, inputs, middle, outputs, norms):
        super().__init__()
        self.conv1, self.norm1 = Convolution(inputs, middle, 3), NormRelu(middle, norms)
        self.conv2, self.norm2 = Convolution(middle, outputs, 3), NormRelu(outputs, norms)

    def forward(self, x, modality):
        return self.norm2(self.conv2(self.norm1(self.conv1(x), modality)), modality)


class Down(nn.Module):
    def __init__(self, inputs, outputs, norms):
        super().__init__()
        self.double_conv = DoubleConvolution(inputs, outputs, outputs, norms)

    def forward(self, x, modality):
        return self.double_conv(F.max_pool3d(x, 2), modality)


def upsampling_matrix(n, like):
    """(2n, n): linear interpolation to twice the points with the corner points kept."""
    at = torch.arange(2 * n, device=like.device) * ((n - 1) / (2 * n - 1))
    return F.relu(1 - (at[:, None] - torch.arange(n, device=like.device)[None]).abs()).to(like.dtype)


def upsample(x):
    """Trilinear to twice the size with aligned corners, as three matrix products: their backward needs no atomic sums."""
    n, c, d, h, w = x.shape
    matrix = lambda size: upsampling_matrix(size, x)
    y = (matrix(d) @ x.reshape(n * c, d, h * w)).reshape(n * c, 2 * d, h, w)
    y = matrix(h) @ y
    return (y @ matrix(w).T).reshape(n, c, 2 * d, 2 * h, 2 * w)


class Up(nn.Module):
    def __init__(self, skip, below, outputs, norms):
        super().__init__()
        self.conv = DoubleConvolution(skip + below, (skip + below) // 2, outputs, norms)

    def forward(self, below, skip, modality):
        return self.conv(torch.cat([skip, upsample(below)], 1), modality)


class UNet(nn.Module):
    """x: (N, inputs, D, H, W), sides divisible by 16; modality: (N,) -> logits (N, outputs, D, H, W), of WT, TC, ET.

    The Dynamic Sharing network is the default; the baselines take other inputs, outputs and numbers of norms.
    """

    def __init__(self, channels, inputs=1, outputs=3, norms=4):
        super().__init__()
        c = list(channels)
        self.inc = DoubleConvolution(inputs, c[0], c[0], norms)
        self.down1, self.down2, self.down3 = Down(c[0], c[1], norms), Down(c[1], c[2], norms), Down(c[2], c[3], norms)
        self.down4 = Down(c[3], c[4] // 2, norms)
        self.up1 = Up(c[3], c[4] // 2, c[3] // 2, norms)
        self.up2 = Up(c[2], c[3] // 2, c[2] // 2, norms)
        self.up3 = Up(c[1], c[2] // 2, c[1] // 2, norms)
        self.up4 = Up(c[0], c[1] // 2, c[0], norms)
        self.outc = nn.Module()
        self.outc.conv = Convolution(c[0], outputs, 1)

    def encode(self, x, modality):
        """The features of the five levels, finest first."""
        levels = [self.inc(x, modality)]
        for down in (self.down1, self.down2, self.down3, self.down4):
            levels.append(down(levels[-1], modality))
        return levels

    def decode(self, levels, modality):
        *skips, y = levels
        for up, skip in zip((self.up1, self.up2, self.up3, self.up4), reversed(skips)):
            y = up(y, skip, modality)
        return self.outc.conv(y)

    def forward(self, x, modality):
        return self.decode(self.encode(x, modality), modality)


class DynamicSharing(nn.Module):
    """The U-Net under the name `module`, and the fusion's weights exp(log_weight) and biases, each (4 modalities, 3 regions)."""

    def __init__(self, channels):
        super().__init__()
        self.channels = list(channels)
        self.module = UNet(channels)
        self.log_weight = nn.Parameter(torch.zeros(4, 3))
        self.bias = nn.Parameter(torch.zeros(4, 3))

    def shared_parameters(self):
        """What every modality uses: the convolutions."""
        return [p for name, p in self.module.named_parameters() if 'norm_' not in name]

    def norm_parameters(self):
        """(modality, parameter) of every norm."""
        return [(int(name.split('norm_')[1].split('.')[0][-1]), p) for name, p in self.module.named_parameters() if 'norm_' in name]

    def fusion_parameters(self):
        """Weights and biases of the fusion, where they are learned."""
        return [p for p in (self.log_weight, self.bias) if p.requires_grad]
