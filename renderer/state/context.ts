import { getContext, setContext } from 'svelte';
import type { Session } from './session.svelte.js';

const KEY = Symbol('session');

export function provideSession(session: Session): void {
  setContext(KEY, session);
}

/** The window's session; call while a component is set up. */
export function session(): Session {
  return getContext<Session>(KEY);
}
