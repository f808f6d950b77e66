import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runsOfMask } from '../../src/masks/runs.js';
import { answerCall, clientOver } from '../../src/wire/calls.js';
import { packed, unpacked } from '../../src/wire/packed.js';
import { recordingServices } from '../server/services.js';

/** A head's worth of nothing with some runs of labels in it. */
const sparse = fc
  .tuple(
    fc.integer({ min: 400, max: 5000 }),
    fc.array(fc.tuple(fc.nat(4999), fc.nat(40), fc.constantFrom(1, 2, 4)), { maxLength: 5 }),
  )
  .map(([length, runs]) => {
    const labels = new Uint8Array(length);
    for (const [from, count, label] of runs) labels.fill(label, from, from + count);
    return labels;
  });

describe('packed label maps', () => {
  it('come back byte for byte, and are the runs that edits have', () => {
    fc.assert(
      fc.property(sparse, (labels) => {
        const runs = packed(labels.slice().buffer);
        if (runs === null) return;
        expect(new Uint8Array(unpacked(runs, labels.length))).toEqual(labels);
        expect(new Uint32Array(runs)).toEqual(runsOfMask(labels));
      }),
    );
  });

  it('are not made where they would be larger', () => {
    const noise = Uint8Array.from({ length: 999 }, (_, at) => (at % 2) + 1);
    expect(packed(noise.buffer)).toBeNull();
  });

  it('cross a transport as runs and reach the caller as voxels', async () => {
    const labels = new Uint8Array(100_003).fill(2, 700, 900);
    const { client } = recordingServices(() => ({ header: { volumes: 3 }, data: labels.slice().buffer }));
    let bytes = 0;
    const far = clientOver({
      request: async (message) => {
        const answer = await answerCall(client, message);
        if (answer.ok) bytes = answer.data?.byteLength ?? 0;
        return answer;
      },
      onEvent: () => () => undefined,
    });
    const { data } = await far.callBinary('masks.labels', { case: 'a', mask: { kind: 'edited' } });
    expect(bytes).toBe(12);
    expect(new Uint8Array(data)).toEqual(labels);
  });
});
