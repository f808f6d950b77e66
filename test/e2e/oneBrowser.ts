import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { buildRenderer, launch } from './browser.js';

/**
 * One browser for all suites of a file, which opens when its tests begin; each suite has a server, a profile and a context of its own.
 *
 * @param isHere whether there is a Chromium.
 */
export function oneBrowser(isHere: boolean, options: Parameters<typeof launch>[0] = {}): () => Browser {
  let browser: Browser;
  beforeAll(async () => {
    if (!isHere) return;
    buildRenderer();
    browser = await launch(options);
  });
  afterAll(() => browser?.close());
  return () => browser;
}
