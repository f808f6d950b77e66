import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { preparationBinaryContract, preparationContract } from '../../contract/preparation.js';
import type { skullStripContract } from '../../contract/skullStrip.js';
import { problemOf, QuorumError } from '../../errors.js';
import { BRAIN_FILE, HEAD_FILE, type Prepared, pictureName } from '../../kept/preparedStore.js';
import { checkRuns } from '../../masks/runs.js';
import { summariseGrid } from '../../pipeline/inspect.js';
import { MODALITIES } from '../../terms.js';
import { voxelCount } from '../../volume/volume.js';
import type { BinaryHandlers, JsonHandlers, WindowContext } from '../windowContext.js';
import { preparedGrid, sourcesOf } from './casePreparation.js';
import { type CaseSession, openCaseOf } from './caseSession.js';
import { keepPrepared } from './preparing.js';

/** Preparing as a job of its own, the brain mask by hand, and the network for the precise skull strip. */
export function preparationHandlers(
  context: WindowContext,
): JsonHandlers<
  Exclude<keyof typeof preparationContract, 'preparation.start'> | keyof typeof skullStripContract
> {
  const { brains, skullStrip } = context;
  const changed = (session: CaseSession) => {
    const summary = session.summarise();
    context.emit({ type: 'case', case: summary });
    return summary.preparation;
  };
  return {
    'preparation.setBrain': async ({ case: id }, body) => {
      const session = openCaseOf(context, id);
      const grid = preparedGrid(preparedOf(session));
      const runs = checkRuns(body, voxelCount(grid.size));
      const sources = sourcesOf(session.slots);
      await brains.save(sources, grid, runs);
      session.preparation.brain = await brains.get(sources);
      return changed(session);
    },
    'preparation.dropBrain': async ({ case: id }) => {
      const session = openCaseOf(context, id);
      await brains.drop(sourcesOf(session.slots));
      session.preparation.brain = null;
      return changed(session);
    },
    'skullStrip.get': () => skullStrip.status(),
    'skullStrip.add': ({ file, confirmed }) => skullStrip.add(file, confirmed),
    'skullStrip.remove': () => skullStrip.remove(),
  };
}

/** Check pictures and the brain mask. */
export function preparedHandlers(
  context: WindowContext,
): BinaryHandlers<keyof typeof preparationBinaryContract> {
  return {
    'preparation.picture': async ({ case: id, picture }) => {
      const session = openCaseOf(context, id);
      const { making, unkept } = session.preparation;
      const fresh = (making ?? unkept)?.pictures.get(picture);
      if (fresh) return { header: { type: 'image/png' }, data: fresh };
      const { folder, record } = preparedOf(session);
      if (!record.summary.steps.some((step) => step.picture === picture))
        throw new QuorumError({ code: 'NOT_OPEN', field: 'picture', found: picture });
      const data = await readFile(join(folder, pictureName(picture))).catch((cause) => {
        throw new QuorumError({ code: 'RESULT_MISSING' }, { cause });
      });
      return { header: { type: 'image/png' }, data };
    },
    'preparation.head': async ({ case: id }) => {
      const session = openCaseOf(context, id);
      await keepPrepared(context, session);
      const { folder } = preparedOf(session);
      const { header, voxels } = await context.worker
        .run('image', { file: join(folder, HEAD_FILE) })
        .catch((error) => {
          if (problemOf(error).code !== 'FILE_NOT_FOUND') throw error;
          throw new QuorumError({ code: 'HEAD_NOT_KEPT' }, { cause: error });
        });
      return { header, data: voxels };
    },
    'preparation.brain': async ({ case: id }) => {
      const session = openCaseOf(context, id);
      await keepPrepared(context, session);
      const prepared = preparedOf(session);
      const { labels } = await context.worker.run('brain', { file: join(prepared.folder, BRAIN_FILE) });
      return { header: { grid: summariseGrid(preparedGrid(prepared)) }, data: labels };
    },
  };
}

/** @throws QuorumError RESULT_MISSING. */
function preparedOf(session: CaseSession): Prepared {
  const { prepared } = session;
  if (!prepared) throw new QuorumError({ code: 'RESULT_MISSING', field: 'preparation' });
  return prepared;
}

/** What the profile holds of these files: the newest preparation, and the user's brain mask. */
export async function restorePreparation(context: WindowContext, session: CaseSession): Promise<void> {
  const sources = sourcesOf(session.slots);
  if (MODALITIES.every((m) => !sources[m])) return;
  session.preparation.brain = await context.brains.get(sources);
  const newest = await context.prepared.newest(sources);
  if (newest) session.preparation.take(newest);
}
