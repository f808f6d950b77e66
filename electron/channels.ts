/** Every IPC channel, named once. */
export const CHANNELS = {
  /** Renderer → main, answered. */
  request: 'quorum:request',
  pick: 'quorum:pick',
  savePdf: 'quorum:save-pdf',
  savePicture: 'quorum:save-picture',
  reveal: 'quorum:reveal',
  takeOpenPaths: 'quorum:take-open-paths',
  /** Main → renderer. */
  event: 'quorum:event',
  menu: 'quorum:menu',
  openPaths: 'quorum:open-paths',
} as const;
