import { z } from 'zod';
import { problemSchema } from './basic.js';
import { openCaseSchema } from './cases.js';
import { cohortClosedEventSchema, cohortEventSchema } from './cohorts.js';
import { editStateSchema } from './edits.js';
import { followUpViewSchema } from './followUp.js';

/** What a job does. */
const JOB_KINDS = [
  'segment',
  'prepare',
  'export',
  'followup',
  'train',
  'evaluate',
  'measure',
  'verify',
  'estimate',
] as const;
export type JobKind = (typeof JOB_KINDS)[number];

export const jobEventSchema = z.object({
  job: z.string(),
  kind: z.enum(JOB_KINDS),
  state: z.enum(['queued', 'running', 'done', 'failed', 'cancelled']),
  /** Share done, 0..1. */
  progress: z.number(),
  stage: z.string(),
  /** The case (or timeline) that is worked on: its id, or its name when a folder of cases is segmented. */
  case: z.string().optional(),
  /** Name of the open case, for people. */
  title: z.string().optional(),
  /** With `queued`: how many jobs are before it. */
  before: z.int().min(0).optional(),
  /** With `queued`: name of the case whose job runs now. */
  waitingFor: z.string().optional(),
  /** It was asked to stop, and has not stopped yet. */
  cancelling: z.literal(true).optional(),
  /** Estimated seconds left; absent while there is no ground for an estimate. */
  secondsLeft: z.number().optional(),
  /** With `done`: CaseResult, ExportResult, what research made, or the command line's CaseReport or BatchReport. */
  result: z.unknown().optional(),
  /** With `failed` and `cancelled`. */
  problem: problemSchema.optional(),
});
export type JobEvent = z.infer<typeof jobEventSchema>;

/** Every job that has not ended, the running one first, each with what was said of it last. */
export const jobsList = { request: z.strictObject({}), response: z.array(jobEventSchema) } as const;

/** The one stream of events. */
export const quorumEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('job'), event: jobEventSchema }),
  /** A case was opened, or something of it changed: a sequence, an answer, a result, a mask. */
  z.object({ type: z.literal('case'), case: openCaseSchema }),
  z.object({ type: z.literal('caseClosed'), case: z.string() }),
  /** Sent after every change of the edited mask, so that two windows agree. */
  z.object({ type: z.literal('edits'), case: z.string(), state: editStateSchema.nullable() }),
  /** How far a `cases.open` is: share of its stage, 0..1. */
  z.object({ type: z.literal('opening'), opening: z.string(), stage: z.string(), progress: z.number() }),
  cohortEventSchema,
  cohortClosedEventSchema,
  /** A timeline changed: its time points, or what was found. */
  z.object({ type: z.literal('followUp'), view: followUpViewSchema }),
  /** The worker process ended unexpectedly and was started again. */
  z.object({ type: z.literal('workerRestarted'), problem: problemSchema }),
]);
export type QuorumEvent = z.infer<typeof quorumEventSchema>;
