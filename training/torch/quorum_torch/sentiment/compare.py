"""compare.py DATA --out FOLDER: every method over several seeds, accuracy and F1 of the 7 combinations on the test side, paired tests over the seeds.

DATA is a folder of CMU-MOSI's CSV files, or an .npz file (see data.py). Writes sentiment.json and sentiment.md.
"""
import argparse
import json
import math
import os
import time

import torch

from . import COMBINATIONS, name_of
from .data import read, split_validation, standardised
from .train import METHODS, scores, train

TITLES = {'gmd': 'DS, GMD', 'mean': 'DS, mean loss', 'dropout': 'DS, modality dropout', 'early': 'Early fusion, modality dropout'}


def paired(a, b):
    """Mean difference a - b over the seeds with its 95 % t-interval and two-sided p. None for fewer than two seeds."""
    if len(a) < 2:
        return None
    from scipy import stats
    d = [x - y for x, y in zip(a, b)]
    n, mean = len(d), sum(d) / len(d)
    error = math.sqrt(sum((x - mean) ** 2 for x in d) / (n - 1) / n)
    half = stats.t.ppf(.975, n - 1) * error
    p = 2 * stats.t.sf(abs(mean) / error, n - 1) if error > 0 else float(mean == 0)
    return {'difference': round(mean, 4), 'low': round(mean - half, 4), 'high': round(mean + half, 4), 'p': round(float(p), 4)}


def run(path, seeds, epochs):
    sides = read(path)
    runs = []
    for seed in range(1, seeds + 1):
        parts = (sides['train'], sides['valid']) if 'valid' in sides else split_validation(sides['train'], .15, seed)
        training, validation, test = standardised(*parts, sides['test'])
        for method in METHODS:
            begun = time.time()
            model, notes = train(method, seed, training, validation, epochs)
            result = scores(model, test)
            runs.append({'method': method, 'seed': seed, 'seconds': round(time.time() - begun, 1), **notes,
                         'parameters': sum(p.numel() for p in model.parameters()),
                         'accuracy': [round(s[0], 4) for s in result], 'f1': [round(s[1], 4) for s in result]})
            print(json.dumps(runs[-1]), flush=True)
    counts = {side: len(labels) for side, (_, labels, _) in sides.items()}
    majority = float(max(sides['test'][1].mean(), 1 - sides['test'][1].mean()))
    return {'combinations': [name_of(s) for s in COMBINATIONS], 'utterances': counts, 'majority': round(majority, 4), 'epochs': epochs, 'runs': runs,
            'tests': {m: tested(runs, m) for m in METHODS if m != 'gmd'}}


def tested(runs, other):
    """GMD against another method: the mean over the combinations, and each combination, paired by seed."""
    values = lambda method, pick: [pick(r) for r in sorted(runs, key=lambda r: r['seed']) if r['method'] == method]
    compare = lambda pick: paired(values('gmd', pick), values(other, pick))
    return {'mean': compare(lambda r: sum(r['accuracy']) / len(COMBINATIONS)),
            **{name_of(s): compare(lambda r, i=i: r['accuracy'][i]) for i, s in enumerate(COMBINATIONS)}}


def spread(values):
    mean = sum(values) / len(values)
    sd = math.sqrt(sum((v - mean) ** 2 for v in values) / max(1, len(values) - 1))
    return f'{100 * mean:.1f} ± {100 * sd:.1f}'


def table(result, field):
    head = ['combination', *(TITLES[m] for m in METHODS)]
    rows = [[name, *(spread([r[field][i] for r in result['runs'] if r['method'] == m]) for m in METHODS)] for i, name in enumerate(result['combinations'])]
    n = len(result['combinations'])
    rows.append(['**mean of 7**', *(spread([sum(r[field]) / n for r in result['runs'] if r['method'] == m]) for m in METHODS)])
    return '\n'.join('| ' + ' | '.join(r) + ' |' for r in [head, ['---'] * len(head), *rows])


def page(result):
    seeds = len({r['seed'] for r in result['runs']})
    held = [r['validation'] for r in result['runs']]
    conflicts = [r['conflicts'] for r in result['runs'] if r['conflicts'] is not None]
    tests = '\n'.join(f"| {TITLES[m]} | {100 * t['mean']['difference']:+.1f} | {100 * t['mean']['low']:+.1f} to {100 * t['mean']['high']:+.1f} | {t['mean']['p']:.3f} |"
                      for m, t in result['tests'].items() if t['mean'])
    return f"""# Sentiment from audio, text and video

Made by `python3 -m quorum_torch.sentiment.compare`. Do not edit.

The second experiment of Wang et al. (2024): is an utterance positive or negative, by whichever of audio, text and video are there? {result['utterances']['train']} utterances to train on (15 % of them held back to choose the epoch), {result['utterances']['test']} to test on, {seeds} seeds. Who always says the commoner class is right in {100 * result['majority']:.1f} %. The features are older than those of the paper, so no number here may stand beside a published one: the methods are compared with each other.

All Dynamic Sharing networks (DS) are alike: an encoder a modality, a shared trunk with norms per modality, the mean of the logits. Epochs, rate and size are the same for all methods and were not tuned for any of them. "Modality dropout" draws one combination a step.

On the utterances held back the accuracy is {100 * sum(held) / len(held):.1f} % in the mean, much more than on the test side. Why was not found out: the features of the training side may have been made with its own labels, and its rows may come from the same videos (the files name none). So what is held back chooses the epoch for the wrong reason, for all methods alike.

Accuracy in per cent, mean ± standard deviation over the seeds:

{table(result, 'accuracy')}

F1 of the positive class:

{table(result, 'f1')}

GMD against each other method: difference of the mean accuracy of the 7 combinations in points, paired by seed, with its 95 % t-interval.

| against | difference | 95 % | p |
|---|---|---|---|
{tests}

With GMD {100 * sum(conflicts) / len(conflicts):.1f} % of the pairs of objectives were in conflict.
"""


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument('data')
    p.add_argument('--out', required=True)
    p.add_argument('--seeds', type=int, default=5)
    p.add_argument('--epochs', type=int, default=60)
    o = p.parse_args()
    torch.set_num_threads(1)  # the same numbers on every machine
    result = run(o.data, o.seeds, o.epochs)
    os.makedirs(o.out, exist_ok=True)
    with open(f'{o.out}/sentiment.json', 'w') as f:
        json.dump(result, f, indent=1)
    with open(f'{o.out}/sentiment.md', 'w') as f:
        f.write(page(result))


if __name__ == '__main__':
    main()
