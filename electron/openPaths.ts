import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/**
 * Files and folders on a command line: what exists and is no option.
 *
 * @param args without the program's own name.
 * @param appFolder is named among the arguments when not packaged, wherever; nobody means to open it.
 */
export function pathsOf(args: readonly string[], workingFolder: string, appFolder: string): string[] {
  return args
    .filter((arg) => arg !== '' && !arg.startsWith('-'))
    .map((arg) => resolve(workingFolder, arg))
    .filter((path) => path !== appFolder && existsSync(path));
}

/** Holds paths until the renderer listens; afterwards they are passed on at once. */
export class OpenPaths {
  private waiting: string[] = [];
  private send: ((paths: string[]) => void) | null = null;

  push(paths: readonly string[]): void {
    if (paths.length === 0) return;
    if (this.send) this.send([...paths]);
    else this.waiting.push(...paths);
  }

  /** What has waited; from now on `send` is used. */
  take(send: (paths: string[]) => void): string[] {
    this.send = send;
    return this.waiting.splice(0);
  }

  /** The renderer is gone (reloaded): hold again. */
  hold(): void {
    this.send = null;
  }
}
