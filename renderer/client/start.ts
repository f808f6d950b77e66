import { browserShell } from './browser.js';
import { desktopHost, desktopShell } from './desktop.js';
import type { Shell } from './shell.js';

/** The shell of the place where this window runs. */
export function startShell(): Shell {
  const host = desktopHost();
  return host ? desktopShell(host) : browserShell();
}
