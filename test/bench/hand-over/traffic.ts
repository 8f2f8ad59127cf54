import { createRandom, type Random } from "../capacity/random.ts";

/** Somebody wants something, so many seconds after the beginning. */
export type Wish = { atS: number } & (
  | { kind: "render"; seconds: number }
  /** A program that asks the language model, and declares that it does. */
  | { kind: "answer"; tokens: number }
  /** A person at llama-server's own page, of whom the sidecar is told nothing. */
  | { kind: "llama page"; tokens: number }
  /** The same at the renderer's. */
  | { kind: "render page"; seconds: number }
);

export interface TrafficOptions {
  seed: number;
  seconds: number;
  /** Of persons, at each of the two pages. */
  requests: number;
}

const RENDER_EVERY_S = 75;
const ANSWER_EVERY_S = 90;
/** A person asks so many times before leaving the page. */
const A_VISIT = 10;
const THINK_S = 2;

/** What people will want, in the order in which they want it: the same for the same seed. */
export function drawTraffic({ seed, seconds, requests }: TrafficOptions): Wish[] {
  const random = createRandom(seed);
  const wishes: Wish[] = [
    ...moments(random.fork(1), RENDER_EVERY_S, seconds).map(
      (atS, i): Wish => ({ kind: "render", atS, seconds: random.fork(1000 + i).between(6, 20) }),
    ),
    ...moments(random.fork(2), ANSWER_EVERY_S, seconds).map(
      (atS, i): Wish => ({ kind: "answer", atS, tokens: tokensOf(random.fork(2000 + i)) }),
    ),
    ...visits(random.fork(3), requests, seconds).map(
      (atS, i): Wish => ({ kind: "llama page", atS, tokens: tokensOf(random.fork(3000 + i)) }),
    ),
    ...visits(random.fork(4), requests, seconds).map(
      (atS, i): Wish => ({ kind: "render page", atS, seconds: random.fork(9000 + i).between(0.2, 1.5) }),
    ),
  ];
  return wishes.sort((a, b) => a.atS - b.atS);
}

const tokensOf = (random: Random) => Math.round(random.between(20, 800));

function moments(random: Random, everyS: number, seconds: number): number[] {
  const found: number[] = [];
  for (let atS = random.wait(everyS); atS < seconds; atS += random.wait(everyS)) found.push(atS);
  return found;
}

/** Persons come at random moments and ask some times with a pause for thought. */
function visits(random: Random, requests: number, seconds: number): number[] {
  const found: number[] = [];
  while (found.length < requests) {
    let atS = random.between(0, seconds);
    for (let i = 0; i < A_VISIT && found.length < requests; i++) {
      found.push(atS % seconds);
      atS += random.wait(THINK_S);
    }
  }
  return found;
}
