/** The views of the window. */
export const VIEWS = ['case', 'compare', 'correct', 'models', 'settings'] as const;
export type View = (typeof VIEWS)[number];
