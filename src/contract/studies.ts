import { z } from 'zod';
import { gridSchema, modalitySchema, problemSchema, sequenceSchema } from './basic.js';

/** What lies below folders of any depth and mixture, before one examination is chosen and converted. */

const suggestionSchema = z.object({ answer: z.boolean(), source: z.string() }).nullable();

const foundSeriesSchema = z.object({
  /** Hash of its content. */
  id: z.string(),
  kind: z.enum(['dicom', 'file']),
  /** Its file, or the folder of its files. */
  shown: z.string(),
  files: z.number(),
  /** Copies that were left out. */
  duplicates: z.number(),
  sequence: sequenceSchema,
  reason: z.string(),
  /** 0..1: how far signs agree; no measured probability. */
  confidence: z.number(),
  /** What its voxels look like where headers and names are silent; never taken unasked. */
  guess: modalitySchema.nullable(),
  /** Why it is no image to segment from; null when it may be one. */
  setAside: z.string().nullable(),
  /** What interpolation would mend, where that alone keeps it out; null else. */
  mend: z.string().nullable(),
  /** Why it is not settled what it is; it then serves as nothing until the user says. */
  doubt: z.string().nullable(),
  chosen: z.boolean(),
  description: z.string().nullable(),
  /** ISO 8601. */
  acquired: z.string().nullable(),
  /** Milliseconds. */
  echoTime: z.number().nullable(),
  repetitionTime: z.number().nullable(),
  inversionTime: z.number().nullable(),
  contrastAgent: z.string().nullable(),
  grid: gridSchema.nullable(),
});

const candidateSchema = z.object({
  id: z.string(),
  /** What its files would be called; `--study` takes it too. */
  name: z.string(),
  shown: z.string(),
  kind: z.enum(['dicom', 'files']),
  date: z.string().nullable(),
  description: z.string().nullable(),
  /** What the user has to confirm first. */
  doubts: z.array(z.string()),
  /** What is to be said of it and need not be confirmed. */
  remarks: z.array(z.string()),
  series: z.array(foundSeriesSchema),
  /** The series that serves as each sequence, and why the others do not. */
  choices: z.partialRecord(
    modalitySchema,
    z.object({ winner: z.string(), rejected: z.array(z.object({ id: z.string(), why: z.string() })) }),
  ),
  /** Sequences that stay empty until the user says which of these series they are. */
  questions: z.array(
    z.object({ sequences: z.array(modalitySchema), series: z.array(z.string()), why: z.string() }),
  ),
  suggestions: z.object({ adult: suggestionSchema, treated: suggestionSchema, glioma: suggestionSchema }),
});
export type CandidateSummary = z.infer<typeof candidateSchema>;

/** What was found below folders, archives and files; nothing is converted. */
export const scanSchema = z.object({
  studies: z.array(candidateSchema),
  files: z.number(),
  ignored: z.array(z.object({ what: z.string(), count: z.number() })),
  problems: z.array(z.object({ problem: problemSchema, count: z.number() })),
});
export type ScanSummary = z.infer<typeof scanSchema>;
