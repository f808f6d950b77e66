"""state.pt: everything that a training needs to go on as if nobody had stopped it."""
import os
import random

import numpy as np
import torch

from . import ranks


def save(path, model, average, optimiser, **numbers):
    """Written whole by the first process; the others' random numbers go into files of their own."""
    torch.save(generators(), f'{path}.random{ranks.rank()}.part')
    os.replace(f'{path}.random{ranks.rank()}.part', f'{path}.random{ranks.rank()}')
    if ranks.rank() == 0:
        torch.save({'model': model.state_dict(), 'average': average.state_dict(), 'optimiser': optimiser.state_dict(), **numbers}, f'{path}.part')
        os.replace(f'{path}.part', path)


def load(path, model, average, optimiser, device):
    """Takes a state into model, average, optimiser and the random generators; returns its numbers. None when there is none."""
    if not os.path.exists(path):
        return None
    state = torch.load(path, map_location=device)
    model.load_state_dict(state.pop('model'))
    average.load_state_dict(state.pop('average'))
    optimiser.load_state_dict(state.pop('optimiser'))
    mine = f'{path}.random{ranks.rank()}'
    if os.path.exists(mine):
        restore(torch.load(mine, map_location='cpu'))
    return state


def generators():
    return {'python': random.getstate(), 'numpy': np.random.get_state()[1].tolist(), 'torch': torch.get_rng_state(),
            'cuda': torch.cuda.get_rng_state() if torch.cuda.is_available() else None}


def restore(kept):
    random.setstate(kept['python'])
    kind, _, *rest = np.random.get_state()
    np.random.set_state((kind, np.array(kept['numpy'], dtype=np.uint32), *rest))
    torch.set_rng_state(kept['torch'])
    if kept['cuda'] is not None and torch.cuda.is_available():
        torch.cuda.set_rng_state(kept['cuda'])


def seed(number):
    """Each process draws its own samples; all begin from the same parameters, which are made before."""
    number += 1000 * ranks.rank()
    random.seed(number)
    np.random.seed(number)
    torch.manual_seed(number)
