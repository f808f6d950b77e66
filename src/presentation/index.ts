/** Tables, figures and sentences of cohorts and timelines, for window, terminal and reports. */
export { commonCombination, commonMl, mixedSentence } from './commonSequences.js';
export { type TimelineFigure, timelineFigure } from './followUpFigure.js';
export * from './followUpText.js';
export {
  comparedMask,
  isCompared,
  type Limits,
  limitsOfAgreement,
  readerScore,
  readerSummary,
  type VolumePair,
  volumePairs,
  worstDice,
} from './readerScores.js';
