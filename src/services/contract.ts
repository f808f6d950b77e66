/**
 * The contract between Quorum and its faces (command line, desktop app, browser mode): every method with the shape of its
 * request and response, and the events. Free of Node, so that a renderer can use it.
 *
 * A window holds a `Client`; a transport is a `Transport` on the caller's side (`clientOver`) and `answerCall` on the other.
 */
import type { BinaryRequest, BinaryResponse, Response } from './contract/client.js';

export { isGiven, mlText } from '../numbers.js';
export type { InstalledModel, Settings } from './contract/application.js';
export type { GridSummary, Sequence } from './contract/basic.js';
export type { Answers, CaseFile, OpenCase, SeriesAbout, StudyChoice } from './contract/cases.js';
export * from './contract/client.js';
export type { PrepareRequest, SegmentRequest } from './contract/commands.js';
export { type EditState, editSupports } from './contract/edits.js';
export { type JobEvent, type JobKind, type QuorumEvent, quorumEventSchema } from './contract/events.js';
export type { ExportRequest, ExportResult } from './contract/exports.js';
export { DICOM_IDENTITY_NOTICE } from './contract/exports.js';
export { FORMATS, type FormatId, type FormatNeeds } from './contract/formats.js';
export { decodeFrame, encodeFrame, frameHeadLength } from './contract/frame.js';
export type { Blob, Comparison, MaskRef, MaskRole, NamedMask, ParsedMaskRef } from './contract/masks.js';
export { describeProblem, problemText } from './contract/messages.js';
export { daysBetween, type Patient, patientName, sexAndAge } from './contract/patient.js';
export type {
  PreparationOptions,
  PreparationState,
  PreparedStep,
  PreparedSummary,
} from './contract/preparation.js';
export { QUESTIONS } from './contract/questions.js';
export type {
  BatchReport,
  CaseReport,
  CombinationReport,
  ReportedVolume,
} from './contract/report.js';
export type { CaseCombination, CaseResult, Warning } from './contract/results.js';
export type { SkullStripNetwork } from './contract/skullStrip.js';
export type { CandidateSummary } from './contract/studies.js';
export {
  AGREEMENT_MEANING,
  describeWarning,
  inOrder,
  noWarning,
  otherModel,
  REGION_TITLES,
  titles,
  UNSUPPORTED_ESTIMATE,
} from './contract/warnings.js';
export { answerCall, clientOver } from './contract/wire.js';

export type ScanSummary = Response<'studies.scan'>;
export type StudySummary = Response<'studies.open'>;
export type ImageSummary = Response<'images.inspect'>;
export type DeviceSummary = Response<'devices.list'>[number];
export type ModelSummary = Response<'models.inspect'>;
export type ImageVolume = BinaryResponse<'images.volume'>;
export type MaskRequest = BinaryRequest<'masks.labels'>;
