import type { Reporter, TestModule } from 'vitest/node';

/** Says at the end what was skipped: among two thousand lines nobody sees it. Silent where tests are picked by name. */
export default class SkippedReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    if (process.argv.some((one) => one === '-t' || one.startsWith('--testNamePattern'))) return;
    const lines = modules.flatMap((module) => {
      const skipped = [...module.children.allTests('skipped')].length;
      return skipped > 0 ? [`  ${module.relativeModuleId}: ${skipped}`] : [];
    });
    if (lines.length > 0)
      console.log(`\nSkipped tests, for want of a program or of data:\n${lines.join('\n')}\n`);
  }
}
