import { createRequire } from 'node:module';

/**
 * dcmjs, as CommonJS: its ES module bears no mark of being one, which Node before 20.19, and Electron before 36, do not load.
 */
export default createRequire(import.meta.url)('dcmjs') as typeof import('dcmjs').default;
