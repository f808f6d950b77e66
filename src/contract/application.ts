import { z } from 'zod';
import { modalitySchema, nothing, pathSchema, perRegionSchema } from './basic.js';
import { LANGUAGES } from './languages.js';
import { populationSchema } from './population.js';

/** What belongs to no case: models, settings, cache, the application itself. */

const diceSchema = z.object({ mean: z.number(), lower: z.number(), upper: z.number(), patients: z.number() });

const gainSchema = z.object({
  median: z.number(),
  lower: z.number(),
  upper: z.number(),
  patients: z.number(),
});

export const installedModelSchema = z.object({
  /** Its hash; names the model everywhere. */
  id: z.string(),
  name: z.string(),
  version: z.string(),
  description: z.string(),
  folder: z.string(),
  /** Came with Quorum; cannot be removed. */
  shipped: z.boolean(),
  /** The one used when nothing else is asked for. */
  chosen: z.boolean(),
  modalities: z.array(modalitySchema),
  parameters: z.number(),
  trainingData: z.string(),
  population: populationSchema,
  /** The model card (Markdown) and licence, where the folder has them. */
  card: z.string().nullable(),
  licence: z.string().nullable(),
  threshold: z.number(),
  /**
   * Per combination and region: whether it is supported, and the Dice on patients that were not trained on, in most of them on
   * cut-outs around the tumour (`dice`) and on whole brains alone (`wholeCases`); null where it was not measured.
   */
  combinations: z.record(
    z.string(),
    perRegionSchema(
      z.object({
        supported: z.boolean(),
        dice: diceSchema.nullable(),
        wholeCases: diceSchema.nullable(),
      }),
    ),
  ),
  /**
   * What one more sequence brought in validation, by combination and then by the sequence that it lacks: median and
   * quartiles over patients of Dice with it minus Dice without it. Null where it was not measured.
   */
  gains: z
    .record(z.string(), z.partialRecord(modalitySchema, perRegionSchema(gainSchema.nullable())))
    .nullable(),
});
export type InstalledModel = z.infer<typeof installedModelSchema>;

export const settingsSchema = z.strictObject({
  /** Whether folders that were opened are remembered; switching it off forgets them. */
  rememberFolders: z.boolean(),
  /** Whether the window shows who the patient is. */
  showPatient: z.boolean(),
  cacheLimitMb: z.int().min(0),
  /** Whether heads with their faces are kept, to correct brain masks on; off: only while their case is open. */
  keepHeads: z.boolean(),
  /** `auto`, or a device's id. */
  device: z.string(),
  /** Id of an installed model, or null for the shipped one. */
  model: z.string().nullable(),
  theme: z.enum(['system', 'light', 'dark']),
  /** Of the window. */
  language: z.enum(['system', ...LANGUAGES]),
  /** The folder that was exported into last; null: none, or folders are not remembered. */
  exportFolder: pathSchema.nullable(),
  /** Formats of the last export (`FORMATS`); null: none yet. */
  exportFormats: z.array(z.string()).nullable(),
  /** Columns of the cohort's table that the user showed or hid; others are as what stands in them. */
  cohortColumns: z.record(z.string(), z.boolean()),
  /** Whether the tour of the window was seen, or skipped. */
  tourSeen: z.boolean(),
});
export type Settings = z.infer<typeof settingsSchema>;

const cacheStatusSchema = z.object({
  bytes: z.number(),
  limitBytes: z.number(),
  entries: z.int(),
  maximumAgeDays: z.number(),
  /** Edits are no cache: counted here, never cleared. */
  editBytes: z.number(),
  editedCases: z.int(),
});

export const applicationContract = {
  'app.info': {
    request: nothing,
    response: z.object({
      version: z.string(),
      notice: z.string(),
      platform: z.string(),
      cores: z.int(),
      /** Where settings, cache and edits lie. */
      profile: z.string(),
      /** The simulated patient, to open with `cases.open`. */
      sample: z.string(),
      /** The mask that a model finds in it, to be shown until it is computed; null where results are made otherwise by now. */
      sampleMask: z.object({ file: z.string(), modelHash: z.string() }).nullable(),
    }),
  },
  /** The licences of everything that is shipped, as one text; null where the build did not collect them. */
  'app.licences': { request: nothing, response: z.object({ text: z.string().nullable() }) },
  'models.list': { request: nothing, response: z.array(installedModelSchema) },
  /** Checks a Model folder and copies it into the profile. A model that is not yet installed must be confirmed. */
  'models.add': {
    request: z.strictObject({ folder: pathSchema, confirmed: z.boolean().default(false) }),
    response: z.object({ state: z.enum(['confirm', 'added', 'present']), model: installedModelSchema }),
  },
  'models.remove': {
    request: z.strictObject({ id: z.string() }),
    response: z.object({ removed: z.boolean() }),
  },
  'settings.get': { request: nothing, response: settingsSchema },
  'settings.set': { request: settingsSchema.partial(), response: settingsSchema },
  'recents.list': {
    request: nothing,
    response: z.array(
      z.object({
        name: z.string(),
        paths: z.array(z.string()),
        openedAt: z.string(),
        /** Of the examination, ISO 8601. */
        date: z.string().nullable(),
        segmented: z.boolean(),
        /** Of a cohort: how many cases it has. */
        cases: z.int().nullable(),
        /** A small picture of it, PNG in base64; null where there is none yet. */
        picture: z.string().nullable(),
        /** False when it is not where it was. */
        exists: z.boolean(),
      }),
    ),
  },
  'recents.remove': { request: z.strictObject({ paths: z.array(z.string()) }), response: nothing },
  'recents.clear': { request: nothing, response: nothing },
  'cache.status': { request: nothing, response: cacheStatusSchema },
  /** Removes every cached result and prepared image; edits stay, and so do results of open cases, in memory. */
  'cache.clear': { request: nothing, response: cacheStatusSchema },
} as const;
