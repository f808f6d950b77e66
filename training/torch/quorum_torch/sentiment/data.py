"""Utterance features: CMU-MOSI as CSV files, CMU-MOSEI (or any other set) as one .npz file."""
import csv
import os

import numpy as np
import torch

from . import MODALITIES


def read_mosi(folder):
    """{train, test: (features [3 x (N, d)], labels (N,), groups (N,))} of CMU-MOSI's `<modality>_<train|test>0.csv`.

    A row is an utterance, the last column its sentiment (0 negative, 1 positive); the rows of the three files belong together.
    The files name no video, so every row is a group of its own. Raises ValueError where the files do not agree.
    """
    sides = {}
    for side in ('train', 'test'):
        tables = [_table(os.path.join(folder, f'{m}_{side}0.csv')) for m in MODALITIES]
        labels = tables[0][:, -1]
        for m, table in zip(MODALITIES, tables):
            if len(table) != len(labels) or not np.array_equal(table[:, -1], labels):
                raise ValueError(f'{m}_{side}0.csv: its labels are not those of audio_{side}0.csv')
        sides[side] = _side([t[:, :-1] for t in tables], labels, np.arange(len(labels)))
    return sides


def read_npz(path):
    """The same of a file with `<side>_<modality>` (N, d) or (N, T, d), `<side>_label` (N,) and, if known, `<side>_group` (N,), the video.

    Sides are train and test, and valid if there is one. (N, T, d) is averaged over the steps that are not all 0. Labels above 0 are
    positive; utterances labelled exactly 0 (neutral) are left out, as is usual for two classes. Nothing in the file is run:
    `numpy.load` refuses pickled objects.
    """
    sides = {}
    with np.load(path, allow_pickle=False) as f:
        for side in ('train', 'valid', 'test'):
            if f'{side}_label' not in f:
                continue
            labels = f[f'{side}_label'].reshape(-1).astype(float)
            features = [_mean_over_time(f[f'{side}_{m}']) for m in MODALITIES]
            if any(len(x) != len(labels) for x in features):
                raise ValueError(f'{path}: the modalities of {side} differ in length: {[len(x) for x in features]}, labels {len(labels)}')
            groups = f[f'{side}_group'] if f'{side}_group' in f else np.arange(len(labels))
            kept = labels != 0
            sides[side] = _side([x[kept] for x in features], (labels > 0)[kept], groups[kept])
    if not {'train', 'test'} <= sides.keys():
        raise ValueError(f'{path}: expected train_label and test_label, found {sorted(sides)}')
    return sides


def read(path):
    return read_npz(path) if path.endswith('.npz') else read_mosi(path)


def split_validation(side, share, seed):
    """(train, validation) of one side, by group, so that no video is on both."""
    features, labels, groups = side
    names = np.unique(groups)
    drawn = np.random.default_rng(seed).permutation(names)[:round(len(names) * share)]
    held = np.isin(groups, drawn)
    return tuple(([x[torch.from_numpy(part)] for x in features], labels[torch.from_numpy(part)], groups[part]) for part in (~held, held))


def standardised(train, *others):
    """The sides with every feature at mean 0 and variance 1 over `train`, cut at ± 5."""
    scale = [(x.mean(0), x.std(0).clamp_min(1e-6)) for x in train[0]]
    return [([((x - m) / s).clamp(-5, 5) for x, (m, s) in zip(side[0], scale)], side[1]) for side in (train, *others)]


def _side(features, labels, groups):
    return [torch.tensor(np.asarray(x), dtype=torch.float32) for x in features], torch.tensor(np.asarray(labels, float), dtype=torch.float32), np.asarray(groups)


def _table(path):
    with open(path, newline='') as f:
        return np.array([[float(v) for v in row] for row in csv.reader(f) if row])


def _mean_over_time(x):
    x = np.nan_to_num(np.asarray(x, float), nan=0., posinf=0., neginf=0.)
    if x.ndim == 2:
        return x
    there = (x != 0).any(2, keepdims=True)
    return (x * there).sum(1) / np.maximum(there.sum(1), 1)
