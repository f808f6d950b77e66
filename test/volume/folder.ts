import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { type Problem, QuorumError } from '../../src/errors.js';

/** A folder for one test file, removed at its end. */
export function temporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), 'quorum-volume-'));
  // A process that was killed may still write into it for a moment.
  afterAll(() => rmSync(path, { recursive: true, force: true, maxRetries: 10 }));
  let count = 0;
  return {
    path,
    /** Writes bytes under a new name that ends in `suffix` (`.nii`, `.mha`, …) and gives the path. */
    write(suffix: string, bytes: Uint8Array | string): string {
      const file = join(path, `image${count++}${suffix}`);
      writeFileSync(file, bytes);
      return file;
    },
  };
}

/** The Problem with which a promise is refused; fails when it is not refused, or refused by anything but a QuorumError. */
export async function problemOfRefusal(promise: Promise<unknown>): Promise<Problem> {
  const outcome = await promise.then(
    () => 'accepted',
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(QuorumError);
  return (outcome as QuorumError).problem;
}
