/**
 * A control that is moved faster than its effect is computed: `value` follows the hand at once, `applied` takes the newest value
 * whenever the last one is done, so that nothing queues up.
 */
export class Live<T> {
  value = $state.raw() as T;
  applied = $state.raw() as T;
  readonly #compute: (value: T) => Promise<unknown>;
  #busy = false;

  /** @param compute ends, well or badly, when the effect of a value is there. */
  constructor(initial: T, compute: (value: T) => Promise<unknown>) {
    this.value = initial;
    this.applied = initial;
    this.#compute = compute;
  }

  set(value: T): void {
    this.value = value;
    if (!this.#busy) void this.#catchUp();
  }

  async #catchUp(): Promise<void> {
    this.#busy = true;
    while (this.applied !== this.value) {
      this.applied = this.value;
      await this.#compute(this.applied).catch(() => undefined);
    }
    this.#busy = false;
  }
}
