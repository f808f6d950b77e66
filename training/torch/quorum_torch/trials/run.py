"""run.py BRAINS --split SPLIT --trunk MODEL --out OUT: trains the arms of docs/results/trials-plan.md from one trunk and scores them.

OUT/ARM-SEED/ holds log.jsonl, state.pt and run.json, OUT/start-ARM/ the scores before the first step. What is finished is not done again,
and after a kill the same command goes on to the same numbers. `--collect` gathers what is finished into OUT/trials.json; page.py makes the page of it.
"""
import argparse
import glob
import json
import math
import os
import time

import torch

from .. import MODALITIES, REGIONS
from ..baselines.loop import write_json, write_state
from ..cases import read_dataset, sides_of
from ..export import load_safetensors
from ..log import Log
from ..network import DynamicSharing, UNet
from ..steps import Steps
from . import ARMS
from .samples import prepared, sample
from .score import scored, summary
from .variants import mirror_images, with_mirror_channel, with_tissue_norms

RATE, WARM_UP, CLIP, FUSION_RATE, MIRROR_RATE, SINGLES = 8e-4, 10, 1., 3., 5., 2.
LOG_EVERY, SAVE_EVERY = 10, 10  # steps; the second a multiple of the first


class TrialSteps(Steps):
    """Steps whose four passes are one batch, which PyTorch 1.13 does 2.3 times as fast on a CPU; with the mirror image beside where the network takes it."""

    mirror = None

    def logits(self, x):
        channels = [x] if self.mirror is None else [x, self.mirror]
        z = self.network(torch.stack(channels, 2).flatten(0, 1), torch.arange(4).repeat(len(x)))
        return list(z.unflatten(0, (len(x), 4)).unbind(1))


def model_of(trunk, arm):
    """The trunk's network (a Model folder), changed as the arm has it."""
    with open(f'{trunk}/model.json') as f:
        fusion = json.load(f)['fusion']
    tensors = {k: v.float() for k, v in load_safetensors(f'{trunk}/weights.safetensors').items()}
    channels = [len(tensors[f'module.{name}.bias']) for name in ('inc.conv1.module', 'down1.double_conv.conv1.module', 'down2.double_conv.conv1.module', 'down3.double_conv.conv1.module')]
    model = DynamicSharing([*channels, 2 * channels[3]])
    if arm.get('mirror'):
        model.module = UNet(model.channels, inputs=2)
        tensors = with_mirror_channel(tensors)
    missing, unexpected = model.load_state_dict(tensors, strict=False)
    if unexpected or set(missing) != {'log_weight', 'bias'}:
        raise ValueError(f'{trunk}: weights of another network')
    rows = lambda table: torch.tensor([[table[m][r] for r in REGIONS] for m in MODALITIES])
    with torch.no_grad():
        model.log_weight.copy_(rows(fusion['weights']).log())
        model.bias.copy_(rows(fusion['biases']))
    if arm.get('tissue'):
        with_tissue_norms(model.module)
    return model


def optimiser_of(model):
    convolutions = [p for p in model.module.parameters() if p.dim() > 1]
    others = [p for p in model.module.parameters() if p.dim() <= 1]
    return torch.optim.AdamW([{'params': convolutions, 'weight_decay': 1e-2, 'scale': 1.}, {'params': others, 'weight_decay': 0., 'scale': 1.},
                              {'params': model.fusion_parameters(), 'weight_decay': 0., 'scale': FUSION_RATE}], lr=RATE, betas=(.9, .99))


def advance(model, optimiser, rate, mirror):
    """One step of the optimiser; the mirror channel's weights go MIRROR_RATE times as far."""
    for group in optimiser.param_groups:
        group['lr'] = rate * group['scale']
    torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
    first = model.module.inc.conv1.module.weight
    before = first.detach().clone()
    optimiser.step()
    if mirror:
        with torch.no_grad():
            first[:, 1:] += (MIRROR_RATE - 1) * (first - before)[:, 1:]


def train(model, arm, brains, folder, seed, steps, side, stop_after=None):
    """Trains for `steps` steps; returns the CPU's seconds. stop_after: end there, as a kill would (tests)."""
    log, path = Log(f'{folder}/log.jsonl'), f'{folder}/state.pt'
    optimiser, mirror = optimiser_of(model), bool(arm.get('mirror'))
    trial = TrialSteps(model, torch.device('cpu'))
    kept = torch.load(path) if os.path.exists(path) else {'step': 0, 'seconds': 0.}
    if kept['step']:
        model.load_state_dict(kept['model'])
        optimiser.load_state_dict(kept['optimiser'])
    log.trim(kept['step'])
    begun, sums = time.process_time(), torch.zeros(15)
    spent = lambda: kept['seconds'] + time.process_time() - begun
    for step in range(kept['step'], steps):
        if step == stop_after:
            return None
        done = step / steps
        rate = RATE * min(1, (step + 1) / WARM_UP) * (1 + math.cos(math.pi * done)) / 2
        images, images_mirrored, targets, known = sample(brains, seed, step, side)
        trial.mirror = images_mirrored if mirror else None
        optimiser.zero_grad(set_to_none=True)
        sums += trial.mean([((images, targets, known), 1.)], SINGLES, arm.get('distil', 0.) * min(1., 3 * done), arm.get('hinge', 0.))
        advance(model, optimiser, rate, mirror)
        if (step + 1) % LOG_EVERY == 0:
            log.step(step + 1, rate, dict(enumerate((sums / LOG_EVERY).tolist())), None, (step + 1) / spent())
            sums.zero_()
        if (step + 1) % SAVE_EVERY == 0 or step + 1 == steps:
            write_state(path, {'model': model.state_dict(), 'optimiser': optimiser.state_dict(), 'step': step + 1, 'seconds': spent()})
    return spent()


def run(name, seed, o, cases):
    """One arm under one seed, from the trunk to its scores; seed None: the trunk's own scores, before a step."""
    folder = f'{o.out}/start-{name}' if seed is None else f'{o.out}/{name}-{seed}'
    if os.path.exists(f'{folder}/run.json'):
        return
    os.makedirs(folder, exist_ok=True)
    arm, brains = ARMS[name], cases()
    model = model_of(o.trunk, arm)
    seconds = train(model, arm, brains['train'], folder, seed, o.steps, o.side) if seed is not None else 0.
    scores = scored(model, brains['validation'], bool(arm.get('mirror')), o.steady.split(','))
    write_json(f'{folder}/run.json', {'arm': name, 'seed': seed, 'steps': o.steps if seed is not None else 0, 'trainingSeconds': round(seconds, 1), 'summary': summary(scores), **scores})
    print(name, seed, json.dumps(summary(scores)), flush=True)


def compare(o, cases):
    """OUT/compared.json: the spread alone of another model, with the same paddings of the same brains."""
    steady = [b for b in cases()['validation'] if b['name'] in o.steady.split(',')]
    scores = scored(model_of(o.compare, ARMS['base']), steady, False, o.steady.split(','))
    with open(f'{o.compare}/model.json') as f:
        about = json.load(f)
    write_json(f'{o.out}/compared.json', {'name': f"{about['name']} {about['version']}", 'spread': summary(scores)['spread']})


def collect(o):
    """OUT/trials.json: the summaries of every finished run."""
    compared = None
    if os.path.exists(f'{o.out}/compared.json'):
        with open(f'{o.out}/compared.json') as f:
            compared = json.load(f)
    runs = []
    for path in glob.glob(f'{o.out}/*/run.json'):
        with open(path) as f:
            runs.append({k: v for k, v in json.load(f).items() if k in ('arm', 'seed', 'steps', 'trainingSeconds', 'summary')})
    runs.sort(key=lambda r: (r['seed'] or 0, list(ARMS).index(r['arm'])))
    write_json(f'{o.out}/trials.json', {'kind': 'trials', 'torch': torch.__version__, 'steps': o.steps, 'side': o.side, 'seeds': [int(s) for s in o.seeds.split(',')], 'note': o.note, 'compared': compared, 'runs': runs})


def parsed(arguments=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('data', help='whole brains on the 128-grid; those with all four sequences are taken')
    p.add_argument('--split', required=True)
    p.add_argument('--trunk', required=True, help='a Model folder')
    p.add_argument('--out', required=True)
    p.add_argument('--arms', default=','.join(ARMS))
    p.add_argument('--seeds', default='1,2')
    p.add_argument('--starts', default='base,tissue', help='arms that are scored before the first step too')
    p.add_argument('--steps', type=int, default=60)
    p.add_argument('--side', type=int, default=48, help='points a side of the crops')
    p.add_argument('--steady', default='BraTS2021_00002,BraTS20_Training_032', help='brains that are padded')
    p.add_argument('--compare', help='a Model folder whose spread alone is told beside the arms')
    p.add_argument('--note', default='', help='what the page says of the runs, beyond the plan’s words')
    p.add_argument('--threads', type=int, default=1)
    p.add_argument('--collect', action='store_true', help='only gather what is finished')
    return p.parse_args(arguments)


def main(arguments=None):
    o = parsed(arguments)
    torch.set_num_threads(o.threads)
    kept = {'train': [], 'validation': []}

    def cases():
        if not kept['train']:
            for case in read_dataset(o.data, sides_of(o.split)):
                if len(case['have']) == 4:
                    kept[case['side']].append(prepared(case, mirror_images))
        return kept

    if not o.collect:
        for seed in o.seeds.split(','):
            for name in o.arms.split(','):
                run(name, int(seed), o, cases)
        for name in filter(None, o.starts.split(',')):
            run(name, None, o, cases)
        if o.compare:
            compare(o, cases)
    collect(o)


if __name__ == '__main__':
    main()
