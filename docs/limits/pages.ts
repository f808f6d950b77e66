import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { performancePage } from './performance.js';
import { reliabilityPage } from './reliability.js';

const log = (name: string) => {
  const file = fileURLToPath(new URL(`./${name}.json`, import.meta.url));
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
};

/** docs/performance.md and docs/reliability.md as the logs beside this file have it; a log that is not there is said to be missing. */
export function limitsPages(): Record<'performance.md' | 'reliability.md', string> {
  return {
    'performance.md': performancePage({
      beforeAfter: log('beforeAfter'),
      timing: log('timing'),
      passes: log('passes'),
      window: log('window'),
      devices: log('devices'),
      peers: log('peers'),
    }),
    'reliability.md': reliabilityPage({ soak: log('soak'), faults: log('faults') }),
  };
}
