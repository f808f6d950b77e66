/**
 * Which cases windows (tabs in browser mode) look at, told with the browser's own locks: each window holds the name of its case,
 * shared, until it looks at another one or is gone.
 */
export class ShownCase {
  #release: () => void = () => {};
  #released: Promise<unknown> = Promise.resolve();
  readonly #changes = new BroadcastChannel('quorum-shown');

  #changed: () => void = () => {};

  /** Told whenever this or another window has begun to look elsewhere; ends with what is returned. */
  onChange(changed: () => void): () => void {
    this.#changed = changed;
    this.#changes.onmessage = changed;
    return () => this.#changes.close();
  }

  /** This window looks at a case, or at none. Ends when it does not hold the one before any more. */
  show(id: string | null): Promise<unknown> {
    const before = this.#released;
    this.#release();
    this.#release = () => {};
    if (id === null) {
      void before.then(() => this.#tell());
      return before;
    }
    const held = new Promise<void>((release) => {
      this.#release = release;
    });
    this.#released = navigator.locks.request(nameOf(id), { mode: 'shared' }, () => {
      this.#tell();
      return held;
    });
    return before;
  }

  #tell(): void {
    this.#changes.postMessage('');
    this.#changed();
  }
}

/** Whether some window looks at this case. */
export async function isShown(id: string): Promise<boolean> {
  return navigator.locks.request(nameOf(id), { ifAvailable: true }, (lock) => lock === null);
}

/** Whether another window looks at the case that this one looks at. */
export async function isShownElsewhere(id: string): Promise<boolean> {
  const { held = [] } = await navigator.locks.query();
  return held.filter(({ name }) => name === nameOf(id)).length > 1;
}

const nameOf = (id: string) => `quorum-case-${id}`;
