/** The views of the window. */
export const VIEWS = ['case', 'compare', 'correct', 'models', 'settings', 'research'] as const;
/** `cohort` and `followup` are there while a cohort or a timeline is open. */
export type View = (typeof VIEWS)[number] | 'cohort' | 'followup';
