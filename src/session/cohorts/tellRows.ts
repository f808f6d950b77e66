import { keepCorrection } from '../../cohort/corrections.js';
import type { EditState, QuorumEvent } from '../../contract/index.js';
import { perRegion } from '../../terms.js';
import type { WindowContext } from '../windowContext.js';
import type { CohortSession } from './cohortSession.js';

/** What is done with a case that was opened from a cohort is told in its row: which sequences it has, and a correction by hand. */
export async function tellRows(context: WindowContext, event: QuorumEvent): Promise<void> {
  const { cohorts, cohortCases } = context;
  if (event.type === 'caseClosed') cohortCases.delete(event.case);
  const id = event.type === 'case' ? event.case.id : event.type === 'edits' ? event.case : null;
  const about = id === null ? undefined : cohortCases.get(id);
  const session = about && cohorts.get(about.cohort);
  if (!session) return;
  if (event.type === 'case') {
    const sequences = event.case.available;
    if (sequences.join() === session.state.caseOf(about.name).sequences.join()) return;
    await session.state.changeCase(about.name, (one) => ({ ...one, sequences }));
    return session.changed([about.name]);
  }
  if (event.type === 'edits')
    await session.correct(about.name, () => tellCorrection(context, session, about.name, event));
}

async function tellCorrection(
  { cases }: WindowContext,
  session: CohortSession,
  name: string,
  { case: id, state: edit }: { readonly case: string; readonly state: EditState | null },
): Promise<void> {
  const { state } = session;
  const opened = cases.get(id);
  const { result } = state.caseOf(name);
  if (!result || (edit && !opened?.edit)) return;
  // An edit that was begun and changed nothing yet is no correction.
  if (!edit || edit.revision === 0) await keepCorrection(state, name, null);
  else {
    const { labels, grid } = opened!.editing();
    const series = opened!.source?.origins ?? opened!.source?.images ?? [];
    const ml = perRegion((_, region) => (result.volumes[region].ml === null ? null : edit.volumes[region]));
    const at = new Date().toISOString();
    await keepCorrection(state, name, { labels, grid, series, ml, at });
  }
  session.changed([name]);
}
