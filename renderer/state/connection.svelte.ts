import type { ConnectionState, Shell } from '../client/shell.js';

/** Whether the program behind this window answers. */
export class Connection {
  state = $state<ConnectionState>('connected');
  /** Since it was lost. */
  seconds = $state(0);
  readonly #onBack: () => void;

  /** @param onBack called when it answers again: what was said meanwhile was not heard. */
  constructor(onBack: () => void) {
    this.#onBack = onBack;
  }

  /** Returns how to stop. */
  follow(shell: Shell): () => void {
    let clock: ReturnType<typeof setInterval> | undefined;
    const stop = shell.onConnection((state) => {
      const before = this.state;
      if (state === before) return;
      this.state = state;
      clearInterval(clock);
      this.seconds = 0;
      if (state === 'lost') clock = setInterval(() => this.seconds++, 1000);
      if (state === 'connected') this.#onBack();
    });
    return () => {
      clearInterval(clock);
      stop();
    };
  }
}
