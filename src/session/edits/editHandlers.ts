import type { changesContract, EditState, editsContract } from '../../contract/edits.js';
import type { ParsedMaskRef } from '../../contract/masks.js';
import { titles } from '../../contract/warnings.js';
import { QuorumError } from '../../errors.js';
import { checkRuns, maskOfRuns, type Runs, runsOf } from '../../masks/runs.js';
import { membersOf } from '../../terms.js';
import { affineOf } from '../../volume/tuples.js';
import { voxelCount } from '../../volume/volume.js';
import { type CaseSession, openCaseOf, segmentedCaseOf } from '../cases/caseSession.js';
import type { BinaryHandlers, JsonHandlers, WindowContext } from '../windowContext.js';
import type { Action } from './history.js';

/** Editing by hand: starting, strokes, state. */
export function editHandlers(context: WindowContext): JsonHandlers<keyof typeof editsContract> {
  return {
    'edits.start': async ({ case: id, from }) => {
      const session = openCaseOf(context, id);
      const state = await session.exclusively(() => startEdit(context, session, from));
      context.emit({ type: 'case', case: session.summarise() });
      return state;
    },
    'edits.stroke': async ({ case: id, tool }, body) => {
      const session = openCaseOf(context, id);
      const runs = checkRuns(body, voxelCount(session.editing().grid.size));
      return (await act(context, session, { kind: 'stroke', tool }, runs)).header;
    },
    'edits.discard': async ({ case: id }) => {
      const session = openCaseOf(context, id);
      const discarded = await session.exclusively(async () => {
        const { edit } = session;
        session.edit = null;
        if (edit) await context.edits.discard(edit);
        return edit !== null;
      });
      context.emit({ type: 'edits', case: id, state: null });
      return { discarded };
    },
  };
}

/** Changes that are computed here: undo, redo, specks, and taking one combination's answer. */
export function changeHandlers(context: WindowContext): BinaryHandlers<keyof typeof changesContract> {
  return {
    'edits.undo': ({ case: id }) => act(context, openCaseOf(context, id), { kind: 'undo' }),
    'edits.redo': ({ case: id }) => act(context, openCaseOf(context, id), { kind: 'redo' }),
    'edits.restoreSpecks': async ({ case: id, specks }) => {
      const session = openCaseOf(context, id);
      const all = session.editing().edit.about.specks;
      const chosen = specks ?? all.map((_, i) => i);
      if (chosen.some((i) => i >= all.length))
        throw new QuorumError({
          code: 'REQUEST_INVALID',
          field: 'specks',
          expected: `numbers below ${all.length}`,
        });
      // The last removed is put back first, as clean-up nests.
      const runs = Uint32Array.from(chosen.toSorted((a, b) => b - a).flatMap((i) => all[i]));
      return act(context, session, { kind: 'specks', count: chosen.length }, runs);
    },
    'choices.take': async ({ case: id, combinations, threshold, blob, answer }) => {
      const { session, source } = segmentedCaseOf(context, id);
      const { grid } = session.editing();
      if (voxelCount(grid.size) !== voxelCount(session.grid!.size))
        throw new QuorumError({ code: 'GRIDS_DIFFER', expected: 'an edit on the grid of the result' });
      const { voxels, labels } = await context.worker.run('blobAnswer', {
        source,
        combinations,
        threshold,
        blob,
        answer,
      });
      return act(context, session, { kind: 'choice', answer, combinations }, runsOf(voxels, labels));
    },
  };
}

async function act(
  context: WindowContext,
  session: CaseSession,
  action: Action,
  runs?: Runs,
): Promise<{ header: EditState; data: Runs }> {
  const { edit } = session.editing();
  const data = await edit.act(action, runs);
  const header = edit.state();
  context.emit({ type: 'edits', case: session.id, state: header });
  return { header, data };
}

async function startEdit(
  { edits, worker }: WindowContext,
  session: CaseSession,
  from: ParsedMaskRef,
): Promise<EditState> {
  const { labels, grid, name, specks } = await beginning(session, from, worker);
  const about = {
    format: 1 as const,
    state: 'editing' as const,
    images: session.images,
    grid: { size: grid.size, affine: affineOf(grid.affine) },
    startedAt: new Date().toISOString(),
    from: { mask: from, title: name, model: from.kind === 'combination' ? session.source!.model.hash : null },
    specks,
  };
  const edit = await edits.create(about, labels);
  if (session.edit) {
    await session.edit.mark('aside');
    session.aside.unshift(session.edit);
  }
  session.edit = edit;
  return edit.state();
}

/** The mask that an edit begins from, and the specks that can be brought back. */
async function beginning(session: CaseSession, from: ParsedMaskRef, worker: WindowContext['worker']) {
  if (from.kind !== 'combination') return { ...session.heldMask(from), specks: [] };
  const { source, grid } = session;
  if (!source || !grid) throw new QuorumError({ code: 'RESULT_MISSING' });
  const { runs } = await worker.run('labels', { source, mask: from });
  const atDefault = from.threshold === null && !from.keepSpecks;
  const specks = atDefault ? await worker.run('specks', { source, combination: from.combination }) : [];
  return {
    labels: maskOfRuns(runs, voxelCount(grid.size)),
    grid,
    name: titles(membersOf(from.combination)),
    specks: specks.map((speck) => [...runsOf(speck.voxels, speck.labels)]),
  };
}
