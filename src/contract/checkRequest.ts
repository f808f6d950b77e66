import type { z } from 'zod';
import { QuorumError } from '../errors.js';

/**
 * A request with its defaults filled in.
 *
 * @throws QuorumError REQUEST_INVALID with the field that is wrong.
 */
export function checkRequest<S extends z.ZodType>(schema: S, request: unknown): z.output<S> {
  const parsed = schema.safeParse(request);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new QuorumError({ code: 'REQUEST_INVALID', field: issue.path.join('.'), expected: issue.message });
}
