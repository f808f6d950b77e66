"""log.jsonl: the lines that `quorum train` writes too (`step` and `validation`), and notes."""
import json
import os

import torch

from .decouple import indicators
from .losses import COMBINATIONS, name_of


class Log:
    def __init__(self, path):
        self.path = path

    def trim(self, step):
        """Drops the lines after a step, and a last line that was not finished, so that what goes on repeats none."""
        if not os.path.exists(self.path):
            return
        with open(self.path) as f:
            lines = f.read().split('\n')[:-1]
        with open(self.path + '.part', 'w') as f:
            f.writelines(line + '\n' for line in lines if json.loads(line).get('step', 0) <= step)
        os.replace(self.path + '.part', self.path)

    def write(self, kind, **values):
        line = json.dumps({'kind': kind, **values})
        with open(self.path, 'a') as f:
            f.write(line + '\n')
        print(line, flush=True)

    def step(self, step, rate, losses, process, rate_of_steps):
        """losses: {combination index: mean loss since the last line}; process: of the last decoupled step, or None."""
        values = {'step': step, 'learningRate': digits(rate), 'losses': {name_of(COMBINATIONS[i]): digits(v) for i, v in losses.items()}}
        if process:
            told = indicators(process['gram'], process['coefficients'])
            values['objectives'] = [name_of(COMBINATIONS[i]) for i in process['chosen']]
            values.update({k: [digits(v) for v in told[k].tolist()] for k in ('norms', 'normRatios')})
            values['cosines'] = [[digits(v) for v in row] for row in told['cosines'].tolist()]
            values.update({k: digits(float(told[k])) for k in ('conflicts', 'meanHarms', 'mergedHarms')})
        if torch.cuda.is_available():
            values['gib'] = round(torch.cuda.max_memory_allocated() / 2 ** 30, 1)
        self.write('step', **values, stepsPerSecond=digits(rate_of_steps))

    def validation(self, step, result):
        """result: of validate(). `score`: mean Dice over combinations and regions that are known."""
        rows = result['combinations']
        known = [v for row in rows.values() for v in row[:3] if v is not None]
        self.write('validation', step=step, score=digits(sum(known) / len(known)) if known else None, dice={k: row[:3] for k, row in rows.items()},
                   falseMl={k: row[3] for k, row in rows.items()}, n={k: row[5] for k, row in rows.items()})


def digits(value):
    return float(f'{float(value):.7g}')
