/** The header of a safetensors file, checked entry by entry before any tensor is touched. */
import type { Problem } from '../errors.js';

/** Element types that are read. */
export type StoredDtype = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'U8';

/** One tensor as the header describes it; `begin` and `end` count from the end of the header. */
export interface HeaderEntry {
  readonly name: string;
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  /** In the order of the header. */
  readonly entries: readonly HeaderEntry[];
  readonly metadata: Record<string, string>;
  /** First byte after the header. */
  readonly dataStart: number;
}

type Fail = (problem: Omit<Problem, 'code' | 'file'>) => never;

/** The reference implementation's limit. */
const MAX_HEADER_BYTES = 100_000_000;
const MAX_RANK = 16;

const BYTES: Record<StoredDtype, number> = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, U8: 1 };

/** Header of `bytes`; every way in which it can be wrong goes to `fail`, which throws. */
export function parseHeader(bytes: Uint8Array, fail: Fail): Header {
  const { json, dataStart } = headerJson(bytes, fail);
  const entries: HeaderEntry[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(json)) {
    if (name === '__metadata__') metadata = checkMetadata(value, fail);
    else entries.push(checkEntry(name, value, fail));
  }
  checkLayout(entries, bytes.length - dataStart, fail);
  return { entries, metadata, dataStart };
}

function headerJson(bytes: Uint8Array, fail: Fail): { json: object; dataStart: number } {
  if (bytes.length < 8) {
    fail({ field: 'header length', expected: 'at least 8 bytes', found: `${bytes.length} bytes` });
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  const most = Math.min(bytes.length - 8, MAX_HEADER_BYTES);
  if (length > BigInt(most)) {
    fail({ field: 'header length', expected: `at most ${most} bytes`, found: `${length} bytes` });
  }
  const dataStart = 8 + Number(length);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, dataStart)));
  } catch (error) {
    fail({ field: 'header', expected: 'UTF-8 JSON', found: clip((error as Error).message) });
  }
  if (!isObject(json)) return fail({ field: 'header', expected: 'a JSON object', found: clip(json) });
  return { json, dataStart };
}

function checkMetadata(value: unknown, fail: Fail): Record<string, string> {
  if (!isObject(value) || Object.values(value).some((text) => typeof text !== 'string')) {
    fail({ field: '__metadata__', expected: 'an object of strings', found: clip(value) });
  }
  return { ...(value as Record<string, string>) };
}

function checkEntry(name: string, value: unknown, fail: Fail): HeaderEntry {
  const field = clip(name);
  const { dtype, shape, data_offsets: offsets } = isObject(value) ? (value as Record<string, unknown>) : {};
  if (typeof dtype !== 'string' || !Object.hasOwn(BYTES, dtype)) {
    fail({ field: `${field}.dtype`, expected: Object.keys(BYTES).join(', '), found: clip(dtype) });
  }
  if (!isCounts(shape) || shape.length > MAX_RANK) {
    return fail({
      field: `${field}.shape`,
      expected: `up to ${MAX_RANK} whole numbers, none negative`,
      found: clip(shape),
    });
  }
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    return fail({
      field: `${field}.data_offsets`,
      expected: '[begin, end], begin ≤ end',
      found: clip(offsets),
    });
  }
  const [begin, end] = offsets;
  const expected = shape.reduce((product, side) => product * side, BYTES[dtype as StoredDtype]);
  if (end - begin !== expected) {
    fail({
      field: `${field}.data_offsets`,
      expected: `${expected} bytes for ${dtype} [${shape.join(', ')}]`,
      found: `${end - begin} bytes`,
    });
  }
  return { name, dtype: dtype as StoredDtype, shape, begin, end };
}

/** The tensors must fill the data from its first to its last byte, without gaps or overlaps. */
function checkLayout(entries: readonly HeaderEntry[], dataBytes: number, fail: Fail): void {
  let position = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    const field = `${clip(name)}.data_offsets`;
    if (begin !== position) {
      fail({ field, expected: `to begin at ${position}, without gap or overlap`, found: String(begin) });
    }
    if (end > dataBytes) fail({ field, expected: `to end within ${dataBytes} bytes`, found: String(end) });
    position = end;
  }
  if (position !== dataBytes) {
    fail({ field: 'data', expected: `${position} bytes, as the header says`, found: `${dataBytes} bytes` });
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

/** What was found, short enough for a message whatever a hostile file holds. */
function clip(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
