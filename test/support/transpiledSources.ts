import { join, resolve } from 'node:path';
import { transpile } from '../../packaging/transpile.mjs';

/** src as JavaScript, as deep as src; for the processes that tests start: with tsx each would translate the sources anew. */
const TRANSPILED = resolve('dist-test');

/** vitest's global set-up. */
export default (): Promise<void> => transpile(TRANSPILED, 'inline');

/** A module of src as the processes see it that tests start. */
export function transpiled(module: string): string {
  return join(TRANSPILED, `${module}.js`);
}
