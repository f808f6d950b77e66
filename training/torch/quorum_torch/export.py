"""weights.safetensors with the authors' parameter names, and fusion.json: what `quorum import` reads."""
import json
import os
import struct

import torch

from . import MODALITIES, REGIONS


def save_safetensors(path, tensors):
    """float32, little-endian."""
    head, at, parts = {}, 0, []
    for name, value in tensors.items():
        raw = value.detach().cpu().float().contiguous().numpy().tobytes()
        head[name] = {'dtype': 'F32', 'shape': list(value.shape), 'data_offsets': [at, at + len(raw)]}
        at += len(raw)
        parts.append(raw)
    text = json.dumps(head).encode()
    text += b' ' * (-len(text) % 8)
    with open(path + '.part', 'wb') as f:
        f.write(struct.pack('<Q', len(text)) + text + b''.join(parts))
    os.replace(path + '.part', path)


def load_safetensors(path):
    """{name: tensor} of a safetensors file."""
    import numpy as np
    types = {'F64': np.float64, 'F32': np.float32, 'F16': np.float16, 'I64': np.int64, 'I32': np.int32, 'U8': np.uint8, 'BOOL': np.bool_}
    with open(path, 'rb') as f:
        head = json.loads(f.read(struct.unpack('<Q', f.read(8))[0]))
        data = f.read()
    head.pop('__metadata__', None)
    return {name: torch.from_numpy(np.frombuffer(data[t['data_offsets'][0]:t['data_offsets'][1]], types[t['dtype']]).reshape(t['shape']).copy()) for name, t in head.items()}


def fusion_table(values):
    return {m: dict(zip(REGIONS, (round(float(v), 6) for v in row))) for m, row in zip(MODALITIES, values)}


def export(model, folder, notes):
    """Writes the network of a DynamicSharing and its fusion into a folder."""
    save_safetensors(f'{folder}/weights.safetensors', {k: v for k, v in model.state_dict().items() if k.startswith('module.')})
    fusion = {'weights': fusion_table(model.log_weight.exp()), 'biases': fusion_table(model.bias)}
    with open(f'{folder}/fusion.json', 'w') as f:
        json.dump({'channels': model.channels, 'fusion': fusion, 'notes': notes}, f, indent=1)


def load(model, folder):
    """Takes weights.safetensors and fusion.json of a folder into a DynamicSharing."""
    model.load_state_dict(load_safetensors(f'{folder}/weights.safetensors'), strict=False)
    with open(f'{folder}/fusion.json') as f:
        fusion = json.load(f)['fusion']
    rows = lambda table: torch.tensor([[table[m][r] for r in REGIONS] for m in MODALITIES])
    with torch.no_grad():
        model.log_weight.copy_(rows(fusion['weights']).log())
        model.bias.copy_(rows(fusion['biases']))
