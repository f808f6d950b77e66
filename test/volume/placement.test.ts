import { expect, it } from 'vitest';
import { multiplyAffines, voxelToWorld } from '../../src/volume/affine.js';
import { rigidPart } from '../../src/volume/placement.js';
import type { Affine } from '../../src/volume/volume.js';

const [c, s] = [Math.cos(0.3), Math.sin(0.3)];
const TURN: Affine = [c, s, 0, 0, -s, c, 0, 0, 0, 0, 1, 0, 7, -3, 11, 1];
const close = (a: Affine, b: Affine) => {
  for (let at = 0; at < 16; at++) expect(a[at]).toBeCloseTo(b[at], 9);
};

it('the rigid part of a rigid transform is itself', () => {
  close(rigidPart(TURN, [10, 20, 30]), TURN);
});

it('the rigid part of a turn after a symmetric stretch is the turn, and moves the point alike', () => {
  const stretch: Affine = [1.1, 0.05, 0, 0, 0.05, 0.9, 0.02, 0, 0, 0.02, 1.05, 0, 0, 0, 0, 1];
  const affine = multiplyAffines(TURN, stretch);
  const rigid = rigidPart(affine, [10, 20, 30]);
  for (let at = 0; at < 12; at++) expect(rigid[at]).toBeCloseTo(TURN[at], 9);
  const [moved, wanted] = [rigid, affine].map((one) => voxelToWorld(one, 10, 20, 30));
  for (const axis of [0, 1, 2]) expect(moved[axis]).toBeCloseTo(wanted[axis], 9);
});
