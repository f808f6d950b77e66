"""trainersData.py DATA SPLIT OUT COUNT: the first COUNT training cut-outs whose tissue fills the whole file, in steps of 1/8, with a split that trains on them.

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

data, split, out, count = sys.argv[1:]
os.makedirs(f'{out}/cubes')
shutil.copyfile(f'{data}/dataset.json', f'{out}/cubes/dataset.json')
names = []
for case in read_dataset(data, sides_of(split)):
    name = case['name']
    mask = nibabel.load(f'{data}/{name}/{name}_seg.nii.gz')
    if case['side'] != 'train' or tuple(case['shape']) != mask.shape or len(case['have']) < 4:
        continue
    os.makedirs(f'{out}/cubes/{name}')
    shutil.copyfile(f'{data}/{name}/{name}_seg.nii.gz', f'{out}/cubes/{name}/{name}_seg.nii.gz')
    for m in case['have']:
        image = nibabel.Nifti1Image(case['images'][m].astype(np.float32) / STEP, mask.affine)
        nibabel.save(image, f'{out}/cubes/{name}/{name}_{MODALITIES[m]}.nii.gz')
    names.append(name)
    if len(names) == int(count):
        break
with open(f'{out}/split.json', 'w') as f:
    json.dump({'train': sorted({n.rsplit('_', 1)[0] for n in names}), 'validation': [], 'test': []}, f)
print(len(names), 'cut-outs')
