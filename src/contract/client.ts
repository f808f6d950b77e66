import type { z } from 'zod';
import { applicationContract } from './application.js';
import { casesContract } from './cases.js';
import { cohortsContract } from './cohorts.js';
import { devicesList, jobsCancel } from './commands.js';
import { changesContract, editsContract } from './edits.js';
import { type JobEvent, jobsList, type QuorumEvent } from './events.js';
import { exportContract } from './exports.js';
import { followUpMapsContract, followUpsContract } from './followUp.js';
import { mapsContract, masksContract } from './masks.js';
import { preparationBinaryContract, preparationContract } from './preparation.js';
import { researchContract } from './research.js';
import { skullStripContract } from './skullStrip.js';

/** Methods of a window (desktop app and browser mode) that answer with JSON. */
export const contract = {
  'devices.list': devicesList,
  'jobs.cancel': jobsCancel,
  'jobs.list': jobsList,
  ...casesContract,
  ...cohortsContract,
  ...followUpsContract,
  ...masksContract,
  ...editsContract,
  ...exportContract,
  ...preparationContract,
  ...skullStripContract,
  ...researchContract,
  ...applicationContract,
} as const;

/** Methods of a window that answer with a header and an ArrayBuffer. */
export const binaryContract = {
  ...mapsContract,
  ...changesContract,
  ...preparationBinaryContract,
  ...followUpMapsContract,
} as const;

export type Contract = typeof contract;
export type Method = keyof Contract;
export type Request<M extends Method> = z.input<Contract[M]['request']>;
/** A request after checking, defaults filled in. */
export type ParsedRequest<M extends Method> = z.output<Contract[M]['request']>;
export type Response<M extends Method> = z.output<Contract[M]['response']>;

export type BinaryContract = typeof binaryContract;
export type BinaryMethod = keyof BinaryContract;
export type BinaryRequest<M extends BinaryMethod> = z.input<BinaryContract[M]['request']>;
export type ParsedBinaryRequest<M extends BinaryMethod> = z.output<BinaryContract[M]['request']>;
export type BinaryHeader<M extends BinaryMethod> = z.output<BinaryContract[M]['header']>;

/** What a window may call. */
export const WINDOW_METHODS: ReadonlySet<string> = new Set([
  ...Object.keys(contract),
  ...Object.keys(binaryContract),
]);

export interface BinaryResponse<M extends BinaryMethod> {
  readonly header: BinaryHeader<M>;
  /** Voxels or runs; see the method for the element type. Always starts at byte 0 of its buffer. */
  readonly data: ArrayBuffer;
}

/** What every face talks to, whatever lies between. */
export interface Client {
  /**
   * @param body runs, for `edits.stroke`.
   * @throws QuorumError with the problem that the method raised; REQUEST_INVALID when the request has the wrong shape.
   */
  call<M extends Method>(method: M, request: Request<M>, body?: ArrayBuffer): Promise<Response<M>>;
  /** A method that answers with voxels or runs; errors as `call`. */
  callBinary<M extends BinaryMethod>(method: M, request: BinaryRequest<M>): Promise<BinaryResponse<M>>;
  /** Listens to all events; returns how to stop. */
  onEvent(listener: (event: QuorumEvent) => void): () => void;
  /** Listens to the events of all jobs alone. */
  onJob(listener: (event: JobEvent) => void): () => void;
}
