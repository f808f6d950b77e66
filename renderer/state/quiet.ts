/** Between readings of what can wait. */
const QUIET_MS = 600;

/** What can wait, one after the other, begun when nothing was asked for lately. */
export class Quiet {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(() => new Promise((begin) => setTimeout(begin, QUIET_MS))).then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
