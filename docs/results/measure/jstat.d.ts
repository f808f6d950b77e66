/** The part of jStat that is used; the package brings no types. */
declare module 'jstat' {
  export const studentt: {
    inv(p: number, degrees: number): number;
    cdf(x: number, degrees: number): number;
  };
  const whole: { readonly studentt: typeof studentt };
  export default whole;
}
