"""Data sets and packs."""
import tempfile
import unittest

import numpy as np
import torch

from quorum_torch.augment import change
from quorum_torch.cases import read, read_pack, sides_of, to_grid, write_pack
from quorum_torch.data import Cases, draw, region_maps
from support import ball, write_case, write_cubes, write_split


class Reading(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.split = f'{self.folder.name}/split.json'

    def test_a_case_of_the_test_side_or_of_no_side_is_never_read(self):
        write_cubes(f'{self.folder.name}/cubes', ['a', 'b', 'c', 'd'])
        write_split(self.split, train=['a'], validation=['b'], test=['c'])
        cases = read([f'{self.folder.name}/cubes'], self.split)
        self.assertEqual([(c['name'], c['side'], c['set']) for c in cases], [('a', 'train', 'cubes'), ('b', 'validation', 'cubes')])
        with self.assertRaisesRegex(ValueError, 'side test'):
            write_pack(f'{self.folder.name}/x.xz', [{**cases[0], 'side': 'test'}])

    def test_a_pack_holds_what_the_folder_held(self):
        write_cubes(f'{self.folder.name}/cubes', ['a', 'b'])
        write_split(self.split, train=['a', 'b'])
        cases = read([f'{self.folder.name}/cubes'], self.split)
        write_pack(f'{self.folder.name}/x.xz', cases)
        packed = read([f'{self.folder.name}/x.xz'])
        for case, again in zip(cases, packed, strict=True):
            self.assertTrue(np.array_equal(case['images'], again['images']) and np.array_equal(case['labels'], again['labels']))
            self.assertEqual({k: case[k] for k in ('name', 'have', 'cutOut', 'start', 'shape')}, {k: again[k] for k in ('name', 'have', 'cutOut', 'start', 'shape')})

    def test_values_are_z_scores_in_steps_of_an_eighth_and_tissue_is_never_0(self):
        write_split(self.split, train=['a'])
        a = np.zeros((16, 16, 16), np.float32)
        a[2:9, 3:9, 4:9] = .01
        a[2, 3, 4] = -1.25
        write_cubes(f'{self.folder.name}/cubes', [])
        write_case(f'{self.folder.name}/cubes', 'a', {'t2': a}, np.zeros((16, 16, 16), np.uint8))
        case = read([f'{self.folder.name}/cubes'], self.split)[0]
        self.assertEqual((case['have'], case['shape']), ([2], [7, 6, 5]))
        self.assertEqual(sorted(np.unique(case['images'][2])), [-10, 1])
        self.assertFalse(case['images'][[0, 1, 3]].any())

    def test_labels_of_every_scheme_become_one(self):
        for description, label, expected in (({}, 3, 4), ({'labels': 'msd'}, 1, 2), ({'labels': 'msd'}, 3, 4), ({'labels': 'brats2013'}, 3, 1), ({'tumourLabel': 5}, 5, 5),
                                              ({'tumourLabel': 9}, 9, 5), ({'unknownLabel': 7}, 7, 255)):
            with self.subTest(description=description, label=label), tempfile.TemporaryDirectory() as folder:
                write_cubes(f'{folder}/cubes', ['a'], label=label, **description)
                write_split(self.split, train=['a'])
                case = read([f'{folder}/cubes'], self.split)[0]
                self.assertEqual(sorted(np.unique(case['labels'])), [0, expected])

    def test_labels_that_belong_to_no_region_are_refused(self):
        write_cubes(f'{self.folder.name}/cubes', ['a'], label=6)
        write_split(self.split, train=['a'])
        with self.assertRaisesRegex(ValueError, r'\[6\]'):
            read([f'{self.folder.name}/cubes'], self.split)

    def test_the_128_grid_keeps_the_corner_voxels(self):
        a = np.indices((240, 240, 155)).sum(0).astype(np.float32) + 1
        b = to_grid(a, 1)
        self.assertEqual(b.shape, (128, 128, 128))
        self.assertAlmostEqual(b[0, 0, 0], 1, 4)
        self.assertAlmostEqual(b[-1, -1, -1], a[-1, -1, -1], 2)
        self.assertAlmostEqual(b[10, 20, 30], 10 * 239 / 127 + 20 * 239 / 127 + 30 * 154 / 127 + 1, 3)


def brains(n=2, side=24):
    rng = np.random.default_rng(3)
    cases = []
    for i in range(n):
        inside = ball(side, side / 2.2)
        tumour = ball(side, side / 6, 2 * i)
        images = np.where(inside, np.where(tumour, 20, -4) + rng.integers(-3, 3, (4, side, side, side)), 0).astype(np.int8)
        images[:, inside] = np.where(images[:, inside] == 0, 1, images[:, inside])
        cases.append({'set': 's', 'name': str(i), 'side': 'train', 'have': [0, 1, 2, 3], 'cutOut': False, 'start': [0, 0, 0], 'shape': [side] * 3,
                      'images': images, 'labels': np.where(tumour, 4, 0).astype(np.uint8)})
    return Cases(cases, torch.device('cpu'))


class Drawing(unittest.TestCase):
    def test_without_changes_the_case_itself_stands_in_the_middle(self):
        cases = brains()
        x, y, known = draw(cases, [1], (32, 32, 32), True, 'none')
        self.assertTrue(torch.allclose(x[0, :, 4:28, 4:28, 4:28], cases.images[1].float() / 8, atol=1e-3))
        self.assertEqual(float(x[0, :, :3].abs().sum()), 0)
        self.assertTrue(torch.allclose(y[0, 2, 4:28, 4:28, 4:28], (cases.labels[1] == 4).float(), atol=1e-3))
        self.assertEqual(float(known.min()), 1)

    def test_turned_and_pasted_brains_keep_air_and_tumour_in_one_place(self):
        torch.manual_seed(1)
        cases = brains()
        for _ in range(5):
            x, y, _ = draw(cases, [0, 1], (32, 32, 32), True, 'full')
            self.assertEqual(float(y[:, 0][(x == 0).all(1)].max()), 0)  # no tumour in air
            inside = x[:, 1][(y[:, 2] > .9)]
            self.assertGreater(float(inside.mean()), 1)  # the ball is bright wherever it has gone

    def test_unknown_labels_are_known_to_no_loss(self):
        labels = torch.tensor([0, 1, 2, 4, 5, 255], dtype=torch.uint8).reshape(1, 6, 1, 1)
        maps = region_maps(labels)[0, :, :, 0, 0]
        self.assertEqual(maps[0].tolist(), [0, 1, 1, 1, 1, 0])
        self.assertEqual(maps[1].tolist(), [0, 1, 0, 1, 0, 0])
        self.assertEqual(maps[2].tolist(), [0, 0, 0, 1, 0, 0])
        self.assertEqual(maps[3].tolist(), [0, 0, 0, 0, 0, 1])
        self.assertEqual(maps[4].tolist(), [0, 0, 0, 0, 1, 1])

    def test_changed_intensities_leave_air_at_0_and_tissue_beside_it(self):
        torch.manual_seed(2)
        x, _, _ = draw(brains(), [0, 1], (32, 32, 32), True, 'none')
        for _ in range(20):
            y = change(x)
            self.assertEqual(float(y[x == 0].abs().sum()), 0)
            self.assertTrue(torch.isfinite(y).all())


if __name__ == '__main__':
    unittest.main()
