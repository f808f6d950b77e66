/** onnxruntime's WebGPU path without a GPU: Dawn on the SwiftShader that comes with Chromium. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { launchSelfTest } from '../../../src/engine/devices/launchSelfTest.js';
import { selectEngine } from '../../../src/engine/devices/selectEngine.js';
import { referenceNetwork } from '../../../src/engine/devices/selfTestReference.js';
import { readVerdicts } from '../../../src/engine/devices/verdicts.js';
import { QuorumError } from '../../../src/errors.js';
import { swiftshaderEnvironment } from '../tensorflow/swiftshader.js';
import type { OnnxWebgpuReport } from './webgpuChild.js';

if (!swiftshaderEnvironment)
  console.warn('SKIPPED: onnxruntime WebGPU on SwiftShader, Chromium is not installed');

describe.skipIf(!swiftshaderEnvironment)('onnxruntime on WebGPU (SwiftShader)', () => {
  it('gives the reference’s logits, and the CPU’s where sides differ', async () => {
    const script = fileURLToPath(new URL('webgpuChild.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script], {
      env: { ...process.env, ...swiftshaderEnvironment },
      timeout: 200_000,
    });
    const report = JSON.parse(stdout.trim().split('\n').at(-1)!) as OnnxWebgpuReport;
    console.info(`onnx on WebGPU: to the reference ${report.toReference}, to the CPU ${report.toCpu}`);
    expect(report.device).toBe('webgpu');
    expect(report.toReference.length).toBe(4);
    for (const difference of report.toReference) expect(difference).toBeLessThan(1e-4);
    expect(report.toCpu).toBeLessThan(1e-4);
  }, 240_000);

  it('passes the self-test’s comparison and is rejected as slower, with the driver’s version', async () => {
    Object.assign(process.env, swiftshaderEnvironment);
    const verdictFolder = await mkdtemp(join(tmpdir(), 'quorum-verdicts-'));
    const error = await selectEngine(referenceNetwork(), 'onnx-webgpu', {
      verdictFolder,
      launch: (request) => launchSelfTest(request, { execArgv: ['--import', 'tsx'], timeoutMs: 200_000 }),
    }).catch((e) => e);
    const [verdict] = await readVerdicts(verdictFolder);
    await rm(verdictFolder, { recursive: true });
    console.info(verdict);
    expect(error).toBeInstanceOf(QuorumError);
    expect((error as QuorumError).problem).toMatchObject({ code: 'DEVICE_REJECTED', field: 'onnx-webgpu' });
    expect(verdict).toMatchObject({ deviceId: 'onnx-webgpu', accepted: false, reason: 'slower' });
    expect(verdict.driver).toMatch(/SwiftShader driver .*; onnxruntime \d/);
    expect(verdict.maxLogitDifference).toBeLessThan(1e-2);
    expect(verdict.dice).toBeGreaterThanOrEqual(0.999);
    expect(verdict.speedRatio).toBeLessThan(1);
  }, 240_000);
});
