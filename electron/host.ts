import type { Transport } from '../src/wire/calls.js';

/** What can be picked with a native dialog. */
export const PICK_KINDS = [
  'case-folder',
  'case-files',
  'mask-file',
  'network-file',
  'model-folder',
  'research-folder',
  'split-file',
  'export-folder',
] as const;
export type PickKind = (typeof PICK_KINDS)[number];

/** Commands of the native menu that the renderer carries out. */
export const MENU_ACTIONS = [
  'open-folder',
  'open-files',
  'open-sample',
  'close-case',
  'export',
  'segment',
  'view-case',
  'view-compare',
  'view-correct',
  'view-research',
  'view-models',
  'view-settings',
  'shortcuts',
  'about',
] as const;
export type MenuAction = (typeof MENU_ACTIONS)[number];

/** `window.quorum`: the contract's transport, and what only a desktop can do. See docs/transports.md. */
export interface DesktopHost extends Transport {
  /** Absolute paths of the drop that is being handled; call it inside a `drop` listener. */
  droppedPaths(): string[];
  /** Paths chosen in a native dialog; empty when it was dismissed. */
  pick(what: PickKind): Promise<string[]>;
  /** Asks where, and prints a page (its scripts are not run) there; null when dismissed. */
  savePdf(html: string, name: string): Promise<string | null>;
  /** Asks where, and writes a PNG there; null when dismissed. */
  savePicture(png: ArrayBuffer, name: string): Promise<string | null>;
  /** Shows a file that Quorum wrote in the system's file manager. */
  reveal(path: string): Promise<void>;
  onMenu(listener: (action: MenuAction) => void): () => void;
  /** Paths opened from outside: the system, a second start, the recent folders. */
  onOpenPaths(listener: (paths: string[]) => void): () => void;
}
