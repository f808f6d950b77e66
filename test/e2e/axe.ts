import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
/** By then a change of colours has begun. */
const BEGUN_MS = 150;

/** What axe finds wrong on the page once no colour changes any more, as `rule: element`. */
export async function violations(page: Page): Promise<string[]> {
  await page.waitForTimeout(BEGUN_MS);
  // What is hidden, as in a list that is folded away, does not go on before it is shown.
  await page.evaluate(`Promise.all(document.getAnimations()
    .filter((animation) => animation instanceof CSSTransition && animation.effect.target.checkVisibility())
    .map(({ finished }) => finished.catch(() => {})))`);
  await page.evaluate('globalThis.axe === undefined').then(async (missing) => {
    if (missing) await page.addScriptTag({ path: AXE });
  });
  return page.evaluate(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => id + ': ' + target.join(' '))))`,
  );
}
