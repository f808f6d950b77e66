"""A Quorum Model folder: model.json and weights.safetensors, as `quorum segment --model` takes it."""
import hashlib
import itertools
import json
import os

from . import MODALITIES, REGIONS
from .export import fusion_table, save_safetensors
from .network import channels_of_width


def description_of(model, name, about, training_data):
    """model.json: the 128-grid that cases.py makes, LPS, z-scores over non-zero voxels. Nothing is known of its accuracy until somebody measures it."""
    unmeasured = {'supported': False, 'dice': None}
    combinations = ['+'.join(s) for n in (1, 2, 3, 4) for s in itertools.combinations(MODALITIES, n)]
    width = next((w for w in (.25, .5, 1.) if channels_of_width(w) == model.channels), None)
    return {
        'format': 1,
        'name': name,
        'version': '1',
        'description': about,
        'modalities': list(MODALITIES),
        'regions': list(REGIONS),
        **({'width': int(width) if width == 1 else width} if width else {'channels': model.channels}),
        'grid': {'spacing': [239 / 127, 239 / 127, 154 / 127], 'orientation': 'LPS', 'tensorAxes': 'xyz', 'anchor': [0, 239, 0],
                 'resampling': 'linear, air by majority'},
        'patch': {'kind': 'non-zero-box', 'multipleOf': 16, 'outsideLogit': -10},
        'normalisation': {'kind': 'z-score', 'voxels': 'non-zero', 'clip': None},
        'fusion': {'weights': fusion_table(model.log_weight.exp()), 'biases': fusion_table(model.bias)},
        'threshold': .5,
        'cleanUp': {'connectivity': 26, 'minimumMl': {'WT': 0, 'TC': 0, 'ET': .13}},
        'knowledge': {'trainingData': training_data, 'combinations': {c: {r: unmeasured for r in REGIONS} for c in combinations},
                      'volumeRanges': None, 'gains': None, 'inputChecks': None},
    }


def write_model(model, folder, name, about, training_data):
    """Writes the folder; each file whole, model.json last."""
    os.makedirs(folder, exist_ok=True)
    weights = f'{folder}/weights.safetensors'
    save_safetensors(weights, {k: v for k, v in model.state_dict().items() if k.startswith('module.')})
    with open(weights, 'rb') as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    with open(f'{folder}/model.json.part', 'w') as f:
        json.dump({**description_of(model, name, about, training_data), 'weightsSha256': digest}, f, indent=2)
    os.replace(f'{folder}/model.json.part', f'{folder}/model.json')
