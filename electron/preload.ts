import { contextBridge, ipcRenderer, webUtils } from 'electron';
import { CHANNELS } from './channels.js';
import type { DesktopHost } from './host.js';

/** All that a page gets of the desktop: one object of plain functions. Runs sandboxed, in a world of its own. */

let dropped: string[] = [];

// Paths are known here only; caught before the page's own listeners, which ask for them with `droppedPaths`.
window.addEventListener(
  'drop',
  (event) => {
    dropped = [...(event.dataTransfer?.files ?? [])].map(pathOf).filter((path) => path !== '');
  },
  { capture: true },
);

/** Electron 32 and later; before, a File had its path. */
function pathOf(file: File): string {
  return webUtils?.getPathForFile(file) ?? (file as File & { path?: string }).path ?? '';
}

/** Calls back with what arrives on a channel, never with Electron's event. */
function listen<T>(channel: string, listener: (message: T) => void): () => void {
  const forward = (_event: unknown, message: T) => listener(message);
  ipcRenderer.on(channel, forward);
  return () => ipcRenderer.removeListener(channel, forward);
}

const host: DesktopHost = {
  request: (message) => ipcRenderer.invoke(CHANNELS.request, message),
  onEvent: (listener) => listen(CHANNELS.event, listener),
  droppedPaths: () => dropped,
  pick: (what) => ipcRenderer.invoke(CHANNELS.pick, what),
  savePdf: (html, name) => ipcRenderer.invoke(CHANNELS.savePdf, html, name),
  savePicture: (png, name) => ipcRenderer.invoke(CHANNELS.savePicture, png, name),
  reveal: (path) => ipcRenderer.invoke(CHANNELS.reveal, path),
  onMenu: (listener) => listen(CHANNELS.menu, listener),
  onOpenPaths: (listener) => {
    const stop = listen(CHANNELS.openPaths, listener);
    void ipcRenderer.invoke(CHANNELS.takeOpenPaths).then((paths: string[]) => {
      if (paths.length > 0) listener(paths);
    });
    return stop;
  },
};

contextBridge.exposeInMainWorld('quorum', host);
