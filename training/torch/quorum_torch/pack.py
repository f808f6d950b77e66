"""pack.py OUT.xz --split SPLIT.json NAME=FOLDER ...: training and validation cases as one small file, for a machine to which little can be carried."""
import argparse
import os

from . import MODALITIES
from .cases import read_dataset, sides_of, write_pack


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('out')
    parser.add_argument('sets', nargs='+')
    parser.add_argument('--split', required=True)
    o = parser.parse_args()
    sides = sides_of(o.split)
    cases = []
    for spec in o.sets:
        label, folder = spec.split('=')
        for case in read_dataset(folder, sides, label):
            print(label, case['name'], case['side'], [MODALITIES[m] for m in case['have']], case['shape'], flush=True)
            cases.append(case)
    write_pack(o.out, cases)
    print(len(cases), 'cases', round(os.path.getsize(o.out) / 2 ** 20, 1), 'MiB')


if __name__ == '__main__':
    main()
