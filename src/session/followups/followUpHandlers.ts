import { join } from 'node:path';
import type { followUpMapsContract, followUpsContract } from '../../contract/followUp.js';
import { NO_FORMATS } from '../../contract/formats.js';
import type { QuorumEvent } from '../../contract/index.js';
import { QuorumError } from '../../errors.js';
import { type JobContext, partOf } from '../../jobs/context.js';
import { summariseGrid } from '../../pipeline/inspect.js';
import { openCaseOf } from '../cases/caseSession.js';
import type { BinaryHandlers, JsonHandlers, WindowContext } from '../windowContext.js';
import { FollowUpSession } from './followUpSession.js';

/** Timelines: several open cases as one patient's examinations. */
export function followUpHandlers(context: WindowContext): JsonHandlers<keyof typeof followUpsContract> {
  const { followUps, jobs, worker, staging } = context;
  const told = (session: FollowUpSession) => {
    const view = session.summarise();
    context.emit({ type: 'followUp', view });
    return view;
  };
  return {
    'followups.open': async ({ members }) => {
      refuseUnknown(context, members);
      const session = new FollowUpSession(context, members);
      followUps.set(session.id, session);
      return told(session);
    },
    'followups.list': async () => [...followUps.values()].map((session) => session.summarise()),
    'followups.get': async ({ followUp }) => sessionOf(context, followUp).summarise(),
    'followups.change': async ({ followUp, members }) => {
      refuseUnknown(context, members);
      const session = sessionOf(context, followUp);
      session.change(members);
      return told(session);
    },
    'followups.compare': async ({ followUp, by }) => {
      const session = sessionOf(context, followUp);
      session.points();
      const work = async ({ signal, report }: JobContext) => {
        // As they are when their turn has come.
        const [points, state] = [session.points(), session.state()];
        const compared = { points: points.map(({ point }) => point), by };
        const made = await worker.run('followUp', compared, { signal, onProgress: report });
        session.keep(made, points, state);
        told(session);
        return made;
      };
      return { job: jobs.start(work, { kind: 'followup', case: session.id, title: TITLE }) };
    },
    'followups.export': async ({ followUp, folder, dicomSeg, ...how }) => {
      const session = sessionOf(context, followUp);
      const { report } = session.result;
      const points = session.result.points.map(({ point }) => point);
      const work = async (job: JobContext) => {
        const { signal } = job;
        const inputFolders = points.flatMap(({ source }) => source.about.inputFolders);
        const request = { report, points, folder, inputFolders, ...how };
        const share = dicomSeg ? 0.5 : 1;
        const made = await staging.during(folder, () =>
          worker.run('followUpExport', request, { signal, onProgress: partOf(job.report, 0, share) }),
        );
        const files = [...made.files];
        if (dicomSeg) files.push(...(await exportDicom(context, session, { folder, ...how }, job)));
        return { folder, files, shown: join(folder, 'followup.html') };
      };
      return { job: jobs.start(work, { kind: 'export', case: session.id, title: TITLE }) };
    },
    'followups.close': async ({ followUp }) => {
      const session = sessionOf(context, followUp);
      followUps.delete(session.id);
      await jobs.cancelCase(session.id);
      return {};
    },
  };
}

/** What a job is called for those who see it in the line: nothing that names anybody. */
const TITLE = 'the follow-up';

/** Images, masks and differences on the grid of the first time point. */
export function followUpMapHandlers(
  context: WindowContext,
): BinaryHandlers<keyof typeof followUpMapsContract> {
  const { worker } = context;
  return {
    'followups.image': async ({ followUp, case: id, sequence }) => {
      const session = sessionOf(context, followUp);
      const { point, about } = session.pointOf(id);
      const toFirst = about.alignment?.toFirst ?? null;
      const request = { source: point.source, sequence, toFirst, grid: session.grid };
      const { header, voxels } = await worker.run('followUpImage', request);
      return { header, data: voxels };
    },
    'followups.labels': async ({ followUp, case: id }) => {
      const session = sessionOf(context, followUp);
      const { point, about } = session.pointOf(id);
      const { grid } = session;
      const { labels } = await worker.run('followUpLabels', { point, about, grid });
      return { header: { grid: summariseGrid(grid) }, data: labels };
    },
    'followups.difference': async ({ followUp, case: id, against, region }) => {
      const session = sessionOf(context, followUp);
      const { n, ...after } = session.pointOf(id);
      if (n === 0)
        throw new QuorumError({ code: 'REQUEST_INVALID', field: 'case', expected: 'a later time point' });
      const { report, points } = session.result;
      const earlier = report.points.flatMap(({ alignment }, at) =>
        at < n && alignment?.verdict !== 'failed' ? [at] : [],
      );
      const at = against === 'baseline' ? 0 : earlier.at(-1)!;
      const before = { point: points[at].point, about: report.points[at] };
      const { grid } = session;
      const { labels } = await worker.run('followUpDifference', { before, after, grid, region });
      return { header: { grid: summariseGrid(grid) }, data: labels };
    },
  };
}

/** What happens to a case is told to the timelines that it belongs to. */
export function tellFollowUps(context: WindowContext, event: QuorumEvent): void {
  const id =
    event.type === 'case'
      ? event.case.id
      : event.type === 'edits' || event.type === 'caseClosed'
        ? event.case
        : null;
  if (id === null) return;
  for (const session of context.followUps.values())
    if (event.type === 'caseClosed' || session.members.some((member) => member.case === id))
      context.emit({ type: 'followUp', view: session.summarise() });
}

/** DICOM-SEG of every time point that came from DICOM, by the formats of a case, each into a folder of its own. */
async function exportDicom(
  context: WindowContext,
  session: FollowUpSession,
  { folder, overwrite }: { readonly folder: string; readonly overwrite: boolean },
  { signal, report: tell }: JobContext,
): Promise<string[]> {
  const { report, points } = session.result;
  const files: string[] = [];
  for (const [n, { point, segmented, warnings }] of points.entries()) {
    const { used, isEdited } = report.points[n];
    if (!(point.source.origins ?? point.source.images).some(({ dicom }) => dicom)) continue;
    // The DICOM that was unpacked for a case goes when it is closed.
    openCaseOf(context, point.id);
    const { answers, edited } = point;
    const name = `time-point-${n + 1}`;
    const into = join(folder, name);
    const made = await context.staging.during(into, () =>
      context.worker.run(
        'export',
        {
          segmented,
          options: { ...MASK_OPTIONS, ...NO_FORMATS, dicomSeg: true, combination: used },
          folder: into,
          overwrite,
          identity: false,
          ...{ answers, warnings },
          edited: isEdited ? edited : null,
        },
        {
          signal,
          onProgress: partOf(tell, 0.5 + (0.5 * n) / points.length, 0.5 + (0.5 * (n + 1)) / points.length),
        },
      ),
    );
    files.push(...made.files.map((file) => `${name}/${file}`));
  }
  return files;
}

const MASK_OPTIONS = {
  threshold: null,
  labels: 'brats',
  keepSpecks: false,
  unsupported: false,
  neutralNames: false,
  combinations: [],
} as const;

function sessionOf({ followUps }: WindowContext, id: string): FollowUpSession {
  const session = followUps.get(id);
  if (!session) throw new QuorumError({ code: 'NOT_OPEN', field: 'timeline', found: id });
  return session;
}

function refuseUnknown({ cases }: WindowContext, members: readonly { readonly case: string }[]): void {
  const unknown = members.find((member) => !cases.has(member.case));
  if (unknown) throw new QuorumError({ code: 'NOT_OPEN', field: 'case', found: unknown.case });
}
