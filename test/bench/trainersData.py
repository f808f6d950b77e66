"""trainersData.py DATA SPLIT OUT COUNT SIDE: the middle SIDE³ of the first COUNT training cut-outs whose box of tissue fills the file, in steps of 1/8.

Both trainers then see the same numbers: training/torch keeps images in steps of 1/8 and puts the box of a cut-out's tissue into the middle, quorum train does neither.
"""
import json
import os
import shutil
import sys

import nibabel
import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '../../training/torch'))
from quorum_torch import MODALITIES
from quorum_torch.cases import STEP, read_dataset, sides_of

data, split, out, count, side = sys.argv[1:]
os.makedirs(f'{out}/cubes')
shutil.copyfile(f'{data}/dataset.json', f'{out}/cubes/dataset.json')
names = []
for case in read_dataset(data, sides_of(split)):
    name = case['name']
    mask = nibabel.load(f'{data}/{name}/{name}_seg.nii.gz')
    cut = tuple(slice((n - int(side)) // 2, (n + int(side)) // 2) for n in mask.shape)
    images = case['images'][(slice(None), *cut)]
    box = np.argwhere((images != 0).any(0))
    if case['side'] != 'train' or tuple(case['shape']) != mask.shape or len(case['have']) < 4 or tuple(np.ptp(box, axis=0) + 1) != images.shape[1:]:
        continue
    os.makedirs(f'{out}/cubes/{name}')
    files = {MODALITIES[m]: images[m].astype(np.float32) / STEP for m in case['have']}
    for kind, values in {**files, 'seg': np.asarray(mask.dataobj)[cut].astype(np.uint8)}.items():
        nibabel.save(nibabel.Nifti1Image(values, mask.affine), f'{out}/cubes/{name}/{name}_{kind}.nii.gz')
    names.append(name)
    if len(names) == int(count):
        break
with open(f'{out}/split.json', 'w') as f:
    json.dump({'train': sorted({n.rsplit('_', 1)[0] for n in names}), 'validation': [], 'test': []}, f)
print(len(names), 'cut-outs')
