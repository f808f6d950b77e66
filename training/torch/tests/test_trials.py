"""The trials: norms that leave air out, the mirror image, samples that every arm shares, going on after a stop, the plan's words."""
import json
import os
import tempfile
import unittest

import numpy as np
import torch

from quorum_torch import MODALITIES
from quorum_torch.losses import COMBINATIONS, PAIRS, name_of
from quorum_torch.model_folder import write_model
from quorum_torch.network import DynamicSharing, UNet
from quorum_torch.steps import Steps
from quorum_torch.trials import ARMS
from quorum_torch.trials import run as running
from quorum_torch.trials.page import page, verdict, word
from quorum_torch.trials.run import TrialSteps, model_of, train
from quorum_torch.trials.samples import crop_at, sample
from quorum_torch.trials.score import logits_of, spread_of, summary
from quorum_torch.trials.variants import TissueNormRelu, mirror_images, mirrored, plane_of, with_tissue_norms
from support import ball

CHANNELS = [8, 16, 32, 32, 64]


def brain_of(seed=0, side=20):
    """A ball of tissue with a brighter ball beside its middle."""
    rng = np.random.default_rng(seed)
    head, tumour = ball(side, side * .45), ball(side, side * .2, 2)
    images = torch.from_numpy(np.stack([np.where(head, np.where(tumour, 2., -.3) + rng.normal(0, .2, head.shape), 0) for _ in range(4)]).astype(np.float32))
    return {'name': f'brain {seed}', 'images': images, 'mirror': mirror_images(images), 'labels': torch.from_numpy(np.where(tumour, 4, 0).astype(np.uint8))}


class Trials(unittest.TestCase):
    def setUp(self):
        torch.set_num_threads(1)
        torch.manual_seed(3)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name

    def trunk(self):
        model = DynamicSharing(CHANNELS)
        write_model(model, f'{self.root}/trunk', 'made up', '', '')
        return f'{self.root}/trunk', model


class Tissue(Trials):
    def test_statistics_are_those_of_the_tissue_alone(self):
        norm = TissueNormRelu(16)
        mask = torch.zeros(2, 1, 4, 4, 4)
        mask[0, :, :2], mask[1, :, :, 1:] = 1, 1
        norm.tissue = {(4, 4, 4): mask}
        x = torch.randn(2, 16, 4, 4, 4)
        found = norm(x, torch.tensor([0, 3]))
        for i in range(2):
            inside = mask[i, 0] > 0
            for group in range(8):
                v = x[i, 2 * group:2 * group + 2].double()
                expected = ((v - v[:, inside].mean()) / (v[:, inside].var(unbiased=False) + 1e-5).sqrt()).clamp_min(0)
                self.assertLess(float((found[i, 2 * group:2 * group + 2] - expected).abs().max()), 1e-5)

    def test_where_everything_is_tissue_the_network_is_the_old_one(self):
        network = UNet(CHANNELS)
        x, m = torch.randn(2, 1, 32, 16, 16), torch.tensor([1, 2])
        with torch.no_grad():
            before = network(x, m)
            self.assertLess(float((with_tissue_norms(network)(x, m) - before).abs().max()), 1e-4)

    def test_more_air_around_a_head_changes_nothing_in_it(self):
        # by multiples of 16 behind, so that pooling falls alike; the network sees air 40 points deep alone
        networks = {'box': UNet(CHANNELS), 'tissue': UNet(CHANNELS)}
        networks['tissue'].load_state_dict(networks['box'].state_dict())
        with_tissue_norms(networks['tissue'])
        image = brain_of()['images'][:1]
        wander = {}
        for name, network in networks.items():
            z = [logits_of(network, image, 0, behind=behind) for behind in (0, 48)]
            wander[name] = float((z[0] - z[1])[:, 4:12, 4:12, 4:12].abs().mean())
        self.assertLess(wander['tissue'], wander['box'] / 3)


class Mirror(Trials):
    def test_a_point_comes_from_the_other_side_of_the_plane(self):
        a = torch.arange(5.)[:, None, None]
        self.assertEqual(mirrored(a, 3).flatten().tolist(), [3, 2, 1, 0, 0])

    def test_the_plane_is_the_heads_own_though_its_box_is_not_centred(self):
        rng = torch.Generator().manual_seed(1)
        half = torch.rand(9, 12, 12, generator=rng) + .5
        image = torch.zeros(22, 12, 12)
        image[:9], image[9:18] = half, half.flip(0)
        image[18:20] = .7  # a part that one side alone has
        self.assertEqual(plane_of(image), 17)

    def test_a_new_channel_of_zeros_answers_as_the_trunk_does_and_learns(self):
        folder, trunk = self.trunk()
        model, brain = model_of(folder, ARMS['mirror']), brain_of()
        channels = torch.stack([brain['images'][2], brain['mirror'][2]])
        expected = logits_of(trunk.module, channels[:1], 2)
        self.assertLess(float((logits_of(model.module, channels, 2) - expected).abs().max()), 1e-4)
        train(model, ARMS['mirror'], [brain], self.root, 1, 2, 16)
        self.assertGreater(float(model.module.inc.conv1.module.weight[:, 1:].abs().max()), 1e-4)

    def test_image_and_mirror_image_are_cut_and_flipped_together(self):
        brain = brain_of()
        brain['images'] = brain['mirror'] = torch.where(brain['images'] == 0, 0., torch.rand(brain['images'].shape) + .5)
        for step in range(4):
            images, mirror, _, _ = sample([brain], 1, step, 12)
            self.assertTrue(torch.equal(images, mirror))


class Running(Trials):
    def test_a_step_is_that_of_the_trainer(self):
        trunk = model_of(self.trunk()[0], ARMS['base'])
        x, _, y, known = sample([brain_of()], 1, 0, 16)
        gradients = []
        for steps in (Steps(trunk, torch.device('cpu')), TrialSteps(trunk, torch.device('cpu'))):
            trunk.zero_grad()
            losses = steps.mean([((x, y, known), 1.)], 2., .3, .3)
            gradients.append(torch.cat([losses, *(p.grad.flatten() for p in trunk.parameters())]))
        self.assertLess(float((gradients[0] - gradients[1]).norm() / gradients[0].norm()), 5e-3)

    def test_arms_see_the_same_samples_and_seeds_others(self):
        brains = [brain_of(i) for i in range(3)]
        one, same, other = (sample(brains, seed, 7, 16)[0] for seed in (1, 1, 2))
        self.assertTrue(torch.equal(one, same))
        self.assertFalse(torch.equal(one, other))
        self.assertEqual(sample(brains, 1, 7, 16)[2].shape, (1, 3, 16, 16, 16))

    def test_a_crop_beyond_the_edge_is_air(self):
        a = torch.arange(1., 28).reshape(1, 3, 3, 3)
        found = crop_at(a, [-1, 2, 0], 4)
        self.assertEqual(found[0, 1:, 0, :3].tolist(), a[0, :, 2].tolist())
        self.assertEqual(float(found.sum()), float(a[0, :, 2].sum()))

    def test_a_run_that_was_stopped_goes_on_to_the_same_numbers(self):
        folder, _ = self.trunk()
        brains, weights = [brain_of(i) for i in range(2)], []
        kept = running.LOG_EVERY, running.SAVE_EVERY
        running.LOG_EVERY, running.SAVE_EVERY = 1, 2
        try:
            for out, stops in (('whole', [None]), ('halves', [3, None])):
                os.makedirs(f'{self.root}/{out}')
                for stop in stops:
                    model = model_of(folder, ARMS['distil'])
                    train(model, ARMS['distil'], brains, f'{self.root}/{out}', 1, 5, 16, stop)
                weights.append(torch.cat([p.detach().flatten() for p in model.parameters()]))
                with open(f'{self.root}/{out}/log.jsonl') as f:
                    self.assertEqual([json.loads(line)['step'] for line in f], [1, 2, 3, 4, 5])
        finally:
            running.LOG_EVERY, running.SAVE_EVERY = kept
        self.assertTrue(torch.equal(*weights))

    def test_each_arm_trains_and_differs_from_base(self):
        folder, _ = self.trunk()
        brains, weights = [brain_of()], {}
        for name, arm in ARMS.items():
            os.makedirs(f'{self.root}/{name}')
            model = model_of(folder, arm)
            train(model, arm, brains, f'{self.root}/{name}', 1, 3, 16)
            weights[name] = model.module.up1.conv.conv1.module.weight.detach()
        for name in ('distil', 'tissue', 'mirror'):
            self.assertFalse(torch.equal(weights[name], weights['base']), name)


class Scores(Trials):
    def test_endpoints_are_those_of_the_plan(self):
        flat = {name_of(s): {r: [.5, None] for r in ('WT', 'TC', 'ET')} for s in COMBINATIONS}
        flat[name_of(COMBINATIONS[0])]['WT'] = [.4, .7]  # the first falls under each of four triples, the second has none to fall under
        flat['t2']['WT'] = [.6, None]
        found = summary({'dice': flat, 'spread': {'t2': {'WT': [.2, None]}, 't1': {'WT': [.4]}}})
        self.assertAlmostEqual(found['mean15 WT'], (13 * .5 + .55 + .6) / 15, 4)
        self.assertAlmostEqual(found['singles'], .5 + .1 / 12, 4)
        self.assertEqual([found['T2 WT'], found['mean15 ET']], [.6, .5])
        self.assertAlmostEqual(found['falls'], (4 + 3) / (3 * len(PAIRS)), 4)
        self.assertAlmostEqual(found['spread'], .3, 4)

    def test_the_spread_of_next_to_nothing_is_not_told(self):
        self.assertEqual(spread_of([8., 10., 12.]), .4)
        self.assertIsNone(spread_of([.1, .3]))

    def test_words_follow_both_seeds(self):
        for differences, good, expected in (([.02, .03], 1, 'better'), ([.02, .03], -1, 'worse'), ([.02, -.03], 1, 'undecided'),
                                            ([.01, -.01], 1, 'no difference seen'), ([.02, .005], 1, 'undecided'), ([.02, None], 1, 'undecided')):
            self.assertEqual(word(differences, .01, good), expected)

    def test_an_arm_that_gains_its_own_and_loses_a_region_does_not_win(self):
        base = {**{f'mean15 {r}': .5 for r in ('WT', 'TC', 'ET')}, 'singles': .5, 'T2 WT': .5, 'falls': .2, 'spread': .3}
        better = {**base, 'T2 WT': .6}
        log = lambda summary: {'torch': '', 'steps': 1, 'side': 16, 'seeds': [1, 2], 'runs': [{'arm': a, 'seed': s, 'steps': 1, 'trainingSeconds': 1., 'summary': v} for s in (1, 2) for a, v in (('base', base), ('mirror', summary))]}
        self.assertTrue(verdict(log(better), 'mirror')[1])
        self.assertFalse(verdict(log({**better, 'mean15 ET': .4}), 'mirror')[1])
        text = page({**log(better), 'note': 'A note.', 'compared': {'name': 'Other 2', 'spread': .0816}})
        self.assertIn('A note.\n\nSpread of Other 2, with the same paddings of the same brains (not in the plan; looked at afterwards): 0.082.', text)
        self.assertIn('`mirror` (mirror image as a second channel) **wins**', text)
        self.assertIn('4 of 10 runs were made; missing: distil 1', text)
        self.assertIn('`hinge` (more-versus-fewer hinge): **undecided**, as 2 of 2 pairs with `base` were not run', text)


if __name__ == '__main__':
    unittest.main()
