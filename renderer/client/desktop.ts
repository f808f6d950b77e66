import { clientOver, type Transport } from '../../src/wire/calls.js';
import type { PickKind, Shell } from './shell.js';

/** `window.quorum`, put there by the preload (docs/transports.md). */
interface DesktopHost extends Transport {
  droppedPaths(): string[];
  pick(what: PickKind): Promise<string[]>;
  savePdf(html: string, name: string): Promise<string | null>;
  savePicture(png: ArrayBuffer, name: string): Promise<string | null>;
  reveal(path: string): Promise<void>;
  onMenu(listener: (action: string) => void): () => void;
  onOpenPaths(listener: (paths: string[]) => void): () => void;
}

/** The preload's object, or null in a browser. */
export function desktopHost(): DesktopHost | null {
  return (window as { quorum?: DesktopHost }).quorum ?? null;
}

/** The desktop app: messages to the main process, native dialogs, real paths. */
export function desktopShell(host: DesktopHost): Shell {
  return {
    kind: 'desktop',
    client: clientOver(host),
    pick: (what) => host.pick(what),
    receiveDrop: async () => {
      const paths = host.droppedPaths();
      return paths.length === 0 ? null : { paths, temporary: false };
    },
    receiveFiles: async () => ({ paths: await host.pick('case-files'), temporary: false }),
    folders: null,
    downloads: null,
    report: [{ title: 'Save as PDF…', run: (html, name) => host.savePdf(html, `${name}.pdf`) }],
    savePicture: async (png, name) => void (await host.savePicture(await png.arrayBuffer(), name)),
    reveal: (path) => host.reveal(path),
    // The main process is there as long as its window is.
    onConnection: () => () => {},
    onMenu: (listener) => host.onMenu(listener),
    onOpenPaths: (listener) => host.onOpenPaths(listener),
  };
}
