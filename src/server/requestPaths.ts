import { z } from 'zod';
import { binaryContract, contract } from '../contract/client.js';
import type { PathScope } from './pathScope.js';

/** `path`: a file or folder that the call opens; `known`: one of those that an open case names. */
type PathKind = 'path' | 'known';

/** Which fields of which calls name files or folders, as the contract marks them. */
export const PATH_FIELDS: ReadonlyMap<string, ReadonlyMap<string, PathKind>> = new Map(
  Object.entries({ ...contract, ...binaryContract }).flatMap(([method, { request }]) => {
    const fields = Object.entries(request.shape as Record<string, z.ZodType>).flatMap(([name, schema]) => {
      const kind = pathKind(schema);
      return kind ? [[name, kind] as const] : [];
    });
    return fields.length > 0 ? [[method, new Map(fields)] as const] : [];
  }),
);

function pathKind(schema: z.ZodType): PathKind | undefined {
  const marked = schema.meta()?.path as PathKind | undefined;
  if (marked) return marked;
  if (schema instanceof z.ZodArray) return pathKind(schema.element as z.ZodType);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return pathKind(schema.unwrap() as z.ZodType);
  return undefined;
}

/**
 * A request whose paths lie in the scope, each as its real path: where a link leads is decided here, once.
 *
 * @returns the request, and the real paths of what it opens. What is no text is left to the contract to refuse.
 * @throws QuorumError REQUEST_INVALID (field `path`) outside of the scope.
 */
export async function withRealPaths(
  method: unknown,
  request: unknown,
  scope: PathScope,
): Promise<{ request: unknown; paths: string[] }> {
  const fields = typeof method === 'string' ? PATH_FIELDS.get(method) : undefined;
  if (!fields || typeof request !== 'object' || request === null) return { request, paths: [] };
  const paths: string[] = [];
  const checked: Record<string, unknown> = { ...request };
  for (const [field, kind] of fields) {
    const value = checked[field];
    const real = async (path: unknown) => {
      if (typeof path !== 'string') return path;
      const found = await scope.check(path);
      paths.push(found);
      return kind === 'known' ? path : found;
    };
    if (value !== undefined)
      checked[field] = Array.isArray(value) ? await Promise.all(value.map(real)) : await real(value);
  }
  return { request: checked, paths };
}
