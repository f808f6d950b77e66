import { z } from 'zod';
import { caseIdSchema, combinationSchema, perRegionSchema } from './basic.js';
import { choiceSchema, maskRefSchema } from './masks.js';

/**
 * Editing by hand. One mask per case is being edited; every change is on disk before its answer comes, survives the end of any
 * process, and no limit or clear button removes it.
 *
 * Changes of voxels travel as *runs*: a Uint32Array of triples (index of the first voxel on the Case's grid, number of voxels,
 * new label), x fastest.
 */

export const editStateSchema = z.object({
  /** Grows with every change, undo and redo included. */
  revision: z.int(),
  startedAt: z.string(),
  /** What the edit began from, e.g. the combination's name. */
  from: z.object({ mask: maskRefSchema, title: z.string(), model: z.string().nullable() }),
  canUndo: z.boolean(),
  canRedo: z.boolean(),
  strokes: z.int(),
  /** Blobs for which one combination's answer was taken. */
  choices: z.int(),
  /** Volumes of the mask as it is now. */
  volumes: perRegionSchema(z.number()),
  /** "edited by hand, + added − removed ml", against the mask that it began from. */
  byHand: perRegionSchema(z.object({ addedMl: z.number(), removedMl: z.number() })),
});
export type EditState = z.infer<typeof editStateSchema>;

/**
 * Whether a region of the edited mask rests on sequences that support it: correcting a guess by hand does not make it
 * more than one. Masks that a person opened rest on that person.
 *
 * @param supported whether the region is supported with a combination's sequences.
 */
export function editSupports(
  { from: { mask } }: Pick<EditState, 'from'>,
  supported: (combination: string) => boolean,
): boolean {
  return mask.kind !== 'combination' || supported(mask.combination);
}

const changeSchema = caseIdSchema;

export const editsContract = {
  /**
   * Starts editing from any mask. An edit that is there already is set aside as a mask in the role `earlier`, never discarded.
   */
  'edits.start': { request: caseIdSchema.extend({ from: maskRefSchema }), response: editStateSchema },
  /** One stroke; the request's body are its runs. Voxels that have the label already are left out of the history. */
  'edits.stroke': {
    request: changeSchema.extend({ tool: z.enum(['brush', 'eraser', 'fill']) }),
    body: true,
    response: editStateSchema,
  },
  /** Removes the edited mask for good; the only call that does, besides forgetting the case. */
  'edits.discard': {
    request: caseIdSchema.extend({ confirmed: z.literal(true) }),
    response: z.object({ discarded: z.boolean() }),
  },
} as const;

/** Changes that the services compute: the answer's ArrayBuffer holds the runs that changed. */
export const changesContract = {
  'edits.undo': { request: changeSchema, header: editStateSchema },
  'edits.redo': { request: changeSchema, header: editStateSchema },
  /** Brings removed specks of the combination back that the edit began from; null is all of them. */
  'edits.restoreSpecks': {
    request: changeSchema.extend({ specks: z.array(z.int().min(0)).nullable().default(null) }),
    header: editStateSchema,
  },
  /** Takes one combination's answer for one blob of `choices.list` (same combinations and threshold), and for this blob only. */
  'choices.take': {
    request: changeSchema.extend({ ...choiceSchema, blob: z.int().min(0), answer: combinationSchema }),
    header: editStateSchema,
  },
} as const;
