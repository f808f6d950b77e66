import { mkdir, mkdtemp, readdir, readFile, realpath, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { z } from 'zod';
import { QuorumError } from '../errors.js';
import { sha256OfFile } from '../files/fileHash.js';
import { isAbandoned, ownerTag } from '../files/process.js';
import { writeFileAtomically, writeProblem } from '../files/wholeFile.js';
import { STAGING } from '../files/wholeFolder.js';

const REPORT_FILE = 'report.json';

/** A file that Quorum wrote, relative to the report, and the SHA-256 of its bytes: only these may Quorum replace. */
export interface ClaimedFile {
  readonly file: string;
  readonly sha256: string;
}

/** What this module reads in a report. Anybody may have edited the file: what does not fit is no report of Quorum's. */
const claimsSchema = z.looseObject({
  application: z.literal('quorum'),
  format: z.literal(1),
  kind: z.enum(['case', 'batch', 'followup']),
  state: z.enum(['writing', 'finished']).optional(),
  files: z
    .array(z.object({ file: z.string().min(1), sha256: z.string().regex(/^[0-9a-f]{64}$/) }))
    .default([]),
});
type Claims = z.infer<typeof claimsSchema>;

/** A finished report without what only its writer knows. */
type Unwritten<R> = Omit<R, 'files' | 'state'>;

/**
 * @param but a folder in an input in which the output may lie, and what is expected then, in words.
 * @throws QuorumError OUTPUT_INSIDE_INPUT when `output` is, or lies in, one of the input folders.
 */
export async function refuseOutputInsideInput(
  output: string,
  inputFolders: readonly string[],
  but?: { readonly allowed: string; readonly expected: string },
): Promise<void> {
  const target = await realPathOf(resolve(output));
  const liesIn = async (folder: string) => {
    const real = await realPathOf(resolve(folder));
    return target === real || target.startsWith(real.endsWith(sep) ? real : real + sep);
  };
  if (but && (await liesIn(but.allowed))) return;
  for (const found of inputFolders) {
    if (!(await liesIn(found))) continue;
    const expected = but?.expected ?? 'a folder outside the input';
    throw new QuorumError({ code: 'OUTPUT_INSIDE_INPUT', file: output, expected, found });
  }
}

/**
 * Loose files lie in a folder of the patient's: nothing is written among them.
 * @throws QuorumError OUTPUT_INSIDE_INPUT for the folder of one of the files itself; a folder in it that the user names is his.
 */
export async function refuseOutputBesideFiles(output: string, files: readonly string[]): Promise<void> {
  const target = await realPathOf(resolve(output));
  for (const file of files) {
    const input = dirname(await realPathOf(resolve(file)));
    const isFile = await stat(file).then(
      (info) => info.isFile(),
      () => false,
    );
    if (!isFile || target !== input) continue;
    const expected = 'another folder than that of the images';
    throw new QuorumError({ code: 'OUTPUT_INSIDE_INPUT', file: output, expected, found: input });
  }
}

/** The real path of what exists of `path`, and the rest behind it. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(await realPathOf(parent), basename(path));
  }
}

/** What `report.json` in a folder holds, unchecked; null when there is none or it is no JSON. */
export async function readReportText(folder: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(join(folder, REPORT_FILE), 'utf8'));
  } catch {
    return null;
  }
}

/** What the report in a folder claims, or null when there is none or it is not Quorum's. */
async function readReport(folder: string): Promise<Claims | null> {
  return claimsSchema.safeParse(await readReportText(folder)).data ?? null;
}

/** Whether every file that the report claims is there, byte for byte. */
export async function filesAreIntact(folder: string, claimed: readonly ClaimedFile[]): Promise<boolean> {
  for (const { file, sha256 } of claimed)
    if ((await hashIfThere(join(folder, file))) !== sha256) return false;
  return true;
}

/**
 * Where one case's results go. Nothing is in place before `commit`; nothing that Quorum did not write is ever replaced.
 */
export class CaseOutput {
  readonly folder: string;
  private readonly previous: Claims | null;
  private readonly overwrite: boolean;
  private staging: string | null = null;
  /** Whether this run made the folder: then it goes again when nothing was committed. */
  private made = false;
  private readonly staged = new Map<string, string>();

  private constructor(folder: string, previous: Claims | null, overwrite: boolean) {
    this.folder = folder;
    this.previous = previous;
    this.overwrite = overwrite;
  }

  /**
   * Opens an output folder before anything is computed.
   *
   * @param files what will be written, relative to the folder, the report aside.
   * @param overwrite replace files that Quorum's own report claims and that are unchanged since.
   * @param kind of the reports that it may replace.
   * @throws QuorumError OUTPUT_EXISTS for any other file at a target, OUTPUT_NOT_WRITABLE.
   */
  static async open(
    folder: string,
    files: readonly string[],
    overwrite: boolean,
    kind: 'case' | 'followup' = 'case',
  ): Promise<CaseOutput> {
    const report = await readReport(folder);
    const output = new CaseOutput(folder, report?.kind === kind ? report : null, overwrite);
    for (const file of [...files, REPORT_FILE]) await output.refuseForeign(file);
    const firstMade = await mkdir(folder, { recursive: true }).catch((cause) => {
      throw writeProblem(cause, folder);
    });
    output.made = firstMade !== undefined;
    await removeAbandoned(folder);
    output.staging = await mkdtemp(join(folder, `${STAGING}${ownerTag()}-`)).catch((cause) => {
      throw writeProblem(cause, folder);
    });
    return output;
  }

  /** A path to write `file` to for now; `commit` moves it into place. */
  async stage(file: string): Promise<string> {
    const path = join(this.staging!, file);
    await mkdir(dirname(path), { recursive: true });
    this.staged.set(file, path);
    return path;
  }

  /**
   * Moves every staged file into place and writes the report last; files that the earlier report claims and this run
   * no longer makes are removed. A first report in state `writing` claims the files before they move, so that an
   * interrupted run can be repeated.
   */
  async commit<R extends object>(
    report: R,
  ): Promise<Unwritten<R> & { state: 'finished'; files: ClaimedFile[] }> {
    const files: ClaimedFile[] = [];
    for (const [file, path] of this.staged) files.push({ file, sha256: await sha256OfFile(path) });
    for (const file of [...this.staged.keys(), REPORT_FILE]) await this.refuseForeign(file);
    const finished = { ...report, state: 'finished' as const, files };
    const unfinished = { ...finished, state: 'writing' as const, files: [...files, ...this.claimed()] };
    await this.writeReport(unfinished);
    await this.removeStale();
    for (const [file, path] of this.staged) {
      const target = join(this.folder, file);
      await mkdir(dirname(target), { recursive: true });
      await rename(path, target).catch((cause) => {
        throw writeProblem(cause, target);
      });
    }
    await this.writeReport(finished);
    return finished;
  }

  /** Removes what was staged. Always called, after success and failure. */
  async close(): Promise<void> {
    if (this.staging) await rm(this.staging, { recursive: true, force: true });
    this.staging = null;
    // Fails, as it should, when anything lies in it.
    if (this.made) await rmdir(this.folder).catch(() => undefined);
  }

  private claimed(): readonly ClaimedFile[] {
    return this.previous?.files ?? [];
  }

  private async writeReport(report: object): Promise<void> {
    await writeFileAtomically(join(this.folder, REPORT_FILE), [
      Buffer.from(`${JSON.stringify(report, null, 2)}\n`),
    ]);
  }

  private async removeStale(): Promise<void> {
    for (const { file, sha256 } of this.claimed()) {
      if (this.staged.has(file)) continue;
      const path = join(this.folder, file);
      if ((await hashIfThere(path)) === sha256) await rm(path);
    }
  }

  private async refuseForeign(file: string): Promise<void> {
    const path = join(this.folder, file);
    const found = await hashIfThere(path);
    if (found === null) return;
    const replaceable = this.overwrite || this.previous?.state === 'writing';
    if (file === REPORT_FILE && this.previous && replaceable) return;
    const ours = this.claimed().some((claim) => claim.file === file && claim.sha256 === found);
    if (ours && replaceable) return;
    throw new QuorumError({
      code: 'OUTPUT_EXISTS',
      file: path,
      expected: 'no such file',
      found:
        ours || (file === REPORT_FILE && this.previous)
          ? 'an earlier result of Quorum'
          : 'a file that Quorum did not write, or that was changed since',
    });
  }
}

/** Removes staging folders of this machine's processes that no longer run; says how many others are left. */
export async function removeAbandoned(folder: string): Promise<{ left: number }> {
  let left = 0;
  for (const name of await readdir(folder)) {
    if (!name.startsWith(STAGING)) continue;
    if (isAbandoned(name.slice(STAGING.length)))
      await rm(join(folder, name), { recursive: true, force: true });
    else left++;
  }
  return { left };
}

async function hashIfThere(file: string): Promise<string | null> {
  try {
    return await sha256OfFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    if (code === 'EISDIR') return 'a folder';
    throw writeProblem(error, file);
  }
}

/** Writes a summary over several cases; an earlier summary of Quorum's is replaced, any other file is not. */
export async function writeBatchReport(folder: string, report: object): Promise<void> {
  await refuseForeignBatchReport(folder);
  await writeFileAtomically(join(folder, REPORT_FILE), [Buffer.from(`${JSON.stringify(report, null, 2)}\n`)]);
}

/** @throws QuorumError OUTPUT_EXISTS when the folder holds a report.json that is no summary of Quorum's. */
export async function refuseForeignBatchReport(folder: string): Promise<void> {
  const path = join(folder, REPORT_FILE);
  if ((await hashIfThere(path)) !== null && (await readReport(folder))?.kind !== 'batch') {
    throw new QuorumError({
      code: 'OUTPUT_EXISTS',
      file: path,
      expected: 'no such file',
      found: 'not a summary of Quorum',
    });
  }
}
