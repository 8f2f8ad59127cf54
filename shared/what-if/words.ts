/** What the gate would have done, in words; `{name}` places are filled in. */
export interface WhatIfWords {
  title: string;
  /** Until the answer has come. */
  reading: string;
  /** `{days}`: how far it looks back. */
  oneDay: string;
  days: string;
  noJobs: string;
  none: string;
  count: string;
  avoided: string;
  noneAvoided: string;
  /** Where nothing ran out of memory. */
  waitsOnly: string;
  added: string;
  unjudged: string;
  withoutRecord: string;
  estimate: string;
  /** One out-of-memory, with who took VRAM before it, and without. */
  row: string;
  rowNobody: string;
  /** A process whose name is hidden, and one in which a declared job ran. */
  nameHidden: string;
  inJob: string;
  seconds: string;
  minutes: string;
  hours: string;
  /** Between sentences, and between dates. */
  space: string;
  comma: string;
}
