"""trainersSteps.py OUT.json ...: a training of quorum_torch.train with these arguments; writes the CPU's seconds of each of its steps."""
import json
import sys
import time

from quorum_torch.options import parsed
from quorum_torch.train import Trainer

out, *arguments = sys.argv[1:]
trainer, seconds = Trainer(parsed(arguments)), []
one_step = trainer.one_step


def timed(done):
    begun = time.process_time()
    rate = one_step(done)
    seconds.append(round(time.process_time() - begun, 4))
    return rate


trainer.one_step = timed
trainer.run()
with open(out, 'w') as f:
    json.dump(seconds, f)
