"""train.py DATA... --out OUT: trains the Dynamic Sharing network for a time or a number of steps.

First the weighted mean of the 15 combinations' losses, then, from --decouple-from on, gradient-guided modality decoupling of --k drawn
combinations. Whole brains are fed whole, as in use. Writes OUT/model (a Quorum Model folder), OUT/weights.safetensors and
OUT/fusion.json (for --initial), OUT/log.jsonl, OUT/options.json, and OUT/state.pt, from which the same command goes on. Several GPUs:
`torchrun --nproc_per_node N -m quorum_torch.train ...`, each process with its own samples.
"""
import contextlib
import copy
import json
import math
import os
import random
import signal
import subprocess
import sys
import time

import torch

from . import ranks, state
from .augment import change
from .cases import read
from .data import Cases, draw
from .export import export, load
from .log import Log
from .model_folder import write_model
from .network import DynamicSharing
from .options import compiled, half, parsed, settings, write_options
from .steps import Steps
from .validate import validate


class Trainer:
    def __init__(self, o):
        self.o = o
        self.device = ranks.begin()
        os.makedirs(o.out, exist_ok=True)
        settings()
        self.log = Log(f'{o.out}/log.jsonl')
        torch.manual_seed(o.seed)
        self.model = DynamicSharing(o.channels).to(self.device)
        if o.initial:
            load(self.model, o.initial)
        for p in (self.model.log_weight, self.model.bias):
            p.requires_grad_(o.fusion_rate > 0)
        self.average = copy.deepcopy(self.model).requires_grad_(False)
        self.optimiser = optimiser_of(self.model, o)
        self.steps = Steps(self.model, self.device)
        self.step, self.before, self.begun, self.forked = 0, 0., time.time(), False
        self.stopping, self.order = False, None
        self.take_cases()
        state.seed(o.seed)
        kept = state.load(f'{o.out}/state.pt', self.model, self.average, self.optimiser, self.device)
        if kept:
            self.step, self.before, self.forked = kept['step'], kept['elapsed'], kept['forked']
            if ranks.rank() == 0:
                self.log.trim(self.step)
        if ranks.rank() == 0:
            write_options(o, f'{o.out}/options.json')
        self.forget_losses()

    def note(self, **values):
        if ranks.rank() == 0:
            self.log.write('note', **values, seconds=round(self.elapsed(), 1))

    def elapsed(self):
        return self.before + time.time() - self.begun

    def take_cases(self):
        cases = read(self.o.data, self.o.split)
        pick = lambda side, cut_out: [c for c in cases if c['side'] == side and c['cutOut'] == cut_out]
        of = lambda some: Cases(some, self.device) if some else None
        whole = pick('train', False)
        self.whole, self.cubes, self.check = of(whole), of(pick('train', True)), of(pick('validation', False))
        if self.whole is None and self.cubes is None:
            raise SystemExit('no case of the training side was found')
        counts = {s: sum(c['set'] == s for c in whole) for s in {c['set'] for c in whole}}
        self.weights = [self.o.share.get(c['set'], 1.) / counts[c['set']] for c in whole]
        self.note(whole=counts, cubes=len(self.cubes.cases) if self.cubes else 0, validation=len(self.check.cases) if self.check else 0)

    def batches(self, done):
        """[((images, targets, known), weight)] of this process's samples."""
        o = self.o
        changes = 'flips' if o.augmentation == 'full' and done > o.plain_from else o.augmentation
        parts = []
        if self.whole is not None and o.brains:
            picked = random.choices(range(len(self.weights)), self.weights, k=o.brains)
            parts.append((draw(self.whole, picked, o.patch, True, changes), 1.))
        if self.cubes is not None and o.cubes:
            picked = self.ordered() if o.order else [random.randrange(len(self.cubes.cases)) for _ in range(o.cubes)]
            parts.append((draw(self.cubes, picked, (o.cube,) * 3, False, changes), o.cube_weight if parts else 1.))
        return [((change(x) if changes == 'full' else x, y, k), w) for (x, y, k), w in parts]

    def ordered(self):
        """The cut-outs that --order names for this step."""
        if self.order is None:
            with open(self.o.order) as f:
                self.order = json.load(f)
        place = {c['name']: i for i, c in enumerate(self.cubes.cases)}
        return [place[name] for name in self.order[self.step]]

    def one_step(self, done):
        o = self.o
        rate = o.lr * min(1, (self.step + 1) / max(1, o.warm_up)) * ((1 + math.cos(math.pi * done)) / 2 if o.schedule == 'cosine' else 1)
        for group in self.optimiser.param_groups:
            group['lr'] = rate * group['scale']
        self.optimiser.zero_grad(set_to_none=True)
        parts = self.batches(done)
        if done >= o.decouple_from:
            # the same for every process: drawn by the step, not by the process's own numbers
            chosen = sorted(random.Random(o.seed * 1_000_003 + self.step).sample(range(15), o.k))
            losses, process = self.steps.decoupled(parts, chosen, o.decoupling, getattr(torch, o.gradients))
            self.process = {**process, 'chosen': chosen}
        else:
            chosen = range(15)
            losses = self.steps.mean(parts, o.singles, o.distil * min(1., 3 * done), o.hinge)
        index = torch.tensor(list(chosen), device=self.device)
        self.sums.index_add_(0, index, losses)
        self.counts.index_add_(0, index, torch.ones_like(losses))
        trained = [p for p in self.model.parameters() if p.requires_grad]
        if o.clip:
            torch.nn.utils.clip_grad_norm_(trained, o.clip)
        for p in trained:
            p.grad.nan_to_num_(0., 0., 0.)
        self.optimiser.step()
        with torch.no_grad():
            self.model.bias.clamp_(-1, 1)
        self.step += 1
        self.update_average()
        return rate

    def update_average(self):
        decay = min(self.o.ema, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_mul_(list(self.average.parameters()), decay)
            torch._foreach_add_(list(self.average.parameters()), [p.detach() for p in self.model.parameters()], alpha=1 - decay)

    def forget_losses(self):
        self.sums, self.counts = torch.zeros(15, device=self.device), torch.zeros(15, device=self.device)
        self.process, self.since = None, (self.step, time.time())

    def tell(self, rate):
        sums, counts = self.sums.tolist(), self.counts.tolist()
        step, at = self.since
        speed = (self.step - step) / max(1e-9, time.time() - at)
        if ranks.rank() == 0:
            self.log.step(self.step, rate, {i: s / n for i, (s, n) in enumerate(zip(sums, counts)) if n}, self.process, speed)
        self.forget_losses()

    def write(self, validation=None):
        if ranks.rank() != 0:
            return
        notes = {'step': self.step, 'seconds': round(self.elapsed()), 'validation': validation}
        export(self.average, self.o.out, notes)
        about = f'Trained by quorum_torch for {self.step} steps; nothing is known about its accuracy on other data.'
        write_model(self.average, f'{self.o.out}/model', self.o.name, about, ', '.join(os.path.basename(os.path.normpath(d)) for d in self.o.data))

    def validate(self):
        torch.backends.cudnn.benchmark = False
        result = validate(self.average, self.check, lambda: half(self.device)) if self.check is not None and ranks.rank() == 0 else None
        torch.backends.cudnn.benchmark = self.device.type == 'cuda'
        self.write(result)
        if result:
            self.log.validation(self.step, result)

    def save(self):
        state.save(f'{self.o.out}/state.pt', self.model, self.average, self.optimiser, step=self.step, elapsed=self.elapsed(), forked=self.forked)

    def fork(self):
        """Keeps what the mean of the losses came to, before decoupling begins."""
        self.forked = True
        if self.step == 0:
            return
        self.validate()
        if ranks.rank() == 0:
            for name in ('weights.safetensors', 'fusion.json'):
                os.replace(f'{self.o.out}/{name}', f'{self.o.out}/before-decoupling-{name}')

    def done(self):
        """How much of the training is behind, 0 to 1, as the first process sees it; more than 1 when it is to stop."""
        if self.o.seconds is not None:
            with contextlib.suppress(OSError, ValueError), open(f'{self.o.out}/seconds') as f:
                self.o.seconds = float(f.read())
        value = self.step / self.o.steps if self.o.steps else self.elapsed() / self.o.seconds
        return ranks.told(2. if self.stopping else value, self.device)

    def run(self):
        o = self.o
        signal.signal(signal.SIGTERM, self.ask_to_stop)
        signal.signal(signal.SIGINT, self.ask_to_stop)
        clock = lambda: ranks.told(self.step if o.steps else self.elapsed(), self.device)
        due = {'validate': clock() + o.validate_every, 'save': clock() + o.save_every}
        while (done := self.done()) < 1:
            if done >= o.decouple_from and not self.forked:
                self.fork()
            rate = self.one_step(done)
            if self.step % o.log_every == 0 or self.step == 1:
                self.tell(rate)
            now = clock()
            if now >= due['save']:
                due['save'] = now + o.save_every
                self.save()
            if now >= due['validate'] and done < .93:
                due['validate'] = now + o.validate_every
                self.validate()
            self.follow_speed()
        self.save()
        if not self.stopping:
            self.validate()
            self.note(finished=True, steps=self.step)
        ranks.end()

    def ask_to_stop(self, *_):
        """The state is written after this step; the same command goes on from there."""
        self.stopping = True

    def follow_speed(self):
        """Goes over to the fastest variant that speed.py has timed, once all are."""
        if not self.o.speed or self.step % 20 or not os.path.exists(self.o.speed):
            return
        with open(self.o.speed) as f:
            lines = [json.loads(line) for line in f]
        if len(lines) < 4 and time.time() - self.begun < 200:
            return
        self.o.speed = None
        self.note(speed=lines)
        good = sorted((l for l in lines if 'seconds' in l), key=lambda l: l['seconds'])
        if not good:
            return
        before = self.steps.network, self.steps.loss, self.steps.layout
        try:
            self.steps.use(good[0]['variant'], compiled)
            self.steps.mean(self.batches(.5), self.o.singles, 0., self.o.hinge)
            self.note(variant=good[0]['variant'])
        except Exception as e:  # what the compiler cannot do here is done without it
            self.steps.network, self.steps.loss, self.steps.layout = before
            self.note(variant=good[0]['variant'], error=f'{type(e).__name__}: {str(e)[:500]}')
        self.optimiser.zero_grad(set_to_none=True)


def optimiser_of(model, o):
    convolutions = [p for p in model.module.parameters() if p.dim() > 1]
    others = [p for p in model.module.parameters() if p.dim() <= 1]
    groups = [{'params': convolutions, 'weight_decay': o.decay, 'scale': 1.}, {'params': others, 'weight_decay': 0., 'scale': 1.}]
    if o.fusion_rate > 0:
        groups.append({'params': model.fusion_parameters(), 'weight_decay': 0., 'scale': o.fusion_rate})
    return torch.optim.AdamW(groups, lr=o.lr, betas=(.9, o.beta2))


def main():
    o = parsed()
    if o.speed:
        subprocess.Popen([sys.executable, '-m', 'quorum_torch.speed', o.speed, '--channels', ','.join(map(str, o.channels)), '--patch', ','.join(map(str, o.patch)), '--batch', str(o.brains), '--cubes', str(o.cubes)], stderr=subprocess.STDOUT, stdout=open(f'{o.speed}.log', 'w'))
    Trainer(o).run()


if __name__ == '__main__':
    main()
