import type { JobEvent } from '../contract/events.js';
import { problemOf } from '../errors.js';
import type { JobContext, ReportDetails } from './context.js';
import { Estimate } from './estimate.js';

/** While a stage says nothing, the estimate is sent this often. */
const HEARTBEAT_MS = 2000;

/** What does not change of a job while it runs. */
type AboutJob = Pick<JobEvent, 'job' | 'kind' | 'case' | 'title'>;

/** How a job ended, and what it threw, as it was thrown. */
export interface Ended {
  readonly event: JobEvent;
  readonly error: unknown;
}

/** Does a job's work and says how far it is, at every report and while a stage says nothing. Never throws. */
export async function followWork(
  work: (context: JobContext) => Promise<unknown>,
  about: AboutJob,
  signal: AbortSignal,
  say: (event: JobEvent) => void,
): Promise<Ended> {
  const estimate = new Estimate();
  let said = '';
  let details: ReportDetails = {};
  let progress = 0;
  const tell = () => {
    const far = estimate.at();
    progress = Math.max(progress, far.progress);
    const cancelling = signal.aborted ? ({ cancelling: true } as const) : {};
    const name = details.case === undefined ? {} : { case: details.case };
    say({ ...about, state: 'running', stage: said, ...name, ...far, progress, ...cancelling });
  };
  const heartbeat = setInterval(() => said !== '' && tell(), HEARTBEAT_MS);
  heartbeat.unref();
  const report: JobContext['report'] = (stage, share, more = {}) => {
    [said, details] = [stage, more];
    estimate.report(share, more.until, more.expected);
    heartbeat.refresh();
    tell();
  };
  try {
    const result = await work({ signal, report });
    return { event: { ...about, state: 'done', stage: 'done', progress: 1, result }, error: undefined };
  } catch (error) {
    const problem = signal.aborted ? ({ code: 'CANCELLED' } as const) : problemOf(error);
    const state = problem.code === 'CANCELLED' ? 'cancelled' : 'failed';
    return { event: { ...about, state, stage: state, progress, problem }, error };
  } finally {
    clearInterval(heartbeat);
  }
}
