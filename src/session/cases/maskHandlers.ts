import { basename } from 'node:path';
import type { mapsContract, masksContract } from '../../contract/masks.js';
import { QuorumError } from '../../errors.js';
import { maskOfRuns } from '../../masks/runs.js';
import { volumesOf } from '../../masks/volumes.js';
import { summariseGrid } from '../../pipeline/inspect.js';
import { MODALITIES } from '../../terms.js';
import { affineOf } from '../../volume/tuples.js';
import { type Grid, voxelCount } from '../../volume/volume.js';
import type { BinaryHandlers, JsonHandlers, WindowContext } from '../windowContext.js';
import { type CaseSession, openCaseOf, segmentedCaseOf } from './caseSession.js';

/** Masks that were opened, comparisons, and the blobs to choose from. */
export function maskHandlers(context: WindowContext): JsonHandlers<keyof typeof masksContract> {
  const { worker } = context;
  return {
    'masks.open': async ({ case: id, file, role, scheme }) => {
      const session = openCaseOf(context, id);
      const grid = gridOf(session);
      const { labels } = await worker.run('readMask', { file, grid: plain(grid), scheme });
      const mask = session.addMask({ role, name: basename(file), labels, grid });
      context.emit({ type: 'case', case: session.summarise() });
      return mask;
    },
    'masks.close': async ({ case: id, id: mask }) => {
      const session = openCaseOf(context, id);
      if (!session.closeMask(mask)) throw new QuorumError({ code: 'NOT_OPEN', field: 'mask', found: mask });
      context.emit({ type: 'case', case: session.summarise() });
      return {};
    },
    'masks.compare': async ({ case: id, a, b }) => {
      const session = openCaseOf(context, id);
      return worker.run('compare', {
        source: session.source,
        grid: plain(gridOf(session)),
        a: session.maskInput(a),
        b: session.maskInput(b),
      });
    },
    'masks.seriesVolumes': async ({ case: id, mask }) => {
      const { session, source } = segmentedCaseOf(context, id);
      return worker.run('seriesVolumes', { source, mask: session.maskInput(mask) });
    },
    'masks.combinations': async ({ case: id, threshold }) =>
      worker.run('combinations', { source: segmentedCaseOf(context, id).source, threshold }),
    'masks.scores': async ({ case: id, truth, threshold }) => {
      const { session, source } = segmentedCaseOf(context, id);
      return worker.run('scores', { source, truth: session.maskInput(truth), threshold });
    },
    'choices.list': async ({ case: id, combinations, threshold, limit }) => {
      const { source } = segmentedCaseOf(context, id);
      return worker.run('blobs', { source, combinations, threshold, limit });
    },
    'maps.voxel': async ({ case: id, voxel, combination }) => {
      const session = openCaseOf(context, id);
      const grid = gridOf(session);
      if (voxel.some((n, axis) => n < 0 || n >= grid.size[axis]))
        throw new QuorumError({
          code: 'REQUEST_INVALID',
          field: 'voxel',
          expected: `within ${grid.size.join('×')}`,
        });
      const files = Object.fromEntries(
        MODALITIES.flatMap((m) => (session.imageOf(m) ? [[m, session.imageOf(m)!]] : [])),
      );
      return worker.run('voxel', { source: session.source, files, voxel, grid: plain(grid), combination });
    },
  };
}

/** Voxels of images, masks and maps. */
export function mapHandlers(context: WindowContext): BinaryHandlers<keyof typeof mapsContract> {
  const { worker } = context;
  const data = <H>({ labels, header }: { labels: Uint8Array; header: H }) => ({ header, data: labels });
  const source = (id: string) => segmentedCaseOf(context, id).source;
  return {
    'images.volume': async ({ case: id, sequence }) => {
      const file = openCaseOf(context, id).imageOf(sequence);
      if (!file) throw new QuorumError({ code: 'SEQUENCE_NOT_AVAILABLE', found: sequence });
      const { header, voxels } = await worker.run('image', { file });
      return { header, data: voxels };
    },
    'images.series': async ({ case: id, sequence }) => {
      const { file, toCase } = openCaseOf(context, id).originOf(sequence);
      const { header, voxels } = await worker.run('image', { file });
      return { header: { ...header, toCase: toCase ? [...toCase] : null }, data: voxels };
    },
    'masks.onSeries': async ({ case: id, mask, sequence }) => {
      const { session, source } = segmentedCaseOf(context, id);
      const input = { source, mask: session.maskInput(mask), origin: session.originOf(sequence) };
      return data(await worker.run('seriesMask', input));
    },
    'masks.labels': async ({ case: id, mask }) => {
      if (mask.kind === 'combination') {
        const { session, source } = segmentedCaseOf(context, id);
        const { runs, header } = await worker.run('labels', { source, mask: session.maskInput(mask) });
        return { header, data: maskOfRuns(runs, voxelCount(session.grid!.size)) };
      }
      const { labels, grid } = openCaseOf(context, id).heldMask(mask);
      return { header: { grid: summariseGrid(grid), volumes: volumesOf(labels, grid) }, data: labels };
    },
    'maps.disagreement': async ({ case: id, ...of }) =>
      data(await worker.run('disagreement', { source: source(id), ...of })),
    'maps.decidedBy': async ({ case: id, ...of }) =>
      data(await worker.run('decidedBy', { source: source(id), ...of })),
    'maps.probability': async ({ case: id, combination, region, kind }) =>
      data(await worker.run('probability', { source: source(id), combination, region, kind })),
    'maps.explore': async ({ case: id, factors, threshold }) => {
      const { session, source } = segmentedCaseOf(context, id);
      const { runs, header } = await worker.run('explore', { source, factors, threshold });
      return { header, data: maskOfRuns(runs, voxelCount(session.grid!.size)) };
    },
    'maps.difference': async ({ case: id, a, b, region }) => {
      const session = openCaseOf(context, id);
      return data(
        await worker.run('difference', {
          source: session.source,
          grid: plain(gridOf(session)),
          a: session.maskInput(a),
          b: session.maskInput(b),
          region,
        }),
      );
    },
  };
}

/** @throws QuorumError SEQUENCE_NOT_AVAILABLE while no sequence is known. */
function gridOf(session: CaseSession): Grid {
  if (!session.grid)
    throw new QuorumError({
      code: 'SEQUENCE_NOT_AVAILABLE',
      expected: 'at least one sequence',
      found: 'none',
    });
  return session.grid;
}

/** A grid alone, without the header that it may be part of. */
function plain({ size, affine }: Grid): Grid {
  return { size, affine: affineOf(affine) };
}
