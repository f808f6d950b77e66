import { QuorumError } from '../errors.js';

/**
 * A JSON value and bytes in one message, for transports that carry bytes (HTTP, WebSocket): 4 bytes little-endian length of the
 * JSON text, the text padded with spaces to a multiple of 8, then the bytes.
 */
export function encodeFrame(json: unknown, data: ArrayBuffer = new ArrayBuffer(0)): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(JSON.stringify(json));
  const start = frameHeadLength(text.length);
  const frame = new Uint8Array(start + data.byteLength).fill(0x20, 4 + text.length, start);
  new DataView(frame.buffer).setUint32(0, text.length, true);
  frame.set(text, 4);
  frame.set(new Uint8Array(data), start);
  return frame;
}

/**
 * The two parts of a frame; `data` is a copy that starts at byte 0 of its own buffer.
 *
 * @throws QuorumError REQUEST_INVALID when the bytes are no frame.
 */
export function decodeFrame(frame: Uint8Array): { json: unknown; data: ArrayBuffer } {
  const length =
    frame.byteLength < 4
      ? Number.POSITIVE_INFINITY
      : new DataView(frame.buffer, frame.byteOffset).getUint32(0, true);
  if (frameHeadLength(length) > frame.byteLength) {
    throw new QuorumError({
      code: 'REQUEST_INVALID',
      field: 'frame',
      expected: 'a length within the message',
    });
  }
  try {
    const json: unknown = JSON.parse(
      new TextDecoder('utf-8', { fatal: true }).decode(frame.subarray(4, 4 + length)),
    );
    return { json, data: new Uint8Array(frame.subarray(frameHeadLength(length))).buffer };
  } catch (cause) {
    throw new QuorumError({ code: 'REQUEST_INVALID', field: 'frame', expected: 'UTF-8 JSON' }, { cause });
  }
}

/** Bytes before the data of a frame whose JSON text is `textLength` bytes long, the length itself among them. */
export function frameHeadLength(textLength: number): number {
  return Math.ceil((4 + textLength) / 8) * 8;
}
