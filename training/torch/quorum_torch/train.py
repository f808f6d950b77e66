"""train.py PACK[,PACK] OUT --seconds S: trains the Dynamic Sharing network within a fixed time.

Learning rate and stages follow the clock, whatever the machine does in it. First the weighted mean of the 15 combinations' losses,
then, from --decouple-from on, gradient-guided modality decoupling of --k drawn combinations. Whole brains are fed whole, as in use.
Writes OUT/{weights.safetensors, fusion.json, log.jsonl, state.pt}; `quorum import OUT/weights.safetensors` makes a model folder.
Packs that appear in the folder of the first one while it runs (--more) are taken in.
"""
import argparse
import contextlib
import copy
import json
import math
import os
import random
import subprocess
import sys
import time

import numpy as np
import torch

from .augment import change
from .data import Cases, draw, read_pack
from .decouple import merge
from .export import export, load
from .losses import COMBINATIONS, fuse, loss_of, objective_weights
from .network import DynamicSharing
from .validate import validate

DEVICE = 'cuda' if torch.cuda.is_available() else 'cpu'


def half():
    """bf16 on a GPU, nothing on the CPU."""
    return torch.autocast('cuda', torch.bfloat16) if DEVICE == 'cuda' else contextlib.nullcontext()


def settings():
    if DEVICE == 'cuda':
        torch.backends.cudnn.benchmark = True
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    with contextlib.suppress(Exception):
        from torch._functorch import config as functorch
        functorch.donated_buffer = False  # several backward passes over one graph
    with contextlib.suppress(Exception):
        from torch._dynamo import config as dynamo
        dynamo.cache_size_limit = 64
        dynamo.automatic_dynamic_shapes = False


def compiled_network(module):
    return torch.compile(module, dynamic=False)


def options():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument('packs')
    p.add_argument('out')
    p.add_argument('--seconds', type=float, required=True)
    p.add_argument('--channels', default='8,16,64,128,256')
    p.add_argument('--patch', default='80,96,128')
    p.add_argument('--brains', type=int, default=4, help='whole brains a step')
    p.add_argument('--cubes', type=int, default=8, help='cut-outs a step')
    p.add_argument('--share', default='brains=4,brains3=1.4,brains-wt=0.6,partial=0.5', help='how often each set of whole brains is drawn')
    p.add_argument('--cube-weight', type=float, default=.35)
    p.add_argument('--lr', type=float, default=1e-3)
    p.add_argument('--decay', type=float, default=1e-2)
    p.add_argument('--clip', type=float, default=1.)
    p.add_argument('--ema', type=float, default=.999)
    p.add_argument('--singles', type=float, default=2.)
    p.add_argument('--distil', type=float, default=.3)
    p.add_argument('--hinge', type=float, default=.3)
    p.add_argument('--decouple-from', type=float, default=.8)
    p.add_argument('--k', type=int, default=5)
    p.add_argument('--plain-from', type=float, default=.9, help='share of the time after which cases are only flipped and shifted')
    p.add_argument('--validate-every', type=float, default=150)
    p.add_argument('--initial', help='folder with weights.safetensors and fusion.json to begin from')
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--max-steps', type=int, default=10 ** 9)
    p.add_argument('--speed', help='file of speed.py to follow: the fastest variant is gone over to when all are timed')
    p.add_argument('--more', default='', help='packs that will appear later')
    return p.parse_args()


class Trainer:
    def __init__(self, o):
        self.o = o
        self.start = time.time()
        os.makedirs(o.out, exist_ok=True)
        self.log_file = open(f'{o.out}/log.jsonl', 'a')
        random.seed(o.seed)
        np.random.seed(o.seed)
        torch.manual_seed(o.seed)
        settings()
        self.model = DynamicSharing([int(v) for v in o.channels.split(',')]).to(DEVICE)
        if o.initial:
            load(self.model, o.initial)
        self.average = copy.deepcopy(self.model).requires_grad_(False)
        self.network, self.loss, self.layout = self.model.module, loss_of, 'contiguous'
        convolutions = [p for p in self.model.module.parameters() if p.dim() > 1]
        others = [p for p in self.model.module.parameters() if p.dim() <= 1]
        self.optimiser = torch.optim.AdamW([
            {'params': convolutions, 'weight_decay': o.decay, 'scale': 1.},
            {'params': others, 'weight_decay': 0., 'scale': 1.},
            {'params': [self.model.log_weight, self.model.bias], 'weight_decay': 0., 'scale': 3.},
        ], lr=o.lr, betas=(.9, .99))
        self.members = [torch.tensor([float(m in s) for m in range(4)], device=DEVICE) for s in COMBINATIONS]
        self.size = tuple(int(v) for v in o.patch.split(','))
        self.step, self.begun = 0, time.time()
        self.forked = False
        self.recent, self.process = [], []
        self.cases = []
        self.waiting = [p for p in o.more.split(',') if p]
        self.take_packs(o.packs.split(','))

    def log(self, **values):
        values['t'] = round(time.time() - self.start, 1)
        line = json.dumps(values)
        self.log_file.write(line + '\n')
        self.log_file.flush()
        print(line, flush=True)

    def take_packs(self, paths):
        for path in paths:
            self.cases += read_pack(path)
        whole = [c for c in self.cases if c['side'] == 'train' and not c['cutOut']]
        cubes = [c for c in self.cases if c['side'] == 'train' and c['cutOut']]
        check = [c for c in self.cases if c['side'] == 'validation' and not c['cutOut']]
        self.whole = Cases(whole, DEVICE)
        self.cubes = Cases(cubes, DEVICE) if cubes else None
        self.check = Cases(check, DEVICE) if check else None
        share = dict(kv.split('=') for kv in self.o.share.split(','))
        counts = {s: sum(c['set'] == s for c in whole) for s in {c['set'] for c in whole}}
        self.weights = [float(share.get(c['set'], 1)) / counts[c['set']] for c in whole]
        self.log(packs=[os.path.basename(p) for p in paths], whole=counts, cubes=len(cubes), validation=len(check), grid=[int(v) for v in self.whole.size])

    def batches(self, plain):
        o = self.o
        parts = [(draw(self.whole, random.choices(range(len(self.weights)), self.weights, k=o.brains), self.size, True, plain), 1.)]
        if self.cubes is not None and o.cubes:
            picked = [random.randrange(len(self.cubes.cases)) for _ in range(o.cubes)]
            parts.append((draw(self.cubes, picked, (32, 32, 32), False, plain), o.cube_weight))
        return [((x if plain else change(x), y, k), w) for (x, y, k), w in parts]

    def logits(self, x):
        """The four modalities' logits, one pass each; an image that is missing is 0 everywhere and abstains everywhere."""
        result = []
        for m in range(4):
            image = x[:, m:m + 1].contiguous()
            if self.layout == 'channels_last':
                image = image.contiguous(memory_format=torch.channels_last_3d)
            with half():
                result.append(self.network(image, torch.full((len(x),), m, dtype=torch.long, device=x.device)))
        return result

    def mean_step(self, parts, done):
        distil = torch.tensor(self.o.distil * min(1., 3 * done), device=DEVICE)
        none = torch.zeros((), device=DEVICE)
        value = 0.
        for (x, y, known), weight in parts:
            z = self.logits(x)
            seen = (x != 0).float()
            with torch.no_grad():
                teacher = torch.sigmoid(fuse([v.detach() for v in z], seen, self.model.log_weight, self.model.bias, self.members[0])[0])
            losses = torch.stack([
                self.loss(z, seen, y, known, self.model.log_weight, self.model.bias, self.members[i], teacher, distil if i >= 11 else none)
                for i in range(15)
            ])
            total = (losses * objective_weights(losses, self.o.singles, self.o.hinge)).sum() * weight
            total.backward()
            value = value + losses.detach().mean() * weight
        return value

    def decoupled_step(self, parts):
        chosen = sorted(random.sample(range(15), self.o.k))
        losses = [0.] * len(chosen)
        present = [True] * 4  # nearly every step draws a brain with all four; what nobody has gets zero gradients
        for (x, y, known), weight in parts:
            z = self.logits(x)
            seen = (x != 0).float()
            for j, i in enumerate(chosen):
                mine = [v if m in COMBINATIONS[i] else v.detach() for m, v in enumerate(z)]
                losses[j] = losses[j] + weight * loss_of(mine, seen, y, known, self.model.log_weight, self.model.bias, self.members[i], y, 0.)
        self.process.append(merge(self.model, losses, chosen, present))
        return torch.stack([l.detach() for l in losses]).mean()

    def update_average(self):
        decay = min(self.o.ema, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_mul_(list(self.average.parameters()), decay)
            torch._foreach_add_(list(self.average.parameters()), [p.detach() for p in self.model.parameters()], alpha=1 - decay)

    def follow_speed(self):
        """Goes over to the fastest variant that speed.py has timed, once all are."""
        if not self.o.speed or not os.path.exists(self.o.speed):
            return
        with open(self.o.speed) as f:
            lines = [json.loads(line) for line in f]
        if len(lines) < 4 and time.time() - self.start < 200:
            return
        good = sorted((l for l in lines if 'seconds' in l), key=lambda l: l['seconds'])
        self.log(speed=lines)
        self.o.speed = None
        if not good:
            return
        variant = good[0]['variant']
        before = self.network, self.loss, self.layout
        try:
            if variant.endswith('compile'):
                self.network = compiled_network(self.model.module)
                self.loss = torch.compile(loss_of, dynamic=False)
            if variant.startswith('channels_last'):
                self.layout = 'channels_last'
                self.model.module.to(memory_format=torch.channels_last_3d)
            self.mean_step(self.batches(False), .5)
            self.log(variant=variant)
        except Exception as e:  # what the compiler cannot do here is done without it
            self.network, self.loss, self.layout = before
            self.log(variant=variant, error=f'{type(e).__name__}: {str(e)[:500]}')
        self.optimiser.zero_grad(set_to_none=True)

    def write(self, validation=None):
        export(self.average, self.o.out, {'step': self.step, 'seconds': round(time.time() - self.begun), 'validation': validation})

    def check_now(self):
        torch.backends.cudnn.benchmark = False
        result = validate(self.average, self.check, half) if self.check is not None else None
        torch.backends.cudnn.benchmark = DEVICE == 'cuda'
        self.write(result)
        self.log(step=self.step, validation=result)

    def run(self):
        o = self.o
        next_check, next_look = o.validate_every, 20.
        while self.step < o.max_steps:
            passed = time.time() - self.begun
            done = passed / o.seconds
            if done >= 1:
                break
            rate = o.lr * min(1, (self.step + 1) / 100) * (1 + math.cos(math.pi * done)) / 2
            for group in self.optimiser.param_groups:
                group['lr'] = rate * group['scale']
            decoupled = done > o.decouple_from
            if decoupled and not self.forked:
                self.forked = True
                self.check_now()
                for name in ('weights.safetensors', 'fusion.json'):
                    os.replace(f'{o.out}/{name}', f'{o.out}/before-decoupling-{name}')
            parts = self.batches(done > o.plain_from)
            self.optimiser.zero_grad(set_to_none=True)
            value = self.decoupled_step(parts) if decoupled else self.mean_step(parts, done)
            norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), o.clip)
            for p in self.model.parameters():
                p.grad.nan_to_num_(0., 0., 0.)
            self.optimiser.step()
            with torch.no_grad():
                self.model.bias.clamp_(-1, 1)
            self.step += 1
            self.update_average()
            self.recent.append(value.detach())
            if self.step % 50 == 1:
                self.report(rate, done, decoupled, norm)
            if passed > next_look:
                next_look += 5
                self.look_around()
            if passed > next_check and done < .93:
                next_check += o.validate_every
                self.check_now()
        self.write()
        self.check_now()
        torch.save({'model': self.model.state_dict(), 'average': self.average.state_dict(), 'optimiser': self.optimiser.state_dict(), 'step': self.step}, f'{o.out}/state.pt')
        self.log(finished=True)

    def look_around(self):
        """What may be told while it runs: packs that arrive, variants that were timed, another end (OUT/seconds)."""
        with contextlib.suppress(OSError, ValueError):
            with open(f'{self.o.out}/seconds') as f:
                self.o.seconds = float(f.read())
        self.follow_speed()
        ready = [p for p in self.waiting if os.path.exists(p)]
        if ready:
            self.waiting = [p for p in self.waiting if p not in ready]
            self.take_packs(ready)

    def report(self, rate, done, decoupled, norm):
        values = dict(step=self.step, loss=round(float(torch.stack(self.recent).mean()), 4), norm=round(float(norm), 3), rate=round(rate, 6), done=round(done, 3), decoupled=decoupled)
        if self.process:
            names = ('conflicts', 'dominance', 'mean_harms', 'merged_harms', 'growth')
            values.update({n: round(float(v), 4) for n, v in zip(names, torch.stack(self.process).mean(0))})
        if DEVICE == 'cuda':
            values['gb'] = round(torch.cuda.max_memory_allocated() / 2 ** 30, 1)
        self.recent, self.process = [], []
        self.log(**values)


def main():
    o = options()
    if o.speed:
        subprocess.Popen([sys.executable, '-m', 'quorum_torch.speed', o.speed, '--channels', o.channels, '--patch', o.patch, '--batch', str(o.brains), '--cubes', str(o.cubes)], stderr=subprocess.STDOUT, stdout=open(f'{o.speed}.log', 'w'))
    trainer = Trainer(o)
    trainer.run()


if __name__ == '__main__':
    main()
