"""The options of a training, and the settings of PyTorch that it needs."""
import argparse
import contextlib
import json
import os

import torch

from .data import CHANGES
from .decouple import VARIANTS


def parser():
    p = argparse.ArgumentParser(description='Trains the Dynamic Sharing network. Begins anew, or goes on where OUT/state.pt ends.')
    add = p.add_argument
    add('data', nargs='+', help='packs (*.xz, see pack.py) and data sets (folders of case folders)')
    add('--out', required=True, help='folder for the model, log.jsonl and state.pt')
    add('--split', help='JSON with the patients of train, validation and test; needed for folders')
    add('--seconds', type=float, help='how long to train: rate and stages follow the clock')
    add('--steps', type=int, help='or how many steps')
    add('--name', default='trained', help='the model’s name')
    add('--channels', default='8,16,64,128,256')
    add('--initial', help='folder with weights.safetensors and fusion.json to begin from')
    add('--seed', type=int, default=1)

    add('--patch', default='80,96,128', help='voxels that whole brains are put into')
    add('--cube', type=int, default=32, help='voxels a side that cut-outs are put into')
    add('--brains', type=int, default=4, help='whole brains a step and process')
    add('--cubes', type=int, default=8, help='cut-outs a step and process')
    add('--order', help='JSON: for each step the names of its cut-outs, in place of drawn ones (to repeat another trainer’s samples)')
    add('--share', default='', help='how often each set of whole brains is drawn, e.g. brains=4,brains3=1.4')
    add('--cube-weight', type=float, default=.35)
    add('--augmentation', choices=CHANGES, default='full')
    add('--plain-from', type=float, default=.9, help='share of the training after which cases are only flipped and shifted')

    add('--lr', type=float, default=1e-3)
    add('--schedule', choices=('cosine', 'constant'), default='cosine')
    add('--warm-up', type=int, default=100, help='steps over which the rate rises')
    add('--beta2', type=float, default=.99)
    add('--decay', type=float, default=1e-2, help='AdamW’s, of convolutions alone')
    add('--clip', type=float, default=1., help='largest norm of a gradient; 0: any')
    add('--ema', type=float, default=.999, help='running mean of the parameters, which is validated and written; 0: none')
    add('--fusion-rate', type=float, default=3., help='learning rate of the region weights in relation to the rest; 0: they stay')

    add('--singles', type=float, default=2., help='how often the single sequences count')
    add('--distil', type=float, default=.3, help='weight of the fused answer as a teacher of the single sequences')
    add('--hinge', type=float, default=.3, help='how much more a combination counts that is worse than one with a sequence less')
    add('--decoupling', choices=VARIANTS, default='paper')
    add('--decouple-from', type=float, default=.8, help='share of the training after which gradients are decoupled')
    add('--k', type=int, default=5, help='combinations drawn a step then')
    add('--gradients', choices=('float32', 'bfloat16'), default='float32', help='how the k flat gradients are kept: bfloat16 takes half the memory, and rounds to three digits')

    add('--validate-every', type=float, default=150, help='in seconds, or in steps with --steps')
    add('--save-every', type=float, default=300, help='state.pt; in seconds, or in steps with --steps')
    add('--log-every', type=int, default=50, help='steps a line of the log stands for')
    add('--speed', help='file of speed.py to follow: the fastest variant is gone over to when all are timed')
    return p


def parsed(arguments=None):
    p = parser()
    o = p.parse_args(arguments)
    if (o.seconds is None) == (o.steps is None):
        p.error('one of --seconds and --steps is needed')
    o.channels = [int(v) for v in o.channels.split(',')]
    o.patch = tuple(int(v) for v in o.patch.split(','))
    o.share = {k: float(v) for k, v in (kv.split('=') for kv in o.share.split(',') if kv)}
    return o


def write_options(o, path):
    """What was asked for, by the names of the options, as JSON: for who reads the run later, the window among them."""
    values = {name.replace('_', '-'): value for name, value in vars(o).items() if value is not None and name != 'share'}
    values['share'] = ','.join(f'{name}={value:g}' for name, value in o.share.items())
    with open(f'{path}.part', 'w') as f:
        json.dump(values, f, indent=1)
    os.replace(f'{path}.part', path)


def half(device):
    """bf16 on a GPU, nothing on the CPU."""
    return torch.autocast('cuda', torch.bfloat16) if device.type == 'cuda' else contextlib.nullcontext()


def settings():
    if torch.cuda.is_available():
        torch.backends.cudnn.benchmark = True
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    with contextlib.suppress(Exception):
        from torch._functorch import config as functorch
        functorch.donated_buffer = False  # several backward passes over one graph
    with contextlib.suppress(Exception):
        from torch._dynamo import config as dynamo
        dynamo.cache_size_limit = 64
        dynamo.automatic_dynamic_shapes = False


def compiled(f):
    return torch.compile(f, dynamic=False)
