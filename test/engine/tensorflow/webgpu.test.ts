/** tfjs's WebGPU path without a GPU: Dawn on the SwiftShader that comes with Chromium. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { swiftshaderEnvironment } from './swiftshader.js';
import type { WebgpuReport } from './webgpuChild.js';

async function runChild(): Promise<WebgpuReport> {
  const script = fileURLToPath(new URL('webgpuChild.ts', import.meta.url));
  const env = { ...process.env, ...swiftshaderEnvironment };
  const options = { env, timeout: 570_000 };
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script], options).catch(
    (error: { message: string; signal?: string; stdout: string; stderr: string }) => {
      throw new Error(`${error.message} signal ${error.signal}\n${error.stdout}\n${error.stderr}`);
    },
  );
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}

describe.skipIf(!swiftshaderEnvironment)('tfjs on WebGPU (SwiftShader)', () => {
  let report: WebgpuReport;
  beforeAll(async () => {
    report = await runChild();
  }, 600_000);

  it('names the adapter', () => {
    expect(report.device).toMatch(/^webgpu \(.*SwiftShader.*\)$/);
  });

  it('gives the reference logits, while tfjs-backend-cpu runs too', () => {
    expect(report.logitsToReference).toBeLessThan(1e-4);
    expect(report.cpuLogitsToReference).toBeLessThan(1e-4);
  });

  it('walks backward twice from one forward pass, to the gradients of tfjs-backend-cpu', () => {
    expect(report.trainingLogitsToCpu).toBeLessThan(1e-4);
    expect(report.gradientsToCpu).toHaveLength(2);
    for (const error of report.gradientsToCpu) expect(error).toBeLessThan(1e-3);
  });

  it('frees every tensor', () => {
    expect(report.tensorsLeft).toBe(0);
  });

  it('fails on an invalid shader instead of giving garbage, and works again when reopened', () => {
    expect(report.invalidShader).toContain('ENGINE_FAILED');
    expect(report.invalidShader).toContain('vec5');
    expect(report.afterReopening).toEqual([2]);
  });

  it('fails when the device is lost', () => {
    expect(report.lostDevice).toContain('ENGINE_FAILED');
  });
});
