import { z } from 'zod';
import { ERROR_CODES } from '../errors.js';
import { MODALITIES } from '../terms.js';

/**
 * The contract between Quorum and its faces (command line, desktop app, browser mode): every method with the shape of its
 * request and response, and the events of a job. Free of Node, so that a renderer can use it.
 */

export const modalitySchema = z.enum(MODALITIES);

/** A Problem (`errors.ts`) as it travels. */
export const problemSchema = z.object({
  code: z.enum(ERROR_CODES),
  field: z.string().optional(),
  expected: z.string().optional(),
  found: z.string().optional(),
  file: z.string().optional(),
  files: z.array(z.string()).readonly().optional(),
  get also() {
    return z.array(problemSchema).readonly().optional();
  },
});

const overridesSchema = z.partialRecord(modalitySchema, z.string());

const gridSchema = z.object({
  size: z.array(z.number()).length(3),
  spacing: z.array(z.number()).length(3),
  orientation: z.string(),
  affine: z.array(z.number()).length(16),
});

const seriesSchema = z.object({
  file: z.string(),
  sequence: z.enum([...MODALITIES, 'mask', 'other']),
  reason: z.string(),
  format: z.string(),
  datatype: z.string(),
  grid: gridSchema,
});

const studySchema = z.object({
  name: z.string(),
  folder: z.string().nullable(),
  series: z.array(seriesSchema),
  available: z.array(modalitySchema),
});

export const segmentRequestSchema = z.strictObject({
  /** Files of one case, one folder (a case or a folder of cases), or several folders. */
  inputs: z.array(z.string()),
  /** Files named for a sequence; they win over what names say. */
  overrides: overridesSchema.default({}),
  /** Where results are written. */
  output: z.string().min(1),
  /** A Model folder; null is the shipped model. */
  model: z.string().nullable().default(null),
  /** Only these sequences; null is all that a case has. */
  use: z.array(modalitySchema).min(1).nullable().default(null),
  allCombinations: z.boolean().default(false),
  probabilities: z.boolean().default(false),
  /** An overview picture (PNG): one axial slice of every image, and with every mask that is written. */
  picture: z.boolean().default(false),
  /** `brats` 1, 2, 4; `consecutive` 1, 2, 3 (BraTS 2023: enhancing tumour is 3). */
  labels: z.enum(['brats', 'consecutive']).default('brats'),
  keepSpecks: z.boolean().default(false),
  /** Accept input that is not skull-stripped, about 1 mm or on one grid. */
  force: z.boolean().default(false),
  overwrite: z.boolean().default(false),
  device: z.string().default('auto'),
  /** CPU threads; null is all. Never changes a mask. */
  threads: z.int().positive().nullable().default(null),
  /** How much label maps may take at once, in MB; never changes a mask. */
  memoryMb: z.int().positive().default(512),
});
export type SegmentRequest = z.infer<typeof segmentRequestSchema>;

export const jobEventSchema = z.object({
  job: z.string(),
  state: z.enum(['queued', 'running', 'done', 'failed', 'cancelled']),
  /** Share done, 0..1. */
  progress: z.number(),
  stage: z.string(),
  /** The case that is worked on, when there are several. */
  case: z.string().optional(),
  /** With `done`: the report (`CaseReport` or `BatchReport`). */
  result: z.unknown().optional(),
  /** With `failed` and `cancelled`. */
  problem: problemSchema.optional(),
});
export type JobEvent = z.infer<typeof jobEventSchema>;

const modelSummarySchema = z.object({
  folder: z.string(),
  hash: z.string(),
  parameters: z.number(),
  description: z.unknown(),
});

const deviceSchema = z.object({
  id: z.string(),
  engine: z.string(),
  name: z.string(),
  /** Whether `auto` may use it. */
  accepted: z.boolean(),
  reason: z.string(),
  details: z.record(z.string(), z.union([z.number(), z.string(), z.null()])),
});

/** Every method: request and response. */
export const contract = {
  'studies.open': {
    request: z.strictObject({ paths: z.array(z.string()).min(1), overrides: overridesSchema.default({}) }),
    response: studySchema,
  },
  'images.inspect': {
    request: z.strictObject({ file: z.string() }),
    response: seriesSchema.extend({
      nonZeroMl: z.number(),
      minimum: z.number(),
      maximum: z.number(),
      labels: z.array(z.number()).nullable(),
    }),
  },
  'models.inspect': {
    request: z.strictObject({ folder: z.string().nullable().default(null) }),
    response: modelSummarySchema,
  },
  'models.import': {
    request: z.strictObject({ weights: z.string(), output: z.string(), name: z.string().optional() }),
    response: modelSummarySchema,
  },
  'models.exportOnnx': {
    request: z.strictObject({
      folder: z.string().nullable().default(null),
      file: z.string(),
      overwrite: z.boolean().default(false),
    }),
    response: z.object({ file: z.string(), bytes: z.number(), hash: z.string() }),
  },
  'devices.list': {
    request: z.strictObject({
      folder: z.string().nullable().default(null),
      again: z.boolean().default(false),
    }),
    response: z.array(deviceSchema),
  },
  'segment.start': { request: segmentRequestSchema, response: z.object({ job: z.string() }) },
  'jobs.cancel': {
    request: z.strictObject({ job: z.string() }),
    response: z.object({ cancelled: z.boolean() }),
  },
} as const;

export type Contract = typeof contract;
export type Method = keyof Contract;
export type Request<M extends Method> = z.input<Contract[M]['request']>;
/** A request after checking, defaults filled in. */
export type ParsedRequest<M extends Method> = z.output<Contract[M]['request']>;
export type Response<M extends Method> = z.output<Contract[M]['response']>;
export type StudySummary = Response<'studies.open'>;
export type ImageSummary = Response<'images.inspect'>;
export type DeviceSummary = Response<'devices.list'>[number];
export type ModelSummary = Response<'models.inspect'>;

/** What every face talks to, whatever lies between. */
export interface Client {
  /** @throws QuorumError with the problem that the method raised; REQUEST_INVALID when the request has the wrong shape. */
  call<M extends Method>(method: M, request: Request<M>): Promise<Response<M>>;
  /** Listens to the events of all jobs; returns how to stop. */
  onJob(listener: (event: JobEvent) => void): () => void;
}
