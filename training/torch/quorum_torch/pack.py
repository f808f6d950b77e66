"""pack.py OUT.xz --split SPLIT.json NAME=FOLDER ...: training and validation cases as one small file for a machine that gets little carried.

Each image as int8 in steps of 1/8 z-score on the 128-grid (240 x 240 x 155 voxels resampled to 128 x 128 x 128 with the corner voxels
kept), cut to the tissue; labels uint8 (0 1 2 4, 5 tumour whose parts are unknown, 255 unknown). Cases of the test side are never packed.
"""
import argparse
import json
import lzma
import os
import re

import nibabel
import numpy as np
from scipy.ndimage import map_coordinates

from . import MODALITIES

GRID = (240, 240, 155)
STEP = 8


def read(path):
    return np.asarray(nibabel.load(path).dataobj).astype(np.float32)


def to_grid(a, order):
    at = np.meshgrid(*[np.linspace(0, n - 1, 128) for n in GRID], indexing='ij')
    if order == 0:
        return map_coordinates(a, at, order=0)
    values, tissue = map_coordinates(a, at, order=1), map_coordinates((a != 0).astype(np.float32), at, order=1)
    return np.where(tissue > .5, values / np.maximum(tissue, .5), 0)


def load_case(folder, name, raw):
    images = {}
    for m, modality in enumerate(MODALITIES):
        path = f'{folder}/{name}_{modality}.nii.gz'
        if not os.path.exists(path):
            continue
        a = read(path)
        if raw:
            brain = a != 0
            a = to_grid(np.where(brain, (a - a[brain].mean()) / a[brain].std(), 0), 1)
        images[m] = a
    labels = np.rint(read(f'{folder}/{name}_seg.nii.gz')).astype(np.uint8)
    return images, to_grid(labels, 0) if raw else labels


def quantised(a):
    """int8 in steps of 1/STEP; tissue never becomes 0."""
    q = np.rint(a * STEP).astype(int)
    return np.where(a == 0, 0, np.where(q == 0, np.where(a < 0, -1, 1), np.clip(q, -127, 127))).astype(np.int8)


def patient_of(folder, name, pattern):
    text = f'{folder}/patient.txt'
    if os.path.exists(text):
        with open(text) as f:
            return f.read().strip()
    match = re.search(pattern, name) if pattern else None
    return (match[1] if match.groups() else match[0]) if match else name


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('out')
    parser.add_argument('sets', nargs='+')
    parser.add_argument('--split', required=True)
    o = parser.parse_args()
    with open(o.split) as f:
        split = json.load(f)
    side = {name: s for s in ('train', 'validation', 'test') for name in split.get(s, [])}
    index, blobs, at = [], [], 0
    for spec in o.sets:
        label, folder = spec.split('=')
        description = {}
        if os.path.exists(f'{folder}/dataset.json'):
            with open(f'{folder}/dataset.json') as f:
                description = json.load(f)
        cut_out, raw = description.get('known') == 'nonzero-box', description.get('intensities') != 'z-score'
        for name in sorted(os.listdir(folder)):
            case = f'{folder}/{name}'
            if not os.path.isdir(case):
                continue
            patient = patient_of(case, name, description.get('patient'))
            where = side.get(patient)
            if where not in ('train', 'validation'):
                continue
            images, labels = load_case(case, name, raw)
            if 'unknownLabel' in description and description['unknownLabel'] != 5:
                labels[labels == description['unknownLabel']] = 255
            box = np.argwhere(np.any([a != 0 for a in images.values()], 0))
            low, high = box.min(0), box.max(0) + 1
            cut = tuple(slice(a, b) for a, b in zip(low, high))
            raw_bytes = b''.join(quantised(a[cut]).tobytes() for a in images.values()) + labels[cut].astype(np.uint8).tobytes()
            start = [0, 0, 0] if cut_out else [int(v) for v in low]
            index.append({'set': label, 'name': name, 'side': where, 'have': list(images), 'cutOut': cut_out, 'start': start, 'shape': [int(v) for v in high - low], 'at': at})
            blobs.append(raw_bytes)
            at += len(raw_bytes)
            print(label, name, where, [MODALITIES[m] for m in images], index[-1]['shape'], flush=True)
    head = json.dumps(index).encode()
    with lzma.open(o.out, 'wb', filters=[{'id': lzma.FILTER_LZMA2, 'preset': 6, 'pb': 0, 'lc': 4, 'lp': 0}]) as f:
        f.write(len(head).to_bytes(8, 'little') + head)
        for blob in blobs:
            f.write(blob)
    print(len(index), 'cases', round(os.path.getsize(o.out) / 2 ** 20, 1), 'MiB')


if __name__ == '__main__':
    main()
