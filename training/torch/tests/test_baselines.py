"""The baselines: shapes, sizes, what a combination may see, losses that fall, gradients, masks, going on after a kill."""
import json
import os
import random
import tempfile
import unittest

import nibabel
import numpy as np
import torch

from quorum_torch.baselines import METHODS
from quorum_torch.baselines.batches import Batches, cut_outs, reduced
from quorum_torch.baselines.compare import main
from quorum_torch.baselines.gated_experts import Gate, ranking
from quorum_torch.baselines.loop import one_step, optimiser_of, train
from quorum_torch.baselines.method import Batch, masked, subsets_of
from quorum_torch.baselines.page import interval, page
from quorum_torch.baselines.predictions import dice_of, passes_of
from quorum_torch.baselines.variational_fusion import product
from quorum_torch.losses import COMBINATIONS
from quorum_torch.network import channels_of_width
from support import ball, write_case, write_cubes, write_split

CHANNELS = [8, 16, 32, 32, 32]  # the narrowest that GroupNorm takes


def batch_of(count=1, seed=3):
    """Bright balls in noise, every sequence there."""
    torch.manual_seed(seed)
    tumour = torch.from_numpy(ball(16, 4)).float().expand(count, 3, 16, 16, 16)
    return Batch(tumour[:, :1] * 2 + torch.randn(count, 4, 16, 16, 16) * .2, tumour, torch.ones(count, 3, 16, 16, 16))


class Fixed:
    """The same batch at every step."""

    def __init__(self, batch):
        self.batch = batch

    def at(self, seed, step):
        return self.batch


def made(name, channels=CHANNELS):
    torch.manual_seed(1)
    return METHODS[name](channels).eval()


def prepare(method, number=0):
    """A phase of a method's training and its optimiser, as the loop makes them."""
    phase = method.phases(40)[number]
    chosen = {id(p) for p in phase.parameters}
    for p in method.parameters():
        p.requires_grad_(id(p) in chosen)
    return phase, optimiser_of(phase.parameters, 5e-3)


class Every(unittest.TestCase):
    def setUp(self):
        torch.set_num_threads(1)

    def test_method_answers_each_combination_from_its_members_alone(self):
        x = batch_of().x
        for name in METHODS:
            with self.subTest(name), torch.no_grad():
                method = made(name)
                for a in getattr(method, 'adapted', []):
                    a.up.normal_()  # at 0 all combinations would be alike
                first = method.predict(x, COMBINATIONS)
                self.assertEqual({tuple(z.shape) for z in first.values()}, {(1, 3, 16, 16, 16)})
                s = (1, 3)
                others = x.clone()
                others[:, [0, 2]] = torch.randn(1, 2, 16, 16, 16)
                again = method.predict(others, [s, (0, 1, 2, 3)])
                # no absent sequence is looked at; every present one is
                self.assertLess(float((again[s] - first[s]).abs().max()), 1e-4)
                self.assertGreater(float((again[0, 1, 2, 3] - first[0, 1, 2, 3]).abs().max()), 1e-3)

    def test_loss_falls_on_a_tiny_case(self):
        for name in METHODS:
            method = made(name)
            # the last phases of these are the same with fewer sequences
            for number in [0] if name == 'per-combination' else range(len(method.phases(40))):
                with self.subTest(name, phase=number):
                    phase, optimiser = prepare(method, number)
                    # without chance in their losses six steps tell; each of these has 15 or 5 of them
                    batches, values, steps = Fixed(batch_of()), [], 6 if name in ('ds-mean', 'ds-gmd') else 10
                    if name == 'adapters' and number == 1:  # each combination has its own: one is tried; little of the network learns
                        batches.batch.x, steps = masked(batches.batch.x, [(3,)]), 14
                    for step in range(steps):
                        told = one_step(method, phase, optimiser, batches, 1, step, 5e-3, 1, number)
                        values.append(float(next(iter(told.values()))))
                    self.assertLess(sum(values[-4:]), .99 * sum(values[:4]))

    def test_parameters_are_those_kept_to_answer_every_combination(self):
        channels = channels_of_width(.25)
        count = lambda name: made(name, channels).inference_parameters()
        norms = sum(p.numel() for n, p in made('early-fusion', channels).named_parameters() if '.norm' in n)
        inputs = 27 * channels[0]  # of the first convolution, a sequence
        plain = count('early-fusion')
        self.assertEqual(count('ds-mean'), 813_915)  # as docs/method.md counts it
        self.assertEqual(count('ds-gmd'), count('ds-mean'))
        self.assertEqual(count('ds-mean'), plain - 3 * inputs + 3 * norms)
        self.assertEqual(count('mean-teacher'), plain)
        self.assertEqual(count('per-combination'), sum(plain - (4 - len(s)) * inputs for s in COMBINATIONS))
        self.assertEqual(count('gated-experts'), 4 * (plain - 3 * inputs) + sum(p.numel() for p in Gate().parameters()))
        self.assertEqual(count('synthesis'), 2 * plain + channels[0] + 1)  # the generator has one output more

    def test_passes_are_counted(self):
        expected = {'ds-mean': ((4, 4), (4, 4)), 'early-fusion': ((1, 1), (15, 15)), 'variational-fusion': ((4, 1), (4, 15)), 'gated-experts': ((4, 4), (4, 4)),
                    'synthesis': ((1, 1), (29, 29)), 'adapters': ((1, 1), (15, 15)), 'mean-teacher': ((1, 1), (15, 15)), 'per-combination': ((1, 1), (15, 15))}
        for name, (four, all15) in expected.items():
            with self.subTest(name):
                self.assertEqual((passes_of(made(name), COMBINATIONS[:1]), passes_of(made(name), COMBINATIONS)), (four, all15))


class Parts(unittest.TestCase):
    def test_adapters_leave_the_network_as_it_is_and_learn_for_the_drawn_combinations_alone(self):
        method = made('adapters')
        x = batch_of().x
        base = made('early-fusion').predict(x, COMBINATIONS[:1])
        self.assertTrue(torch.equal(method.predict(x, COMBINATIONS[:1])[0, 1, 2, 3], base[0, 1, 2, 3]))
        phase, _ = prepare(method, 1)
        batch = batch_of(3)
        loss, _ = phase.losses(batch, random.Random(4), 0.)
        loss.backward()
        self.assertTrue(all(p.grad is None for p in method.frozen))
        drawn = {COMBINATIONS.index(s) for s in subsets_of(batch.x, random.Random(4))}
        moved = {i for i in range(15) if any(float(a.up.grad[i].abs().max()) > 0 for a in method.adapted)}
        self.assertEqual(moved, drawn)

    def test_ranking_loss_is_there_where_more_sequences_do_worse(self):
        self.assertEqual(float(ranking(torch.tensor(.2), torch.tensor(.5))), 0)
        more, fewer = (torch.tensor(v, requires_grad=True) for v in (.7, .5))
        value = ranking(more, fewer)
        value.backward()
        self.assertAlmostEqual(float(value), .2, 6)
        self.assertEqual((float(more.grad), float(fewer.grad)), (1, -1))

    def test_gate_gives_absent_sequences_nothing(self):
        x = masked(batch_of().x, [(1, 2)])
        weights = Gate()(x)[0].tolist()
        self.assertEqual([weights[0], weights[3]], [0, 0])
        self.assertAlmostEqual(sum(weights), 1, 5)

    def test_product_of_gaussians_is_that_of_their_densities(self):
        at = np.linspace(-12, 12, 200_001)
        density = lambda m, v: np.exp(-(at - m) ** 2 / 2 / v)
        p = density(1.5, .5) * density(-.4, 2.) * density(0, 1)
        p /= p.sum()
        mean, log_variance = product(torch.tensor([[1.5], [-.4]]), torch.tensor([[.5], [2.]]).log())
        self.assertAlmostEqual(float(mean), (p * at).sum(), 4)
        self.assertAlmostEqual(float(log_variance.exp()), (p * at ** 2).sum() - (p * at).sum() ** 2, 4)

    def test_fused_features_send_no_gradient_to_absent_encoders(self):
        method = made('variational-fusion')
        batch = batch_of()
        members = subsets_of(batch.x, random.Random(2))[0]
        self.assertLess(len(members), 4)
        method.losses(batch, random.Random(2), 0.)[0].backward()
        moved = tuple(m for m in range(4) if next(method.encoders[m].parameters()).grad is not None)
        self.assertEqual(moved, members)

    def test_synthesis_keeps_the_sequences_that_are_there_and_air(self):
        x = masked(batch_of().x, [(0, 3)])
        x[:, :, :4] = 0
        made_up = made('synthesis').completed(x, torch.tensor([[True, False, False, True]]))
        self.assertTrue(torch.equal(made_up[:, [0, 3]], x[:, [0, 3]]))
        self.assertEqual(float(made_up[:, :, :4].abs().max()), 0)
        self.assertGreater(float(made_up[:, [1, 2], 4:].abs().min()), 0)

    def test_teacher_follows_without_gradients_and_learns_from_unlabelled_voxels(self):
        method = made('mean-teacher')
        phase, optimiser = prepare(method)
        batch = batch_of()
        batch.partly = lambda: Batch(batch_of(1, 4).x, batch.y, torch.zeros_like(batch.known))
        before = [p.clone() for p in method.teacher.parameters()]
        loss, told = phase.losses(batch, random.Random(1), 1.)
        self.assertGreater(float(told['partlyTaught']), 0)
        # where nothing is known the truth has no cross-entropy, and Dice of nothing
        self.assertEqual(float(told['partly']), 0)
        loss.backward()
        self.assertTrue(all(p.grad is None for p in method.teacher.parameters()))
        optimiser.step()
        phase.after()
        moved = [float((a - b).abs().max()) for a, b in zip(before, method.teacher.parameters())]
        self.assertGreater(max(moved), 0)

    def test_coarser_grid_has_means_of_tissue_and_air_by_majority(self):
        x = torch.zeros(1, 4, 2, 2, 2)
        x[0, 0, 0] = 3.  # half of the voxels
        x[0, 1, 0, 0, 0] = 3.
        y = torch.zeros(1, 3, 2, 2, 2)
        y[:, 0, 0] = 1
        known = torch.ones_like(y)
        known[0, 2, 1, 1, 1] = 0
        small, target, still = reduced(x, y, known, 2)
        self.assertEqual(small.flatten().tolist(), [3, 0, 0, 0])
        self.assertEqual(target.flatten().tolist(), [.5, 0, 0])
        self.assertEqual(still.flatten().tolist(), [1, 1, 0])

    def test_brains_with_one_label_become_cut_outs_of_tumour_without_parts(self):
        labels = np.zeros((40, 40, 40), np.uint8)
        labels[30:34, 8:12, 20:24] = 255
        case = {'shape': [40, 40, 40], 'images': np.ones((4, 40, 40, 40), np.int8), 'labels': labels}
        cut = cut_outs([case], 16)[0]
        self.assertEqual((cut['shape'], int((cut['labels'] == 5).sum()), cut['cutOut']), ([16, 16, 16], 64, True))


class Running(unittest.TestCase):
    def setUp(self):
        torch.set_num_threads(1)
        self.root = tempfile.TemporaryDirectory()
        self.addCleanup(self.root.cleanup)

    def test_killed_training_goes_on_to_the_same_numbers(self):
        root = self.root.name
        write_cubes(f'{root}/cubes', ['a', 'b'])
        write_split(f'{root}/split.json', train=['a', 'b'])
        batches = Batches(f'{root}/cubes', None, f'{root}/split.json', 16, 1, 1)
        weights = {}
        for folder, stops in (('whole', [None]), ('halves', [3, None])):
            os.makedirs(f'{root}/{folder}')
            for stop in stops:
                method = made('adapters')
                told = train(method, batches, f'{root}/{folder}', 1, 4, log_every=1, stop_after=stop)
            self.assertEqual(told['steps'], 4)
            weights[folder] = torch.cat([p.detach().flatten() for p in method.parameters()])
            with open(f'{root}/{folder}/log.jsonl') as f:
                self.assertEqual([json.loads(line)['step'] for line in f], [1, 2, 3, 4])
        self.assertTrue(torch.equal(weights['whole'], weights['halves']))

    def test_one_command_trains_writes_masks_on_the_files_grid_and_a_log_that_becomes_a_page(self):
        root = self.root.name
        write_cubes(f'{root}/cubes', ['a', 'b', 'c', 'd'])
        # the tissue of e begins a few voxels inside its files
        image = np.zeros((20, 18, 16), np.float32)
        image[3:19, 1:17] = np.where(ball(16, 4), 2., -.3)
        labels = np.where(image > 1, 4, 0).astype(np.uint8)
        write_case(f'{root}/cubes', 'e', {m: image for m in ('t1', 't1ce', 't2', 'flair')}, labels)
        write_split(f'{root}/split.json', train=['a', 'b'], validation=['c', 'e'], test=['d'])
        arguments = [f'{root}/cubes', '--split', f'{root}/split.json', '--out', f'{root}/out', '--methods', 'ds-mean,early-fusion', '--seeds', '2', '--steps', '2', '--side', '16', '--reduce', '1', '--batch', '1', '--channels', ','.join(map(str, CHANNELS))]
        main(arguments)
        with open(f'{root}/out/baselines.json') as f:
            log = json.load(f)
        self.assertEqual([(r['method'], r['seed'], r['steps']) for r in log['runs']], [('ds-mean', 1, 2), ('ds-mean', 2, 2), ('early-fusion', 1, 2), ('early-fusion', 2, 2)])
        self.assertEqual(len(os.listdir(f'{root}/out/ds-mean-1/masks')), 15)
        mask = nibabel.load(f'{root}/out/ds-mean-1/masks/t1+flair/e.nii.gz')
        self.assertEqual(mask.shape, (20, 18, 16))
        self.assertTrue(np.array_equal(mask.affine, nibabel.load(f'{root}/cubes/e/e_t1.nii.gz').affine))
        found = np.asarray(mask.dataobj)
        self.assertFalse(found[image == 0].any())
        # what the log says of the patient is what the mask has
        for region, members in (('WT', (1, 2, 4)), ('ET', (4,))):
            p, true = np.isin(found, members), labels > 0
            self.assertAlmostEqual(log['runs'][0]['patients']['t1+flair'][region][1], 2 * (p & true).sum() / (p.sum() + true.sum()), 4)
        text = page(log)
        self.assertIn('Early fusion, modality dropout', text)
        self.assertEqual(text.count('| t1+flair |'), 3)

    def test_cut_outs_of_a_patient_are_one_and_regions_that_are_too_small_have_no_dice(self):
        counts = lambda both, found, true: torch.tensor([[both] * 3, [found] * 3, [true] * 3], dtype=torch.float32)
        table = dice_of({((0,), 'p'): counts(30, 50, 40) + counts(0, 10, 0), ((0,), 'q'): counts(5, 8, 11)})
        self.assertEqual(table['t1']['WT'], [.6, None])

    def test_interval_is_that_of_the_mean(self):
        values = np.random.default_rng(2).normal(.5, .1, 400)
        mean, low, high = interval(np.append(values, np.nan))
        self.assertAlmostEqual(mean, values.mean(), 6)
        self.assertAlmostEqual(high - low, 2 * 1.96 * values.std() / 20, 2)


if __name__ == '__main__':
    unittest.main()
