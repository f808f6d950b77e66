import type { Session } from 'electron';
import { ORIGIN } from './protocol.js';

/** The window needs no permission of the browser kind (camera, clipboard reading, notifications, devices): all are refused. */
export function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
}

/** Refuses every address but the window's own, whoever asks; a second lock behind the content security policy. */
export function denyNetwork(session: Session): void {
  session.webRequest.onBeforeRequest(({ url }, answer) => answer({ cancel: !isAllowed(url) }));
}

export function isAllowed(url: string): boolean {
  return url === ORIGIN || /^(blob:app:\/\/quorum\/|app:\/\/quorum\/|data:|devtools:)/.test(url);
}

/** No dictionary is fetched, and nothing that is typed goes through a spell checker. */
export function switchOffSpellChecker(session: Session): void {
  session.setSpellCheckerEnabled(false);
  if (process.platform !== 'darwin') session.setSpellCheckerLanguages([]);
}
