/** The views of the window. */
export const VIEWS = ['case', 'compare', 'correct', 'models', 'settings'] as const;
/** `cohort` is there while a cohort is open. */
export type View = (typeof VIEWS)[number] | 'cohort';
