"""Made-up data sets in the form that Quorum reads."""
import json
import os

import nibabel
import numpy as np

AFFINE = np.diag([-239 / 127, -239 / 127, 154 / 127, 1])


def write_case(folder, name, images, labels):
    os.makedirs(f'{folder}/{name}')
    for modality, a in {**images, 'seg': labels}.items():
        nibabel.save(nibabel.Nifti1Image(np.asarray(a), AFFINE), f'{folder}/{name}/{name}_{modality}.nii.gz')


def ball(side, radius, shift=0):
    at = np.indices((side,) * 3) - (side // 2 + shift)
    return (at ** 2).sum(0) < radius ** 2


def write_cubes(folder, names, side=16, seed=0, label=4, **description):
    """Cut-outs with a bright ball; every voxel is tissue."""
    rng = np.random.default_rng(seed)
    os.makedirs(folder, exist_ok=True)
    with open(f'{folder}/dataset.json', 'w') as f:
        json.dump({'intensities': 'z-score', 'known': 'nonzero-box', **description}, f)
    for i, name in enumerate(names):
        tumour = ball(side, side / 4, i % 3)
        images = {m: (np.where(tumour, 2., -.3) + rng.normal(0, .2, (side,) * 3)).astype(np.float32) for m in ('t1', 't1ce', 't2', 'flair')}
        write_case(folder, name, images, np.where(tumour, label, 0).astype(np.uint8))


def write_split(path, **sides):
    with open(path, 'w') as f:
        json.dump({'train': [], 'validation': [], 'test': [], **sides}, f)
