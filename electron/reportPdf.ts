import { BrowserWindow, session as electronSession } from 'electron';
import { REPORT_POLICY } from './contentSecurityPolicy.js';
import { denyNavigation } from './navigation.js';
import { denyPermissions } from './permissions.js';

const SCHEME = 'app';
const LARGEST_REPORT = 64 * 2 ** 20;

/**
 * A page as PDF (A4). It is shown to nobody, in a window without scripts, without network and in a session of its own.
 *
 * @throws Error for what is no page.
 */
export async function printToPdf(html: unknown): Promise<Uint8Array> {
  if (typeof html !== 'string' || html.length > LARGEST_REPORT) throw new Error('not a report');
  const session = electronSession.fromPartition(`report-${Date.now()}`);
  denyPermissions(session);
  session.webRequest.onBeforeRequest(({ url }, answer) =>
    answer({ cancel: url !== `${SCHEME}://report/` && !url.startsWith('data:image/') }),
  );
  session.protocol.handle(
    SCHEME,
    () =>
      new Response(html, {
        headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': REPORT_POLICY },
      }),
  );
  const window = new BrowserWindow({
    show: false,
    webPreferences: { session, sandbox: true, javascript: false, spellcheck: false, webviewTag: false },
  });
  try {
    denyNavigation(window.webContents);
    await window.loadURL(`${SCHEME}://report/`);
    return await window.webContents.printToPDF({ pageSize: 'A4', printBackground: true });
  } finally {
    window.destroy();
    session.protocol.unhandle(SCHEME);
  }
}
