import type { Page } from 'playwright-core';

/** What the browser measures; scripts as text, since tests know no DOM types. */

/** Collects tasks that kept the page's thread for more than 50 ms. */
export const WATCH_LONG_TASKS = `
  globalThis.longTasks = [];
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) globalThis.longTasks.push(Math.round(duration));
  }).observe({ type: 'longtask', buffered: true });
`;

/** Milliseconds of the long tasks since the last call. */
export function takeLongTasks(page: Page): Promise<number[]> {
  return page.evaluate('globalThis.longTasks.splice(0)');
}

/** Milliseconds from the start of the navigation to the first content on the screen. */
export function firstPaint(page: Page): Promise<number> {
  return page.evaluate(`new Promise((resolve) => {
    new PerformanceObserver((list) => {
      const [entry] = list.getEntriesByName('first-contentful-paint');
      if (entry) resolve(entry.startTime);
    }).observe({ type: 'paint', buffered: true });
  })`);
}

/** Milliseconds that niivue took for each image or mask that it was given. */
export function niivueTimes(page: Page): Promise<number[]> {
  return page.evaluate(
    `performance.getEntriesByName('quorum:niivue').map(({ duration }) => Math.round(duration))`,
  );
}

/** Milliseconds of the answers of calls since the last time: masks cross as runs, and are no larger than others. */
export function takeAnswers(page: Page): Promise<number[]> {
  return page.evaluate(`(() => {
    const calls = performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('api/call'));
    performance.clearResourceTimings();
    return calls.map(({ duration }) => Math.round(duration));
  })()`);
}

/** Milliseconds from each of five wheel steps over the axial slice, with a rest before it, to the second frame after it. */
export function wheelSteps(page: Page): Promise<number[]> {
  return page.evaluate(`(async () => {
  const pane = document.querySelector('canvas[data-plane=axial]');
  const steps = [];
  for (let step = 0; step < 5; step++) {
    await new Promise((done) => setTimeout(done, 400));
    const start = performance.now();
    pane.dispatchEvent(new WheelEvent('wheel', { deltaY: -100, cancelable: true, bubbles: true }));
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    steps.push(performance.now() - start);
  }
  return steps;
})()`);
}
