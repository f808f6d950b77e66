"""convert_mosei.py IN.pkl OUT.npz: CMU-MOSEI or CMU-MOSI as the usual aligned pickle (train, valid, test; text, audio, vision) into a file for `read_npz`.

Reading a pickle runs what is in it: convert only a file that you trust, once. The .npz runs nothing.
"""
import pickle
import sys

import numpy as np

NAMES = {'audio': ('audio',), 'text': ('text', 'text_bert'), 'video': ('vision', 'video')}
LABELS = ('regression_labels', 'labels', 'label')


def arrays_of(data):
    """{name: array} for numpy.savez of the nested dict of an aligned file."""
    result = {}
    for side, content in data.items():
        if side not in ('train', 'valid', 'test'):
            continue
        for modality, names in NAMES.items():
            result[f'{side}_{modality}'] = np.asarray(_first(content, names, side), np.float32)
        result[f'{side}_label'] = np.asarray(_first(content, LABELS, side), np.float32).reshape(len(result[f'{side}_text']), -1)[:, 0]
        if 'id' in content:
            ids = [i[0] if isinstance(i, (list, tuple, np.ndarray)) else i for i in content['id']]
            result[f'{side}_group'] = np.array([str(i).split('$_$')[0] for i in ids])
    return result


def _first(content, names, side):
    for name in names:
        if name in content:
            return content[name]
    raise ValueError(f'{side}: expected one of {names}, found {sorted(content)}')


def main():
    with open(sys.argv[1], 'rb') as f:
        np.savez_compressed(sys.argv[2], **arrays_of(pickle.load(f)))


if __name__ == '__main__':
    main()
