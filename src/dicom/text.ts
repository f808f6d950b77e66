import type { DataSet } from 'dicom-parser';

/** Labels of the Encoding standard for DICOM's Specific Character Set (PS3.3 C.12.1.1.2), without ISO 2022's prefix. */
const ENCODINGS: Readonly<Record<string, string>> = {
  100: 'iso-8859-1',
  101: 'iso-8859-2',
  109: 'iso-8859-3',
  110: 'iso-8859-4',
  144: 'iso-8859-5',
  127: 'iso-8859-6',
  126: 'iso-8859-7',
  138: 'iso-8859-8',
  148: 'iso-8859-9',
  203: 'iso-8859-15',
  13: 'shift_jis',
  87: 'iso-2022-jp',
  166: 'windows-874',
  149: 'euc-kr',
  58: 'gbk',
  192: 'utf-8',
};

/** Longer texts are cut: nothing that is read here needs more. */
const MOST_TEXT = 1024;

/** Reads the texts of a data set in its own character set; several sets in one value are read in the last one. */
export class TextReader {
  private readonly decoder: InstanceType<typeof TextDecoder>;
  /** Whether the decoder itself follows ISO 2022's escape sequences; in the other sets they announce what the bytes say anyway. */
  private readonly switches: boolean;

  constructor(dataSet: DataSet) {
    const sets = dataSet.string('x00080005')?.split('\\') ?? [];
    const last = sets.map((set) => set.trim()).findLast(Boolean) ?? '';
    const label =
      ENCODINGS[last.match(/IR[ _](\d+)$/)?.[1] ?? ''] ?? (/^GB/.test(last) ? 'gb18030' : 'iso-8859-1');
    this.decoder = new TextDecoder(label);
    this.switches = label === 'iso-2022-jp';
  }

  /** The text of an element, trimmed, without control characters; undefined when it is absent or empty. */
  text(dataSet: DataSet, tag: string): string | undefined {
    const element = dataSet.elements[tag];
    if (!element || element.items || element.length <= 0) return undefined;
    const start = element.dataOffset;
    const bytes = dataSet.byteArray.subarray(start, start + Math.min(element.length, MOST_TEXT));
    const text = this.decoder
      .decode(this.switches ? bytes : withoutEscapes(bytes))
      // biome-ignore lint/suspicious/noControlCharactersInRegex: padding and line breaks are what is removed.
      .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
      .trim();
    return text === '' ? undefined : text;
  }
}

/** Leaves out ISO 2022's escape sequences: ESC, bytes from 20 to 2F, a final byte. */
function withoutEscapes(bytes: Uint8Array): Uint8Array {
  if (!bytes.includes(0x1b)) return bytes;
  const kept: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] !== 0x1b) {
      kept.push(bytes[at]);
      continue;
    }
    at++;
    while (bytes[at] >= 0x20 && bytes[at] <= 0x2f) at++;
  }
  return Uint8Array.from(kept);
}
