/** The lesser of a figure and of another that bounds it; `null`: the figure itself is not known. Pure. */
export const leastOf = (figure: number | null, bound: number | null) =>
  figure === null ? null : Math.min(figure, bound ?? figure);
