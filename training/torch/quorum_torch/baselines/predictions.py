"""Masks of a trained method for the 15 combinations of each case, on the case's own grid, and the Dice that the log tells."""
import os
import time

import numpy as np
import torch
import torch.nn.functional as F

from .. import MODALITIES, REGIONS
from ..cases import STEP
from ..data import SPACING
from ..losses import COMBINATIONS, name_of
from ..validate import counts_of, nested, padded, score, table_of
from .batches import reduced
from .method import masked, sees


def image_of(case, reduce):
    """The case’s images as they are drawn in training, but unmoved: (1, 4, ...) in a box whose sides divide by 16 once reduced."""
    n = case['shape']
    size = [padded(-(-v // reduce)) * reduce for v in n]
    x = torch.zeros(1, 4, *size)
    x[0, :, :n[0], :n[1], :n[2]] = torch.from_numpy(case['images'].astype(np.float32)) / STEP
    return x


@torch.no_grad()
def masks_of(method, case, combinations, reduce):
    """{combination: (1, 3, ...) bool} on the case's own box: WT, TC, ET nested, nothing where no member sees."""
    x = image_of(case, reduce)
    none = torch.zeros(1, 3, *x.shape[2:])
    small = reduced(x, none, none, reduce)[0] if reduce > 1 else x
    n = case['shape']
    result = {}
    for s, logits in method.predict(small, combinations).items():
        if reduce > 1:
            logits = F.interpolate(logits, x.shape[2:], mode='trilinear', align_corners=False)
        found = nested(logits, sees(masked(x, [s])))
        result[s] = found[:, :, :n[0], :n[1], :n[2]]
    return result


def labelled(found):
    """(1, 3, ...) bool -> labels 0 1 2 4 (...)."""
    whole, core, enhancing = found[0].numpy()
    return np.where(enhancing, 4, np.where(core, 1, np.where(whole, 2, 0))).astype(np.uint8)


def predicted(method, cases, data, folder, reduce, timings=10):
    """Writes FOLDER/<t1+flair>/<case>.nii.gz, as `quorum evaluate --predictions` takes them.

    Returns {table: of validate.py, patients: of dice_of, seconds: the CPU's a case, for all four sequences and for all combinations, over `timings` cases}.
    """
    method.eval()
    rows, counts, seconds = {s: [] for s in COMBINATIONS}, {}, {'four': [], 'all': []}
    for number, case in enumerate(cases):
        combinations = [s for s in COMBINATIONS if set(s) <= set(case['have'])]
        if number < timings:
            timed(seconds['four'], lambda: masks_of(method, case, combinations[:1], reduce))
        masks = timed(seconds['all'], lambda: masks_of(method, case, combinations, reduce))
        labels = torch.from_numpy(case['labels'].copy())
        for s, found in masks.items():
            rows[s].append(score(found, labels))
            key = (s, case['patient'])
            counts[key] = counts.get(key, 0) + counts_of(found, labels)
        write_masks(masks, case, data, folder)
    return {'table': table_of(rows), 'patients': dice_of(counts), 'seconds': {k: round(float(np.mean(v[:timings])), 4) for k, v in seconds.items()}}


def write_masks(masks, case, data, folder):
    import nibabel
    first = MODALITIES[case['have'][0]]
    like = nibabel.load(f"{data}/{case['name']}/{case['name']}_{first}.nii.gz")
    box = tuple(slice(a, a + n) for a, n in zip(case['corner'], case['shape']))
    for s, found in masks.items():
        whole = np.zeros(like.shape, np.uint8)
        whole[box] = labelled(found)
        os.makedirs(f'{folder}/{name_of(s)}', exist_ok=True)
        nibabel.save(nibabel.Nifti1Image(whole, like.affine), f"{folder}/{name_of(s)}/{case['name']}.nii.gz")


def dice_of(counts, least=.05):
    """{(combination, patient): counts_of, summed over the patient's cases} -> {combination: {region: Dice by patient, sorted by name}}.

    As `quorum evaluate` has it: None where the truth holds less than `least` ml of the region.
    """
    ml = float(SPACING.prod()) / 1000
    patients, result = sorted({p for _, p in counts}), {}
    for s in COMBINATIONS:
        values = [counts.get((s, p)) for p in patients]
        if any(v is not None for v in values):
            dice = lambda v, r: None if v is None or v[2, r] * ml < least else round(float(2 * v[0, r] / (v[1, r] + v[2, r])), 4)
            result[name_of(s)] = {region: [dice(v, r) for v in values] for r, region in enumerate(REGIONS)}
    return result


def timed(seconds, work):
    begun = time.process_time()
    result = work()
    seconds.append(time.process_time() - begun)
    return result


def passes_of(method, combinations, side=16):
    """(encoder, decoder) passes of U-Nets that the combinations take together, counted as they happen."""
    counts = {'in': 0, 'out': 0}
    handles = []
    for name, module in method.named_modules():
        if not name.startswith('teacher.') and name.endswith(('.inc', '.0')) and hasattr(module, 'conv1'):
            handles.append(module.register_forward_hook(lambda *_: counts.update({'in': counts['in'] + 1})))
        if name.endswith('outc.conv'):
            handles.append(module.register_forward_hook(lambda *_: counts.update({'out': counts['out'] + 1})))
    with torch.no_grad():
        method.predict(torch.ones(1, 4, side, side, side), combinations)
    for handle in handles:
        handle.remove()
    return counts['in'], counts['out']
