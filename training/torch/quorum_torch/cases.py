"""Cases of training and validation, read from data sets' folders or from packs. Cases of a split's test side are never read.

A case is a dict: set, name, side, have (indices of its sequences), cutOut, start and shape (3) on the 128-grid, images int8
(4, *shape) in steps of 1/8 of a z-score with air exactly 0, labels uint8 (shape): 0 1 2 4, 5 tumour whose parts are unknown, 255 unknown;
from a folder also patient, and corner (3), where the box begins in its files.
The 128-grid is 240 x 240 x 155 voxels of 1 mm resampled to 128 x 128 x 128 with the corner voxels kept.
"""
import json
import lzma
import os
import re

import numpy as np

from . import MODALITIES

GRID = (240, 240, 155)
STEP = 8


def read(paths, split=None):
    """The cases of packs (*.xz) and folders of case folders. Folders need `split`, a JSON file that names the sides' patients."""
    cases = []
    for path in paths:
        if path.endswith('.xz'):
            cases += read_pack(path)
        elif split is None:
            raise ValueError(f'{path}: --split is needed to read a data set')
        else:
            cases += read_dataset(path, sides_of(split))
    return cases


def sides_of(split):
    """{patient: side} of a split file."""
    with open(split) as f:
        content = json.load(f)
    return {name: side for side in ('train', 'validation', 'test') for name in content.get(side, [])}


def read_dataset(folder, sides, label=None):
    """Generator of the cases of one data set (see docs/training.md for dataset.json) on training and validation."""
    description = {}
    if os.path.exists(f'{folder}/dataset.json'):
        with open(f'{folder}/dataset.json') as f:
            description = json.load(f)
    cut_out, raw = description.get('known') == 'nonzero-box', description.get('intensities') != 'z-score'
    for name in sorted(os.listdir(folder)):
        case = f'{folder}/{name}'
        patient = os.path.isdir(case) and _patient_of(case, name, description.get('patient'))
        side = sides.get(patient)
        if side not in ('train', 'validation'):
            continue
        images, labels = _load(case, name, raw and not cut_out)
        _translate(labels, description, case)
        box = np.argwhere(np.any([a != 0 for a in images.values()], 0))
        low, high = box.min(0), box.max(0) + 1
        cut = tuple(slice(a, b) for a, b in zip(low, high))
        shape = [int(v) for v in high - low]
        stored = np.zeros((4, *shape), np.int8)
        for m, a in images.items():
            stored[m] = quantised(a[cut])
        yield {'set': label or os.path.basename(os.path.normpath(folder)), 'name': name, 'side': side, 'have': list(images), 'cutOut': cut_out,
               'start': [0, 0, 0] if cut_out else [int(v) for v in low], 'shape': shape, 'corner': [int(v) for v in low], 'patient': patient, 'images': stored, 'labels': labels[cut].astype(np.uint8)}


def _translate(labels, description, case):
    """Brings a data set's labels to 0 1 2 4 5 255, in place."""
    tumour, unknown = description.get('tumourLabel'), description.get('unknownLabel')
    whole = labels == tumour if tumour is not None else None
    hidden = labels == unknown if unknown is not None else None
    scheme = description.get('labels', 'brats2021' if not (labels == 4).any() and (labels == 3).any() else 'brats')
    if scheme == 'brats2021':
        labels[labels == 3] = 4
    elif scheme == 'msd':
        old = labels.copy()
        for a, b in ((1, 2), (2, 1), (3, 4)):
            labels[old == a] = b
    elif scheme == 'brats2013':
        labels[labels == 3] = 1
    elif scheme != 'brats':
        raise ValueError(f'{case}: labels of the scheme {scheme} cannot be read')
    if hidden is not None:
        labels[hidden] = 255
    if whole is not None:
        labels[whole] = 5
    strange = set(np.unique(labels)) - {0, 1, 2, 4, 5, 255}
    if strange:
        raise ValueError(f'{case}: labels {sorted(int(v) for v in strange)} belong to no region')


def _load(folder, name, raw):
    images = {}
    for m, modality in enumerate(MODALITIES):
        path = f'{folder}/{name}_{modality}.nii.gz'
        if not os.path.exists(path):
            continue
        a = _read_image(path)
        if raw:
            brain = a != 0
            a = to_grid(np.where(brain, (a - a[brain].mean()) / a[brain].std(), 0), 1)
        images[m] = a
    labels = np.rint(_read_image(f'{folder}/{name}_seg.nii.gz')).astype(np.uint8)
    return images, to_grid(labels, 0) if raw else labels


def _read_image(path):
    import nibabel
    return np.asarray(nibabel.load(path).dataobj).astype(np.float32)


def to_grid(a, order):
    """(240, 240, 155) -> (128, 128, 128): linear with air by majority (order 1), or nearest (order 0)."""
    from scipy.ndimage import map_coordinates
    if a.shape != GRID:
        raise ValueError(f'expected {GRID} voxels, found {a.shape}')
    at = np.meshgrid(*[np.linspace(0, n - 1, 128) for n in GRID], indexing='ij')
    if order == 0:
        return map_coordinates(a, at, order=0)
    values, tissue = map_coordinates(a, at, order=1), map_coordinates((a != 0).astype(np.float32), at, order=1)
    return np.where(tissue > .5, values / np.maximum(tissue, .5), 0)


def quantised(a):
    """int8 in steps of 1/STEP; tissue never becomes 0."""
    q = np.rint(a * STEP).astype(int)
    return np.where(a == 0, 0, np.where(q == 0, np.where(a < 0, -1, 1), np.clip(q, -127, 127))).astype(np.int8)


def _patient_of(folder, name, pattern):
    text = f'{folder}/patient.txt'
    if os.path.exists(text):
        with open(text) as f:
            return f.read().strip()
    match = re.search(pattern, name) if pattern else None
    return (match[1] if match.groups() else match[0]) if match else name


def write_pack(path, cases):
    """One small file: a JSON index and the voxels, LZMA. A test side's case is refused."""
    index, at = [], 0
    for case in cases:
        if case['side'] not in ('train', 'validation'):
            raise ValueError(f"{case['name']} is on the side {case['side']}")
        entry = {k: case[k] for k in ('set', 'name', 'side', 'have', 'cutOut', 'start', 'shape')}
        index.append({**entry, 'at': at})
        at += (len(case['have']) + 1) * int(np.prod(case['shape']))
    head = json.dumps(index).encode()
    with lzma.open(path, 'wb', filters=[{'id': lzma.FILTER_LZMA2, 'preset': 6, 'pb': 0, 'lc': 4, 'lp': 0}]) as f:
        f.write(len(head).to_bytes(8, 'little') + head)
        for case in cases:
            for m in case['have']:
                f.write(case['images'][m].tobytes())
            f.write(case['labels'].tobytes())
    return index


def read_pack(path):
    """The cases of a pack."""
    with lzma.open(path) as f:
        index = json.loads(f.read(int.from_bytes(f.read(8), 'little')))
        data = f.read()
    for case in index:
        shape, at = case['shape'], case.pop('at')
        n = int(np.prod(shape))
        case['images'] = np.zeros((4, *shape), np.int8)
        for i, m in enumerate(case['have']):
            case['images'][m] = np.frombuffer(data, np.int8, n, at + i * n).reshape(shape)
        case['labels'] = np.frombuffer(data, np.uint8, n, at + len(case['have']) * n).reshape(shape)
    return index
