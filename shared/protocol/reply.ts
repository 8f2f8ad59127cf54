import * as v from "valibot";
import { type Problem, problemSchema } from "../problems/problem.ts";

/** Every acknowledgement: the data, or what is wrong. */
export type Reply<T> = { ok: true; data: T } | ({ ok: false } & Problem);

/** Schema of a {@link Reply} whose data match `data`. */
export function replySchema<const S extends v.GenericSchema>(data: S) {
  return v.union([
    v.object({ ok: v.literal(true), data }),
    v.object({ ok: v.literal(false), ...problemSchema.entries }),
  ]);
}

/** What a refused connection carries in `error.data`. */
export const refusalSchema = problemSchema;

export const succeed = <T>(data: T): Reply<T> => ({ ok: true, data });
export const refuse = (problem: Problem): Reply<never> => ({ ok: false, ...problem });
