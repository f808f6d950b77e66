import { createHash } from 'node:crypto';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SkullStripNetwork } from '../contract/index.js';
import { QuorumError } from '../errors.js';
import { writePrivately } from '../files/privateFiles.js';

/** SHA-256 of the files that Quorum was tested with: brainchop's mindgrab as ONNX. */
const KNOWN: ReadonlySet<string> = new Set([
  '15cc29e02b6c275ce643e45b7eba7fa21cb91f6c65232b83f4478311d4d06af4',
]);
const MOST_BYTES = 256 * 2 ** 20;

/** The network for the precise skull strip, which the user adds as a file: one in the profile, named by its hash. */
export class SkullStripFile {
  private readonly folder: string;
  /** Of the file as it was last read: it is hashed once, not at every look. */
  private described: { version: string; network: SkullStripNetwork } | null = null;

  constructor(folder: string) {
    this.folder = folder;
  }

  private get path(): string {
    return join(this.folder, 'network.onnx');
  }

  async status(): Promise<SkullStripNetwork> {
    const info = await stat(this.path).catch(() => null);
    if (!info) return { added: false, hash: null, known: false, bytes: 0 };
    const version = `${info.size} ${info.mtimeMs} ${info.ino}`;
    if (this.described?.version !== version)
      this.described = { version, network: describe(await readFile(this.path), true) };
    return this.described.network;
  }

  /** The file to run, or null. */
  async file(): Promise<{ path: string; hash: string } | null> {
    const { added, hash } = await this.status();
    return added ? { path: this.path, hash: hash! } : null;
  }

  /**
   * Copies a file into the profile, once it is known or confirmed. That it is a network is found out when it runs.
   *
   * @throws QuorumError FILE_NOT_FOUND, DATA_TOO_LARGE, FORMAT_UNKNOWN for a file that is no ONNX, DISK_FULL.
   */
  async add(
    file: string,
    confirmed: boolean,
  ): Promise<{ state: 'confirm' | 'added'; network: SkullStripNetwork }> {
    const info = await stat(file).catch((cause) => {
      throw new QuorumError({ code: 'FILE_NOT_FOUND', file }, { cause });
    });
    if (info.size > MOST_BYTES)
      throw new QuorumError({ code: 'DATA_TOO_LARGE', file, expected: `at most ${MOST_BYTES} bytes` });
    const bytes = await readFile(file);
    if (!looksLikeOnnx(bytes))
      throw new QuorumError({ code: 'FORMAT_UNKNOWN', file, expected: 'a network in ONNX format' });
    const network = describe(bytes, true);
    if (!network.known && !confirmed) return { state: 'confirm', network: { ...network, added: false } };
    await writePrivately(this.path, bytes);
    return { state: 'added', network };
  }

  async remove(): Promise<SkullStripNetwork> {
    await rm(this.path, { force: true });
    return this.status();
  }
}

function describe(bytes: Uint8Array, added: boolean): SkullStripNetwork {
  const hash = createHash('sha256').update(bytes).digest('hex');
  return { added, hash, known: KNOWN.has(hash), bytes: bytes.length };
}

/** An ONNX file is a protobuf whose first field (`ir_version`, a varint) has the tag 8. */
function looksLikeOnnx(bytes: Uint8Array): boolean {
  return bytes.length > 16 && bytes[0] === 8;
}
