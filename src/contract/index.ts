/**
 * The contract between Quorum and its faces (command line, desktop app, browser mode): every method with the shape of its
 * request and response, and the events. Free of Node, so that a renderer can use it.
 *
 * A window holds a `Client`; how a call crosses to the services is in `src/wire`.
 */
import type { Response } from './client.js';

export { isGiven, mlText } from '../numbers.js';
export type { InstalledModel, Settings } from './application.js';
export type { GridSummary, Sequence } from './basic.js';
export type { Answers, CaseFile, OpenCase, SeriesAbout, StudyChoice } from './cases.js';
export { checkRequest } from './checkRequest.js';
export * from './client.js';
export { answersFor, type CohortCaseState, type SomeAnswers } from './cohort.js';

export type { CohortRow, CohortRunState, CohortView } from './cohorts.js';
export type { ImageSummary, ModelSummary, PrepareRequest, SegmentRequest } from './commands.js';
export { type EditState, editSupports } from './edits.js';
export { type JobEvent, type JobKind, type QuorumEvent, quorumEventSchema } from './events.js';
export type { ExportRequest, ExportResult } from './exports.js';
export { DICOM_IDENTITY_NOTICE } from './exports.js';
export {
  type Change,
  FOLLOW_UP_BY,
  type FollowUpBy,
  type FollowUpReport,
  type FollowUpView,
  followUpReportSchema,
  type PointVolume,
  RANO_REGIONS,
  type RanoMeasurement,
  type RanoRegion,
  type TimePoint,
} from './followUp.js';
export { isForceable } from './forceable.js';
export {
  FORMATS,
  type FormatChoice,
  type FormatId,
  type FormatNeeds,
  NAMING_FORMATS,
  NO_FORMATS,
} from './formats.js';
export type { Blob, Comparison, MaskRef, MaskRole, NamedMask, ParsedMaskRef } from './masks.js';
export { describeProblem, problemText } from './messages.js';
export type { Patient } from './patient.js';
export { populationText } from './population.js';
export type {
  PreparationOptions,
  PreparationState,
  PreparedStep,
  PreparedSummary,
} from './preparation.js';
export { QUESTIONS } from './questions.js';
export type {
  BatchReport,
  CaseReport,
  CombinationReport,
  ReportedVolume,
} from './report.js';
export { type CaseCombination, type CaseResult, combinationsIn, type Warning } from './results.js';
export type { SkullStripNetwork } from './skullStrip.js';
export type { CandidateSummary, ScanSummary } from './studies.js';
export { ratingsOf } from './trust.js';
export {
  AGREEMENT_MEANING,
  describeWarning,
  inOrder,
  noWarning,
  otherModel,
  REGION_TITLES,
  titles,
  UNSUPPORTED_ESTIMATE,
} from './warnings.js';

export type DeviceSummary = Response<'devices.list'>[number];
