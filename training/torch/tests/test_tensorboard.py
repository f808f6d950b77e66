import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import unittest

from quorum_torch.tensorboard import scalars, write

HAS_TENSORBOARD = importlib.util.find_spec('tensorboard') is not None
if not HAS_TENSORBOARD:
    print('SKIPPED: event files read by TensorBoard itself: pip install tensorboard', file=sys.stderr)


class Recorder:
    def __init__(self):
        self.told = {}

    def add_scalar(self, tag, value, step):
        self.told.setdefault(tag, []).append((step, value))


STEP = {'kind': 'step', 'step': 3, 'learningRate': 0.1, 'losses': {'t1': 0.5, 'flair': 0.25}, 'objectives': ['t1', 'flair'],
        'norms': [2.0, 4.0], 'cosines': [[1, -0.5], [-0.5, 1]], 'normRatios': [0.75, 1.0], 'stepsPerSecond': 2.0}
VALIDATION = {'kind': 'validation', 'step': 3, 'score': 0.4, 'dice': {'t1': [0.1, None, 0.3]}}


class Tensorboard(unittest.TestCase):
    def test_hands_on_what_the_log_holds_and_goes_on_behind_it(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'log.jsonl')
            with open(path, 'w') as f:
                f.write(json.dumps(STEP) + '\n' + json.dumps({'kind': 'note', 'text': 'x'}) + '\n' + '{"kind": "st')
            told = Recorder()
            position = write(path, told)
            self.assertEqual(told.told['loss'], [(3, 0.375)])
            self.assertEqual(told.told['loss/flair'], [(3, 0.25)])
            self.assertEqual(told.told['gradient-norm/t1'], [(3, 2.0)])
            self.assertEqual(told.told['removed/t1'], [(3, 0.25)])
            self.assertEqual(told.told['pairs-in-conflict'], [(3, 1.0)])
            with open(path, 'w') as f:
                f.write(json.dumps(STEP) + '\n' + json.dumps({'kind': 'note', 'text': 'x'}) + '\n' + json.dumps(VALIDATION) + '\n')
            write(path, told, position)
            self.assertEqual(told.told['loss'], [(3, 0.375)])
            self.assertEqual(told.told['validation'], [(3, 0.4)])
            self.assertEqual(told.told['dice-ET/t1'], [(3, 0.3)])
            self.assertNotIn('dice-TC/t1', told.told)

    @unittest.skipUnless(HAS_TENSORBOARD, 'the package tensorboard is not here')
    def test_event_files_hold_the_numbers_of_the_log_once(self):
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
        bare = {k: v for k, v in STEP.items() if k != 'stepsPerSecond'}
        log = [STEP, {**STEP, 'step': 4, 'losses': {'t1': 0.4, 'flair': 0.2}}, VALIDATION, {**bare, 'step': 5}]
        expected = {}
        for line in log:
            for tag, value in scalars(line):
                expected.setdefault(tag, []).append((line['step'], value))
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, 'log.jsonl'), 'w') as f:
                f.writelines(json.dumps(line) + '\n' for line in log)
            for _ in range(2):  # the second call takes the first one's place
                subprocess.run([sys.executable, '-m', 'quorum_torch.tensorboard', folder], check=True)
            told = EventAccumulator(os.path.join(folder, 'tensorboard')).Reload()
            self.assertEqual(sorted(told.Tags()['scalars']), sorted(expected))
            for tag, points in expected.items():
                found = told.Scalars(tag)
                self.assertEqual([event.step for event in found], [step for step, _ in points], tag)
                for event, (_, value) in zip(found, points):  # held as float32
                    self.assertAlmostEqual(event.value, value, delta=1e-6 * max(1, abs(value)))


if __name__ == '__main__':
    unittest.main()
