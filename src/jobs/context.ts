import type { PreparedStep } from '../contract/preparation.js';

/** What a report may say besides stage and share. */
export interface ReportDetails {
  /** Name of the case that is worked on, in a job of several. */
  readonly case?: string;
  /** Share of the job, 0..1, at which the stage that begins now will end; between reports the bar follows the clock up to there. */
  readonly until?: number;
  /** Seconds that the whole job took where it was measured; counts until this job's own speed is known. */
  readonly expected?: number;
  /** A step of a preparation that is done now, and its picture (PNG). */
  readonly step?: { readonly about: PreparedStep; readonly picture: Uint8Array | null };
}

/** What running work may do: report how far it is, and see whether it was cancelled. */
export interface JobContext {
  readonly signal: AbortSignal;
  report(stage: string, progress: number, details?: ReportDetails): void;
}

/** The reports of a part of a job, as those of the whole. */
export function partOf(report: JobContext['report'], from: number, to: number): JobContext['report'] {
  const length = to - from;
  return (stage, share, { until, expected, ...details } = {}) =>
    report(stage, from + length * share, {
      ...details,
      ...(until === undefined ? {} : { until: from + length * until }),
      ...(expected === undefined ? {} : { expected: expected / length }),
    });
}
