"""Sentiment: files in, fusion, decoupling, learning."""
import os
import tempfile
import unittest

import numpy as np
import torch

from quorum_torch.sentiment import COMBINATIONS
from quorum_torch.sentiment.compare import page, paired, run
from quorum_torch.sentiment.convert_mosei import arrays_of
from quorum_torch.sentiment.data import read, split_validation
from quorum_torch.sentiment.network import DynamicSharingVectors, fuse
from quorum_torch.sentiment.train import decouple, logits_of


def write_csv(folder, rng, n=12):
    for side in ('train', 'test'):
        labels = rng.integers(0, 2, n)
        for modality, width in (('audio', 3), ('text', 4), ('video', 2)):
            with open(f'{folder}/{modality}_{side}0.csv', 'w') as f:
                for row, label in zip(rng.normal(size=(n, width)), labels):
                    f.write(','.join(f'"{v}"' for v in (*row, label)) + '\n')


class Files(unittest.TestCase):
    def test_csv_tables_are_read_row_by_row(self):
        with tempfile.TemporaryDirectory() as folder:
            write_csv(folder, np.random.default_rng(1))
            features, labels, groups = read(folder)['train']
            self.assertEqual([tuple(x.shape) for x in features], [(12, 3), (12, 4), (12, 2)])
            self.assertEqual(set(labels.tolist()), {0., 1.})
            self.assertEqual(len(set(groups)), 12)

    def test_csv_tables_whose_labels_differ_are_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            write_csv(folder, np.random.default_rng(1))
            with open(f'{folder}/video_test0.csv') as f:
                lines = f.read().splitlines()
            lines[0] = lines[0][:-2] + ('0"' if lines[0].endswith('1"') else '1"')
            with open(f'{folder}/video_test0.csv', 'w') as f:
                f.write('\n'.join(lines))
            with self.assertRaisesRegex(ValueError, 'video_test0.csv'):
                read(folder)

    def test_an_aligned_file_is_averaged_over_its_steps_and_loses_neutral_utterances(self):
        side = lambda: {'audio': np.array([[[2., 4.], [0, 0]], [[1, 1], [3, 3]], [[9, 9], [9, 9]]]), 'text': np.ones((3, 2, 5)), 'vision': np.ones((3, 2, 1)),
                        'regression_labels': np.array([-1.2, 2.0, 0.0]), 'id': ['a$_$0', 'a$_$1', 'b$_$0']}
        with tempfile.TemporaryDirectory() as folder:
            np.savez(f'{folder}/x.npz', **arrays_of({'train': side(), 'test': side()}))
            features, labels, groups = read(f'{folder}/x.npz')['train']
            self.assertEqual(features[0].tolist(), [[2., 4.], [2., 2.]])
            self.assertEqual(labels.tolist(), [0., 1.])
            self.assertEqual(list(groups), ['a', 'a'])

    def test_a_file_with_pickled_objects_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            np.savez(f'{folder}/x.npz', train_label=np.array([{}], dtype=object))
            with self.assertRaises(ValueError):
                read(f'{folder}/x.npz')

    def test_no_video_is_on_both_sides_of_a_split(self):
        groups = np.repeat(np.arange(20), 5)
        side = ([torch.arange(100.)[:, None]] * 3, torch.ones(100), groups)
        train, held = split_validation(side, .2, 3)
        self.assertEqual(len(train[1]) + len(held[1]), 100)
        self.assertEqual(len(held[1]), 20)
        self.assertFalse(set(train[2]) & set(held[2]))


class Network(unittest.TestCase):
    def test_a_combination_is_the_mean_of_its_members_alone(self):
        model = DynamicSharingVectors([3, 4, 2]).eval()
        x = [torch.randn(5, d) for d in (3, 4, 2)]
        z = logits_of(model, x, COMBINATIONS)
        alone = [model(x[m], m) for m in range(3)]
        self.assertTrue(torch.allclose(z[0], (alone[0] + alone[1] + alone[2]) / 3))
        self.assertTrue(torch.allclose(z[5], alone[1]))
        self.assertTrue(torch.allclose(fuse(alone, (0, 2)), (alone[0] + alone[2]) / 2))

    def test_decoupled_gradients_are_the_naive_ones(self):
        torch.manual_seed(2)
        model = DynamicSharingVectors([3, 4, 2], width=8, depth=1, dropout=0)
        x, y = [torch.randn(9, d) for d in (3, 4, 2)], torch.randint(0, 2, (9,)).float()
        losses = lambda: [torch.nn.functional.binary_cross_entropy_with_logits(z, y) for z in logits_of(model, x, COMBINATIONS)]
        weight = model.trunk[0].weight
        shared = model.shared_parameters()
        flat = lambda loss: torch.cat([g.flatten() for g in torch.autograd.grad(loss, shared, retain_graph=True)])
        g = [flat(loss) for loss in losses()]
        expected = []
        for j, a in enumerate(g):
            b = a.clone()
            for k, other in enumerate(g):
                if k != j and a @ other < 0:
                    b = b - (a @ other) / (other @ other) * other
            expected.append(b)
        decouple(model, losses())
        self.assertTrue(torch.allclose(torch.cat([p.grad.flatten() for p in shared]), sum(expected) / 7, atol=1e-6))
        # an encoder's gradient: the mean of the plain ones over the four combinations that hold it
        plain = sum(torch.autograd.grad(losses()[i], model.encoders[0].weight)[0] for i, s in enumerate(COMBINATIONS) if 0 in s) / 4
        self.assertTrue(torch.allclose(model.encoders[0].weight.grad, plain, atol=1e-6))
        self.assertEqual(weight.grad.shape, weight.shape)


class Comparison(unittest.TestCase):
    def test_what_is_there_to_learn_is_learned_and_told(self):
        rng = np.random.default_rng(4)
        with tempfile.TemporaryDirectory() as folder:
            arrays = {}
            for side, n in (('train', 400), ('test', 200)):
                label = rng.integers(0, 2, n) * 2. - 1
                arrays[f'{side}_label'] = label
                arrays[f'{side}_text'] = label[:, None] * 2 + rng.normal(size=(n, 4))
                arrays[f'{side}_audio'] = rng.normal(size=(n, 3))
                arrays[f'{side}_video'] = rng.normal(size=(n, 3))
            os.makedirs(folder, exist_ok=True)
            np.savez(f'{folder}/x.npz', **arrays)
            torch.set_num_threads(1)
            result = run(f'{folder}/x.npz', 2, 12)
        by = {m: [r['accuracy'] for r in result['runs'] if r['method'] == m] for m in ('gmd', 'mean')}
        for runs in by.values():
            for accuracy in runs:
                self.assertGreater(accuracy[5], .95)  # text alone
                self.assertLess(accuracy[4], .65)  # audio says nothing
        self.assertIn('| text |', page(result))

    def test_the_interval_is_students(self):
        # differences 1, 2, 3: mean 2, standard error 1/sqrt(3), t(2, .975) = 4.3027
        t = paired([2., 4., 6.], [1., 2., 3.])
        self.assertAlmostEqual(t['difference'], 2)
        self.assertAlmostEqual(t['high'], 2 + 4.3027 / 3 ** .5, 3)


if __name__ == '__main__':
    unittest.main()
