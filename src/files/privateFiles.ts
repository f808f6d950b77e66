import { mkdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { writeFileAtomically, writeProblem } from './wholeFile.js';

/** Makes a folder that the user alone may read (0700), and those above it. */
export async function makePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause) => {
    throw writeProblem(cause, folder);
  });
}

/**
 * Writes a file that the user alone may read (0600): under a temporary name, flushed to the disk, then renamed.
 *
 * @throws QuorumError DISK_FULL, OUTPUT_NOT_WRITABLE; nothing half-written is left.
 */
export async function writePrivately(file: string, bytes: Uint8Array | string): Promise<void> {
  await makePrivateFolder(dirname(file));
  await writeFileAtomically(file, [typeof bytes === 'string' ? Buffer.from(bytes) : bytes], { mode: 0o600 });
}

/** The JSON in a file of the profile; undefined when there is none or it is damaged. */
export async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** The user's application data that stays on this machine (never the roaming profile). */
export function defaultProfileFolder(): string {
  const home = homedir();
  if (process.platform === 'win32')
    return join(process.env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'Quorum');
  if (process.platform === 'darwin') return join(home, 'Library', 'Application Support', 'Quorum');
  return join(process.env.XDG_STATE_HOME ?? join(home, '.local', 'state'), 'quorum');
}
