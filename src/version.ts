import { readFileSync } from 'node:fs';

/** Quorum's version, from package.json. */
export const QUORUM_VERSION: string = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
).version;
