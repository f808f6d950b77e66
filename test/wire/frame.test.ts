import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QuorumError } from '../../src/errors.js';
import { decodeFrame, encodeFrame } from '../../src/wire/frame.js';

describe('a frame', () => {
  it('gives back its JSON and its bytes, whatever buffer it lies in', () => {
    fc.assert(
      fc.property(fc.json(), fc.uint8Array({ maxLength: 64 }), fc.nat(9), (text, bytes, before) => {
        const json: unknown = JSON.parse(text);
        const frame = encodeFrame(json, Uint8Array.from(bytes).buffer);
        // A Buffer that is a part of a larger one, as a socket or a file gives it.
        const received = Buffer.concat([Buffer.alloc(before), frame, Buffer.alloc(5)]).subarray(
          before,
          before + frame.length,
        );
        const decoded = decodeFrame(received);
        expect(decoded.json).toEqual(json);
        expect([...new Uint8Array(decoded.data)]).toEqual([...bytes]);
      }),
    );
  });

  it.each([
    ['too short', [1, 0]],
    ['with a length beyond its end', [200, 0, 0, 0, 123, 125, 32, 32]],
    ['that is no JSON', [2, 0, 0, 0, 120, 120, 32, 32]],
  ])('%s is refused', (_, bytes) => {
    expect(() => decodeFrame(Uint8Array.from(bytes))).toThrow(QuorumError);
  });
});
