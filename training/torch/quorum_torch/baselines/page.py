"""page.py LOG PAGE: the page of tables of a log that compare.py wrote (baselines.json)."""
import json
import sys

import numpy as np

from .. import REGIONS
from ..losses import COMBINATIONS, name_of
from . import METHODS

DRAWS = 2000


def dice_table(log, method, region):
    """(15, patients): Dice, mean over the method's seeds; NaN where the region is too small."""
    runs = [r['patients'] for r in log['runs'] if r['method'] == method]
    value = lambda v: np.nan if v is None else v
    return np.mean([[[value(v) for v in run[name_of(s)][region]] for s in COMBINATIONS] for run in runs], 0)


def interval(values):
    """Mean over patients and its 95 % bootstrap interval. values: (patients,); NaN: not counted."""
    values = values[~np.isnan(values)]
    drawn = np.random.default_rng(1).choice(values, (DRAWS, len(values))).mean(1)
    low, high = np.quantile(drawn, (.025, .975))
    return values.mean(), low, high


def told(values):
    mean, low, high = interval(values)
    return f'{mean:.2f} ({low:.2f}–{high:.2f})'


def rows(lines):
    head, *rest = lines
    return '\n'.join('| ' + ' | '.join(str(v) for v in line) + ' |' for line in [head, ['---', *['--:'] * (len(head) - 1)], *rest])


def overview(log, methods):
    lines = [['method', 'seeds', 'Dice WT, mean of the 15', 'TC', 'ET', 'against DS, mean loss: WT', 'TC', 'ET']]
    reference = {r: dice_table(log, 'ds-mean', r).mean(0) for r in REGIONS} if 'ds-mean' in methods else None
    for m in methods:
        seeds = sum(r['method'] == m for r in log['runs'])
        own = {r: dice_table(log, m, r).mean(0) for r in REGIONS}
        differences = ['–'] * 3 if m == 'ds-mean' or not reference else [signed(own[r] - reference[r]) for r in REGIONS]
        lines.append([METHODS[m].TITLE, seeds, *(told(own[r]) for r in REGIONS), *differences])
    every = {r: np.array([np.nan if v is None else v for v in log['everything'][r]], float) for r in REGIONS}
    lines.append(['*every voxel called tumour*', '–', *(told(every[r]) for r in REGIONS), '–', '–', '–'])
    return rows(lines)


def signed(values):
    mean, low, high = interval(values)
    return f'{mean:+.2f} ({low:+.2f} to {high:+.2f})'


def costs(log, methods):
    lines = [['method', 'parameters', 'steps', 'training, CPU s', 'passes, four sequences', 'passes, all 15', 's a case, four sequences', 's a case, all 15']]
    for m in methods:
        runs = [r for r in log['runs'] if r['method'] == m]
        mean = lambda pick: sum(pick(r) for r in runs) / len(runs)
        passes = [f'{r[0]} + {r[1]}' for r in (runs[0]['passes']['four'], runs[0]['passes']['all'])]
        lines.append([METHODS[m].TITLE, f"{runs[0]['parameters']:,}", runs[0]['steps'], f"{mean(lambda r: r['trainingSeconds']):.0f}", *passes,
                      *(f"{mean(lambda r, k=k: r['secondsACase'][k]):.3f}" for k in ('four', 'all'))])
    return rows(lines)


def combinations(log, methods, region):
    lines = [['', *(METHODS[m].TITLE for m in methods)]]
    tables = {m: dice_table(log, m, region) for m in methods}
    for i, s in enumerate(COMBINATIONS):
        lines.append([name_of(s), *(told(tables[m][i]) for m in methods)])
    return rows(lines)


def page(log):
    methods = [m for m in METHODS if any(r['method'] == m for r in log['runs'])]
    missing = [METHODS[m].TITLE for m in METHODS if m not in methods]
    cases, reduce = log['cases'], log['reduce']
    shares = [r['conflicts'] for r in log['runs'] if r.get('conflicts') is not None]
    conflict = f"\n\nIn DS + GMD {100 * sum(shares) / len(shares):.1f} % of the pairs of drawn objectives had gradients in conflict (mean over the logged steps): where that is 0, decoupling changes nothing but that 5 losses are taken a step and not 15." if shares else ''
    note = f"\n{log['note']}\n" if log.get('note') else ''
    left_out = f"\nNot trained yet: {', '.join(missing)}.\n" if missing else ''
    grid = f', on a grid {reduce} times coarser than the files (answers are brought back to the files’ grid before they are scored)' if reduce > 1 else ''
    spent = sum(r['trainingSeconds'] for r in log['runs'])
    seeds = max(r['seed'] for r in log['runs'])
    tables = '\n\n'.join(f'### {r}\n\n{combinations(log, methods, r)}' for r in REGIONS)
    about = '\n'.join(f'- **{m.TITLE}**: {m.CITES}. Here: {m.DIFFERS}.' for m in METHODS.values())
    return f"""# Baselines

Made by `python3 -m quorum_torch.baselines.page` from [its log](logs/baselines.json). Do not edit.

Small versions of methods of the literature beside Dynamic Sharing (DS), in one training loop of [training/torch](../../training/torch/README.md): the same {cases['train']} training cut-outs of BraTS 2020{grid}, the same samples in the same order, shifts and flips, {log['steps']} steps of {log['batch']} samples **a network**, AdamW at {log['learningRate']} falling to 0, channels {'-'.join(str(c) for c in log['channels'])}. Scored are {cases['validation']} validation cut-outs; the test side was not read. All training took {spent / 60:.0f} minutes of one CPU core.

**This is no ranking.** {log['steps']} steps are about {log['steps'] * log['batch'] / cases['train']:.1f} times the training data: enough to see that every method trains, too few to see which is best, and a method that learns slowly looks worse than it is. Where intervals overlap the table says nothing about who is better. The learning rate was chosen for the training loss of two of the methods (DS with the mean loss, early fusion; 0.002 and 0.005 were tried), the rest is untuned. Dice on cut-outs around tumours is kind: calling every voxel tumour has the Dice of the last row below. Numbers here must not stand beside published ones.
{note}{left_out}
## Over all combinations

Dice of a patient is the mean over the 15 combinations and the seeds; in brackets 95 % bootstrap intervals over patients, on the right of the paired differences. The intervals take the trained networks as given: what other seeds would have changed is not in them, so a difference that excludes 0 is one between these networks, not between the methods. An ET of 0.00 means that the network does not yet find ET after so few steps.

{overview(log, methods)}{conflict}

## What they cost

Parameters are those kept to answer all 15 combinations. Passes are counted as they happen, of U-Net encoders + decoders. Seconds are the CPU's, one thread, PyTorch {log['torch']}, one cut-out.

{costs(log, methods)}

## The 15 combinations

{tables}

## The methods, and what of them was left out

{about}

## To repeat this

```sh
PYTHONPATH=training/torch python3 -m quorum_torch.baselines.compare DATA/brats2020-cubes --partly DATA/brains-wt --split docs/results/split.json --out OUT --steps {log['steps']} --seeds {seeds}
npx quorum evaluate DATA/brats2020-cubes --predictions OUT/early-fusion-1/masks --split docs/results/split.json --side validation --out OUT/scores
PYTHONPATH=training/torch python3 -m quorum_torch.baselines.page OUT/baselines.json docs/results/baselines.md
```
"""


def main():
    with open(sys.argv[1]) as f:
        log = json.load(f)
    with open(sys.argv[2], 'w') as f:
        f.write(page(log))


if __name__ == '__main__':
    main()
