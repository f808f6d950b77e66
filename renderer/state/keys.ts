import type { Session } from './session.svelte.js';
import { SHORTCUTS } from './shortcuts.js';

/** Runs what a key stands for, unless the key is needed where the focus is. */
export function handleShortcut(session: Session, event: KeyboardEvent): void {
  if (session.dialog || session.folderRequest || event.defaultPrevented) return;
  const pressed = keysOf(event);
  const plain = isAltGr(event) || (!event.ctrlKey && !event.metaKey && !event.altKey);
  if (plain && needsKeys(event.target, event.key)) return;
  const found = SHORTCUTS.flatMap(({ shortcuts }) => shortcuts).find(
    ({ keys, when }) => keys === pressed && (when?.(session) ?? true),
  );
  if (!found) return;
  event.preventDefault();
  found.run(session, event);
}

/** With AltGr many keyboards write `[` and `]`; Windows reports it as Ctrl and Alt. */
const isAltGr = (event: KeyboardEvent) => event.getModifierState?.('AltGraph') ?? false;

function keysOf(event: KeyboardEvent): string {
  const { key, code, ctrlKey, metaKey, altKey, shiftKey } = event;
  if (key === ' ') return 'Space';
  if (isAltGr(event)) return key;
  const digit = /^Digit(\d)$/.exec(code)?.[1];
  if (altKey) return `Alt+${shiftKey && digit ? 'Shift+' : ''}${digit ?? key}`;
  if (ctrlKey || metaKey) return `Ctrl+${shiftKey ? `Shift+${key.toUpperCase()}` : key}`;
  if (shiftKey && digit && !'?+'.includes(key)) return `Shift+${digit}`;
  return key.length === 1 ? key.toLowerCase() : key;
}

/** A key that hides the mask while it is held was let go, or the window lost the keyboard. */
export function releaseKeys(session: Session): void {
  if (session.openCase) session.openCase.display.peeking = false;
}

/** Text fields and lists take letters; Enter and Space belong to the button that has the focus. */
function needsKeys(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  const pressed = key === 'Enter' || key === ' ';
  if (target instanceof HTMLInputElement)
    return !['checkbox', 'radio', 'range', 'color'].includes(target.type) || pressed;
  if (target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement) return true;
  return pressed && target.closest('button, a, summary') !== null;
}
