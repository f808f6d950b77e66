import { appendFile, mkdir, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isQuorumError, problemOf } from '../errors.js';
import { Queue } from '../files/queue.js';
import { QUORUM_VERSION } from '../version.js';

/** Two files of this size at most: the present one, and the one before it (`.1`). */
const MOST_BYTES = 256 * 1024;
const MOST_CAUSES = 4;
const MOST_MESSAGE = 400;

/**
 * What went wrong inside Quorum, with stacks, one line of JSON each: for a report of a bug. Only errors that are no answer to
 * what was asked (INTERNAL, a worker's death) are in it, and no path or name of the user's files.
 */
export class ErrorLog {
  readonly file: string;
  private readonly queue = new Queue();

  constructor(file: string) {
    this.file = file;
  }

  /**
   * Notes an error unless it is one that the user is told how to mend. Never throws: a log that cannot be written is none.
   *
   * @param where what was done, e.g. the method's or task's name.
   */
  note(where: string, error: unknown): Promise<void> {
    const { code } = problemOf(error);
    if (code !== 'INTERNAL' && code !== 'WORKER_DIED') return Promise.resolve();
    const entry = {
      at: new Date().toISOString(),
      version: QUORUM_VERSION,
      system: `${process.platform} ${process.arch}, Node ${process.versions.node}`,
      where,
      code,
      errors: chainOf(error),
    };
    return this.queue.run(() => this.append(`${JSON.stringify(entry)}\n`)).catch(() => undefined);
  }

  /** Everything that was noted is written. */
  close(): Promise<void> {
    return this.queue.run(async () => undefined);
  }

  private async append(line: string): Promise<void> {
    await mkdir(dirname(this.file), { recursive: true, mode: 0o700 });
    const bytes = (await stat(this.file).catch(() => null))?.size ?? 0;
    if (bytes + line.length > MOST_BYTES) await rename(this.file, `${this.file}.1`).catch(() => undefined);
    await appendFile(this.file, line.slice(0, MOST_BYTES), { mode: 0o600 });
  }
}

/** An error and its causes, the outermost first. */
function chainOf(error: unknown): { name: string; message: string; stack: string[] }[] {
  const chain = [];
  for (let at = error; at !== undefined && chain.length < MOST_CAUSES; at = (at as Error | null)?.cause) {
    const { name = typeof at, message = String(at), stack = '' } = (at ?? {}) as Partial<Error>;
    const told = isQuorumError(at)
      ? `${at.code} ${at.problem.field ?? ''} ${at.problem.found ?? ''}`
      : message;
    const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
    chain.push({ name, message: withoutNames(told.trim()), stack: frames.map(frameOf) });
  }
  return chain;
}

/** A stack's line with Quorum's own files alone, as they lie in its folder. */
function frameOf(line: string): string {
  return line
    .trim()
    .replace(
      /(?:file:\/\/)?[^\s()]*?[\\/]((?:dist|dist-electron|src|test|node_modules)[\\/][^\s()]*)/g,
      '$1',
    );
}

/** A message without paths, quoted names and names of files: any of them may name a patient. */
export function withoutNames(message: string): string {
  return message
    .slice(0, MOST_MESSAGE)
    .replace(/(["'`“])[^"'`“”]*(["'`”])/g, '$1…$2')
    .replace(/(?:[A-Za-z]:)?(?:[\\/][^\\/\n:;,)]+)+/g, '…')
    .replace(/[^\s"'`(]+\.(?:nii|gz|mha|mhd|raw|zraw|nrrd|nhdr|dcm|ima|zip|json|csv|html|png|stl)\b/gi, '…');
}
