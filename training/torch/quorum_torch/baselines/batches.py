"""The samples of a step: the trainer's cases, shifts and flips, on a grid `reduce` times coarser. A seed and a step name them, so every method sees the same."""
import random

import numpy as np
import torch
import torch.nn.functional as F

from ..cases import read_dataset, sides_of
from ..data import Cases, draw
from .method import Batch


def reduced(x, y, known, factor):
    """Images, targets and what is known of them on a coarser grid: means of the tissue, air by majority."""
    if factor == 1:
        return x, y, known
    seen = (x != 0).float()
    share = F.avg_pool3d(seen, factor)
    values = F.avg_pool3d(x, factor) / share.clamp_min(1e-6)
    values = torch.where(values == 0, torch.full_like(values, 1e-3), values)
    x = torch.where(share >= .5, values, torch.zeros_like(values))
    return x, F.avg_pool3d(y, factor), (F.avg_pool3d(known, factor) > .999).float()


def cut_outs(cases, side):
    """Boxes of `side` voxels around the tumours of whole brains, in the form of cut-outs. The brains' one label, whether their dataset.json
    calls it tumourLabel or unknownLabel, is taken as tumour whose parts are unknown."""
    result = []
    for case in cases:
        case = {**case, 'labels': np.where(case['labels'] == 255, 5, case['labels'])}
        middle = np.argwhere(case['labels'] > 0).mean(0)
        shape = np.array(case['shape'])
        low = np.clip(np.rint(middle - side / 2).astype(int), 0, np.maximum(shape - side, 0))
        box = tuple(slice(a, b) for a, b in zip(low, np.minimum(low + side, shape)))
        labels = case['labels'][box]
        result.append({**case, 'cutOut': True, 'start': [0, 0, 0], 'shape': list(labels.shape), 'images': case['images'][(slice(None), *box)], 'labels': labels})
    return result


class Batches:
    """cubes, partly: folders of data sets (partly may be None)."""

    def __init__(self, cubes, partly, split, side=32, reduce=2, size=4, changes='flips'):
        self.side, self.reduce, self.size, self.changes = side, reduce, size, changes
        self.kept = {}
        sides = sides_of(split)
        cases = list(read_dataset(cubes, sides))
        self.validation = [c for c in cases if c['side'] == 'validation']
        self.training = Cases([c for c in cases if c['side'] == 'train'], 'cpu')
        some = [c for c in read_dataset(partly, sides) if c['side'] == 'train'] if partly else []
        self.partly = Cases(cut_outs(some, side), 'cpu') if some else None

    def of(self, cases, count):
        picked = [random.randrange(len(cases.cases)) for _ in range(count)]
        return Batch(*reduced(*draw(cases, picked, (self.side,) * 3, False, self.changes), self.reduce))

    def at(self, seed, step):
        """The batch of a step. Kept, as every network asks for the same ones."""
        def partly():
            random.seed(f'partly {seed} {step}')
            return self.once(('partly', seed, step), lambda: self.of(self.partly, max(1, self.size // 2)))

        random.seed(f'{seed} {step}')
        batch = self.once((seed, step), lambda: self.of(self.training, self.size))
        batch.partly = partly if self.partly else None
        return batch

    def once(self, key, make):
        if key not in self.kept:
            self.kept[key] = make()
        return self.kept[key]
