"""compare.py CUBES --split SPLIT --out OUT: trains every baseline by the same steps and seeds, and writes and scores the masks of its validation cases.

OUT/<method>-<seed>/ holds log.jsonl, state.pt, masks/ (for `quorum evaluate --predictions`) and run.json. What is finished is not done again, so after a kill
the same command goes on. At the end, or with --collect alone, OUT/baselines.json holds all runs; page.py makes the page of it.
"""
import argparse
import glob
import json
import os

import torch

from ..log import Log
from ..losses import COMBINATIONS, name_of
from ..validate import counts_of
from . import METHODS
from .batches import Batches
from .loop import train, write_json
from .predictions import dice_of, passes_of, predicted


def run(name, seed, o, batches):
    """One method with one seed, from its first step to its scores."""
    folder = f'{o.out}/{name}-{seed}'
    if os.path.exists(f'{folder}/run.json'):
        return
    os.makedirs(folder, exist_ok=True)
    torch.manual_seed(seed)
    method = METHODS[name](o.channels)
    told = train(method, batches(), folder, seed, o.steps, o.lr)
    found = predicted(method, batches().validation, o.data, f'{folder}/masks', o.reduce)
    Log(f'{folder}/log.jsonl').validation(told['steps'], found['table'])
    encoder, decoder = zip(*(passes_of(method, c) for c in (COMBINATIONS[:1], COMBINATIONS)))
    write_json(f'{folder}/run.json', {
        'method': name, 'seed': seed, 'steps': told['steps'], 'trainingSeconds': round(told['seconds'], 1),
        'parameters': method.inference_parameters(), 'passes': {'four': [encoder[0], decoder[0]], 'all': [encoder[1], decoder[1]]},
        'secondsACase': found['seconds'], 'patients': found['patients']})


def everything(cases):
    """What calling every voxel enhancing tumour scores: on cut-outs around tumours much more than nothing."""
    counts = {}
    for case in cases:
        found = torch.from_numpy((case['images'] != 0).any(0)).expand(1, 3, *case['shape'])
        key = (COMBINATIONS[0], case['patient'])
        counts[key] = counts.get(key, 0) + counts_of(found, torch.from_numpy(case['labels'].copy()))
    return dice_of(counts)[name_of(COMBINATIONS[0])]


def conflicts(folder):
    """Share of the pairs of objectives whose gradients were in conflict, over the log's lines; None where none are decoupled."""
    with open(f'{folder}/log.jsonl') as f:
        shares = [line['conflicts'] for line in map(json.loads, f) if 'conflicts' in line]
    return round(sum(shares) / len(shares), 4) if shares else None


def collect(o, about):
    runs = []
    for path in sorted(glob.glob(f'{o.out}/*/run.json')):
        with open(path) as f:
            runs.append({**json.load(f), 'conflicts': conflicts(os.path.dirname(path))})
    runs.sort(key=lambda r: (list(METHODS).index(r['method']), r['seed']))
    with open(f'{o.out}/baselines.json.part', 'w') as f:
        json.dump({**about, 'runs': runs}, f)
        f.write('\n')
    os.replace(f'{o.out}/baselines.json.part', f'{o.out}/baselines.json')
    print(f'{len(runs)} runs in {o.out}/baselines.json')


def parsed(arguments=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('data', help='cut-outs with all four sequences, z-scored on the 128-grid')
    p.add_argument('--partly', help='brains whose whole tumour alone is outlined, for the mean teacher')
    p.add_argument('--split', required=True)
    p.add_argument('--out', required=True)
    p.add_argument('--methods', default=','.join(METHODS))
    p.add_argument('--seeds', type=int, default=2)
    p.add_argument('--steps', type=int, default=150, help='of each network')
    p.add_argument('--batch', type=int, default=4)
    p.add_argument('--lr', type=float, default=5e-3)
    p.add_argument('--side', type=int, default=32, help='voxels a side of the cut-outs')
    p.add_argument('--reduce', type=int, default=2, help='how much coarser the grid is than the files')
    p.add_argument('--channels', default='8,16,32,64,128')
    p.add_argument('--threads', type=int, default=1)
    p.add_argument('--note', default='', help='a sentence for the page, about how the runs were made')
    p.add_argument('--collect', action='store_true', help='only gather what is finished')
    o = p.parse_args(arguments)
    o.channels = [int(v) for v in o.channels.split(',')]
    return o


def main(arguments=None):
    o = parsed(arguments)
    torch.set_num_threads(o.threads)
    kept = []

    def batches():
        if not kept:
            kept.append(Batches(o.data, o.partly, o.split, o.side, reduce=o.reduce, size=o.batch))
        return kept[0]

    os.makedirs(o.out, exist_ok=True)
    for seed in range(1, o.seeds + 1):
        for name in o.methods.split(','):
            if not o.collect:
                run(name, seed, o, batches)
    loaded = batches()
    collect(o, {'note': o.note, 'steps': o.steps, 'batch': o.batch, 'learningRate': o.lr, 'reduce': o.reduce, 'channels': o.channels, 'torch': torch.__version__, 'everything': everything(loaded.validation),
                'cases': {'train': len(loaded.training.cases), 'validation': len(loaded.validation), 'partly': len(loaded.partly.cases) if loaded.partly else 0}})


if __name__ == '__main__':
    main()
