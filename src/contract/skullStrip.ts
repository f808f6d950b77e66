import { z } from 'zod';
import { nothing, pathSchema } from './basic.js';

/** The network for the precise skull strip: one ONNX file that the user adds; its weights are not shipped. */

const skullStripSchema = z.object({
  /** Whether a file was added. */
  added: z.boolean(),
  /** Its SHA-256. */
  hash: z.string().nullable(),
  /** Whether it is the file that Quorum was tested with. */
  known: z.boolean(),
  bytes: z.int(),
});
export type SkullStripNetwork = z.infer<typeof skullStripSchema>;

export const skullStripContract = {
  'skullStrip.get': { request: nothing, response: skullStripSchema },
  /** Copies the file into the profile. One that Quorum was not tested with must be confirmed. */
  'skullStrip.add': {
    request: z.strictObject({ file: pathSchema, confirmed: z.boolean().default(false) }),
    response: z.object({ state: z.enum(['confirm', 'added']), network: skullStripSchema }),
  },
  'skullStrip.remove': { request: nothing, response: skullStripSchema },
} as const;
