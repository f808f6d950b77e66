import type { Client } from '../../src/contract/index.js';

/** What a window needs besides the contract: files coming in and going out. One implementation per transport. */
export interface Shell {
  readonly kind: 'desktop' | 'browser';
  readonly client: Client;
  /** Called inside a `drop` listener, and only there synchronously: makes what was dropped readable for the services. */
  receiveDrop(transfer: DataTransfer, follow: FollowTransfer): Promise<Received | null>;
  /** The native dialog, or null in the browser: there `receiveFiles` or the folder list is used. */
  readonly pick: ((what: PickKind) => Promise<string[]>) | null;
  /** Files chosen with the browser's own file dialog. */
  receiveFiles(files: readonly File[], follow: FollowTransfer): Promise<Received>;
  /** Folders of the machine that runs Quorum (browser mode), or null. */
  readonly folders: ServerFolders | null;
  /** A place for an export that is then downloaded (browser mode), or null. */
  readonly downloads: Downloads | null;
  /** What can be done with a report that was looked at, the first most expected. */
  readonly report: readonly {
    readonly title: string;
    run(html: string, name: string): Promise<unknown>;
  }[];
  savePicture(png: Blob, name: string): Promise<void>;
  readonly reveal: ((path: string) => Promise<void>) | null;
  /** Commands of the native menu. */
  onMenu(listener: (action: string) => void): () => void;
  /** Whether what lies behind this window can be reached; called when that changes. */
  onConnection(listener: (state: ConnectionState) => void): () => void;
  /** Files opened from the system. */
  onOpenPaths(listener: (paths: string[]) => void): () => void;
}

/** `refused`: another Quorum is there, which this page's session does not belong to. */
export type ConnectionState = 'connected' | 'lost' | 'refused';

export type PickKind =
  | 'case-folder'
  | 'case-files'
  | 'mask-file'
  | 'network-file'
  | 'model-folder'
  | 'research-folder'
  | 'split-file'
  | 'export-folder';

/** Paths to give to `cases.open`, and whether they are a private copy that goes when the case is closed. */
export interface Received {
  readonly paths: string[];
  readonly temporary: boolean;
}

export interface FollowTransfer {
  readonly signal: AbortSignal;
  /** Share done, 0..1. */
  onProgress(share: number): void;
}

export interface FolderEntry {
  readonly name: string;
  readonly path: string;
  readonly kind: 'folder' | 'file';
  readonly bytes: number;
}

export interface FolderListing {
  readonly path: string | null;
  readonly parent: string | null;
  readonly entries: readonly FolderEntry[];
}

export interface ServerFolders {
  /** Null lists the roots. */
  list(path: string | null): Promise<FolderListing>;
  create(parent: string, name: string): Promise<string>;
}

export interface Downloads {
  begin(): Promise<{ id: string; folder: string }>;
  /** Removes what an export that failed left. */
  end(id: string): Promise<void>;
  /** Address of the zip file with what was exported into the folder. */
  address(id: string, name: string): string;
}
