import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * dcmjs, loaded when it is first needed. As CommonJS: its ES module bears no mark of being one, which Node before 20.19, and Electron
 * before 36, do not load.
 */
export const loadDcmjs = (): typeof import('dcmjs').default => require('dcmjs');
