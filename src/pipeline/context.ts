import type { EngineEvent } from '../engine/devices/fallbackEngine.js';

/** What the pipeline does not know by itself; with these fixed, the same work writes the same bytes. */
export interface Surroundings {
  readonly quorumVersion: string;
  now(): Date;
  /** A new DICOM unique identifier. */
  newUid(): string;
  /** The most memory that this process had, in MB. */
  peakMemoryMb(): number;
}

/** Who ran the network. */
export interface EngineReport {
  readonly name: string;
  readonly device: string;
  /** What happened to devices in this run alone. */
  readonly events: readonly EngineEvent[];
}
