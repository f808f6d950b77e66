import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
/** Ends every change of colours or of places that has begun, and those that begin by that; what goes on for ever is left alone. */
const END_CHANGES = `(async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const ends = ({ effect }) => Number.isFinite(effect.getComputedTiming().endTime);
  for (;;) {
    // Colours that were set begin to change when the next frame is made.
    await frame();
    await frame();
    const changes = document.getAnimations().filter(ends);
    if (changes.length === 0) return;
    for (const change of changes) change.finish();
  }
})()`;

/** What axe finds wrong on the page once no colour changes any more, as `rule: element`. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(END_CHANGES);
  await page.evaluate('globalThis.axe === undefined').then(async (missing) => {
    if (missing) await page.addScriptTag({ path: AXE });
  });
  return page.evaluate(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => id + ': ' + target.join(' '))))`,
  );
}
