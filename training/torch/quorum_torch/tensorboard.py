"""Event files for TensorBoard from a log.jsonl, of this trainer or of `quorum train`: python -m quorum_torch.tensorboard RUN [--out DIR] [--follow]

Needs the package tensorboard beside torch. With --follow it goes on while the log grows.
"""
import argparse
import glob
import json
import os
import time

REGIONS = ('WT', 'TC', 'ET')

SUFFIX = '.quorum'


def scalars(line):
    """(tag, value) of one line; none for notes."""
    if line.get('kind') == 'step':
        for name, value in line['losses'].items():
            yield f'loss/{name}', value
        if line['losses']:
            yield 'loss', sum(line['losses'].values()) / len(line['losses'])
        yield 'learning-rate', line['learningRate']
        if 'stepsPerSecond' in line:  # the baselines' lines have none
            yield 'steps-per-second', line['stepsPerSecond']
        for name, norm, ratio in zip(line.get('objectives', ()), line.get('norms', ()), line.get('normRatios', ())):
            yield f'gradient-norm/{name}', norm
            yield f'removed/{name}', 1 - ratio
        cosines = line.get('cosines', ())
        pairs = [row[k] for j, row in enumerate(cosines) for k in range(j + 1, len(row))]
        if pairs:
            yield 'pairs-in-conflict', sum(cosine < 0 for cosine in pairs) / len(pairs)
    elif line.get('kind') == 'validation':
        if line['score'] is not None:
            yield 'validation', line['score']
        for name, values in line['dice'].items():
            for region, value in zip(REGIONS, values):
                if value is not None:
                    yield f'dice-{region}/{name}', value


def write(path, writer, position=0):
    """Hands the whole lines behind a position to a writer (torch.utils.tensorboard.SummaryWriter); returns the new position."""
    with open(path, 'rb') as f:
        f.seek(position)
        for raw in f:
            if not raw.endswith(b'\n'):
                break
            position += len(raw)
            line = json.loads(raw)
            for tag, value in scalars(line):
                writer.add_scalar(tag, value, line['step'])
    return position


def begun(folder):
    """A writer into a folder, from which the files of an earlier call are taken: their steps are written again."""
    from torch.utils.tensorboard import SummaryWriter
    for old in glob.glob(os.path.join(glob.escape(folder), f'events.out.tfevents.*{SUFFIX}')):
        os.remove(old)
    return SummaryWriter(folder, filename_suffix=SUFFIX)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('run', help='a folder with log.jsonl')
    parser.add_argument('--out', help='where event files are written (default: RUN/tensorboard)')
    parser.add_argument('--follow', action='store_true', help='go on while the log grows, until Ctrl-C')
    o = parser.parse_args()
    folder, path = o.out or os.path.join(o.run, 'tensorboard'), os.path.join(o.run, 'log.jsonl')
    if not os.path.exists(path):
        raise SystemExit(f'{path} is not there')
    try:
        writer = begun(folder)
    except ImportError as error:
        raise SystemExit(f'pip install tensorboard first ({error})')
    position = write(path, writer)
    try:
        while o.follow:
            writer.flush()
            time.sleep(5)
            if os.path.getsize(path) < position:  # cut back: the run goes on from its checkpoint, and repeats steps
                writer.close()
                writer, position = begun(folder), 0
            position = write(path, writer, position)
    except KeyboardInterrupt:
        pass
    writer.close()


if __name__ == '__main__':
    main()
