/**
 * Which cases windows (tabs in browser mode) look at, told with the browser's own locks: each window holds the name of its case,
 * shared, until it looks at another one or is gone.
 */
export class ShownCase {
  #release: () => void = () => {};
  #released: Promise<unknown> = Promise.resolve();

  /** This window looks at a case, or at none. Ends when it does not hold the one before any more. */
  show(id: string | null): Promise<unknown> {
    const before = this.#released;
    this.#release();
    this.#release = () => {};
    if (id === null) return before;
    const held = new Promise<void>((release) => {
      this.#release = release;
    });
    this.#released = navigator.locks.request(nameOf(id), { mode: 'shared' }, () => held);
    return before;
  }
}

/** Whether some window looks at this case. */
export async function isShown(id: string): Promise<boolean> {
  return navigator.locks.request(nameOf(id), { ifAvailable: true }, (lock) => lock === null);
}

const nameOf = (id: string) => `quorum-case-${id}`;
