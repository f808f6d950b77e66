interface Range {
  start: number;
  end: number;
}

/** Free ranges of an address space, sorted and merged; the lowest that fits is taken first. */
export class FreeList {
  readonly #ranges: Range[] = [];

  /** The start of `size` free bytes, now taken, or undefined when no range is long enough. */
  take(size: number): number | undefined {
    const index = this.#ranges.findIndex(({ start, end }) => end - start >= size);
    if (index < 0) return undefined;
    const range = this.#ranges[index];
    const start = range.start;
    range.start += size;
    if (range.start === range.end) this.#ranges.splice(index, 1);
    return start;
  }

  /** Puts a range back. */
  give(start: number, size: number): void {
    const end = start + size;
    const found = this.#ranges.findIndex((range) => range.start > start);
    const index = found < 0 ? this.#ranges.length : found;
    const before = this.#ranges[index - 1];
    const after = this.#ranges[index];
    if (before?.end === start) {
      before.end = end;
      if (after?.start === end) {
        before.end = after.end;
        this.#ranges.splice(index, 1);
      }
    } else if (after?.start === end) after.start = start;
    else this.#ranges.splice(index, 0, { start, end });
  }

  /** All free ranges. */
  ranges(): readonly Readonly<Range>[] {
    return this.#ranges;
  }
}
