import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { fail } from '../src/cli/failure.js';
import { problemText } from '../src/contract/index.js';
import { ERROR_CODES, type ErrorCode, isQuorumError, type Problem, problemOf } from '../src/errors.js';
import { answerCall } from '../src/wire/calls.js';
import { decodeFrame, encodeFrame } from '../src/wire/frame.js';
import { Browser } from './server/browser.js';
import { recordingServices } from './server/services.js';

/** A second copy of the class, as a bundle has one of its own beside that of the modules. */
async function foreignErrors(): Promise<typeof import('../src/errors.js')> {
  const { outputFiles } = await build({
    entryPoints: ['src/errors.ts'],
    bundle: true,
    format: 'esm',
    write: false,
  });
  const code = Buffer.from(outputFiles[0].contents).toString('base64');
  return import(/* @vite-ignore */ `data:text/javascript;base64,${code}`);
}

const foreign = await foreignErrors();
const problemWith = (code: ErrorCode): Problem => ({
  code,
  field: 'a field',
  expected: 'what is right',
  found: 'what is wrong',
  file: '/data/patient/t1.nii.gz',
  also: [{ code: 'NOT_3D', file: '/data/patient/t2.nii.gz' }],
});

describe('what is an error of Quorum', () => {
  it('is told by its data, not by its class', () => {
    const error = new foreign.QuorumError(problemWith('NO_IMAGES'));
    expect(isQuorumError(error)).toBe(true);
    expect(problemOf(error)).toEqual(problemWith('NO_IMAGES'));
  });

  it.each([
    ['an error of Node', new Error('EIO'), 'EIO'],
    ['a code that Quorum does not have', Object.assign(new Error('x'), { problem: { code: 'EIO' } }), 'x'],
    ['a text', 'thrown', 'thrown'],
    ['nothing', null, 'null'],
  ])('%s is none', (_, error, found) => {
    expect(isQuorumError(error)).toBe(false);
    expect(problemOf(error)).toEqual({ code: 'INTERNAL', found });
  });
});

describe.each(ERROR_CODES)('%s', (code) => {
  const problem = problemWith(code);
  const raise = () => {
    throw new foreign.QuorumError(problem);
  };

  it('comes over Electron’s messages whole', async () => {
    const { client } = recordingServices(raise);
    const answer = await answerCall(client, { method: 'cases.get', request: { case: 'x' } });
    expect(structuredClone(answer)).toEqual({ ok: false, problem });
  });

  it('comes over HTTP whole', async () => {
    raised = raise;
    const body = encodeFrame({ method: 'cases.get', request: { case: 'x' } });
    const answer = await browser.send('POST', '/api/call', { body });
    expect(decodeFrame(new Uint8Array(answer.body)).json).toEqual({ ok: false, problem });
  });

  it('has its words in the window and on the terminal', () => {
    const { what, remedy } = problemText(problem);
    expect(what).not.toBe('');
    expect(remedy).not.toBe('');
    const print = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    try {
      const exit = fail(new foreign.QuorumError(problem), false);
      expect(exit).toBe({ CANCELLED: 130, REQUEST_INVALID: 2 }[code as string] ?? 1);
      const printed = String(print.mock.calls[0][0]);
      expect(printed).toContain(`${code}: ${what}`);
      expect(printed).toContain('what is wrong');
      expect(printed).toContain('→ ');
    } finally {
      print.mockRestore();
    }
  });
});

let raised: () => never;
let browser: Browser;
beforeAll(async () => {
  browser = await Browser.start(recordingServices(() => raised()).client);
  await browser.enter();
});
afterAll(() => browser.close());
