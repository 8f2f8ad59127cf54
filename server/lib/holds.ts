/** Something that goes on as long as anybody holds it. */
export interface Holds {
  areAny(): boolean;
  /** Returns the function that ends this hold; a second call of it changes nothing. */
  take(): () => void;
}

export function createHolds(onChange: () => void): Holds {
  const holds = new Set<symbol>();
  return {
    areAny: () => holds.size > 0,
    take() {
      const hold = Symbol("hold");
      holds.add(hold);
      onChange();
      return () => {
        if (holds.delete(hold)) onChange();
      };
    },
  };
}
