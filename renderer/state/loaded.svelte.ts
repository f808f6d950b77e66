import { type Problem, problemOf } from '../../src/errors.js';

/** Something that is asked for again whenever what it depends on changes; the old value stays until the new one is there. */
export interface Loaded<T> {
  readonly value: T | null;
  readonly loading: boolean;
  readonly problem: Problem | null;
}

/** Call while a component is set up. `ask` gives null when there is nothing to ask for. */
export function loaded<T>(ask: () => Promise<T> | null): Loaded<T> {
  let value = $state.raw<T | null>(null);
  let loading = $state(false);
  let problem = $state.raw<Problem | null>(null);
  $effect(() => {
    const promise = ask();
    let current = true;
    loading = promise !== null;
    problem = null;
    if (!promise) value = null;
    promise?.then(
      (answer) => {
        if (!current) return;
        value = answer;
        loading = false;
      },
      (error) => {
        if (!current) return;
        problem = problemOf(error);
        loading = false;
      },
    );
    return () => {
      current = false;
    };
  });
  return {
    get value() {
      return value;
    },
    get loading() {
      return loading;
    },
    get problem() {
      return problem;
    },
  };
}
