import { expect, expectTypeOf, test } from "vitest";
import type { ConnectionStatus } from "../../../client/connection/source.ts";
import type { Gpu } from "../../../shared/gpu/gpu.ts";
import type { Problem } from "../../../shared/problems/problem.ts";
import type { LanguageChoice, ThemeChoice, View } from "../../../shared/protocol/host-messages.ts";
import type { SourceState } from "../../../shared/protocol/state.ts";
import type * as pub from "../../../shared/public-types.ts";
import { IDLE_RELEASE, type Release } from "../../../shared/release/release.ts";

test("EMB-9b the published types are those of the schemas", () => {
  expectTypeOf<pub.Gpu>().toEqualTypeOf<Gpu>();
  expectTypeOf<pub.Problem>().toEqualTypeOf<Problem>();
  expectTypeOf<pub.SourceState>().toEqualTypeOf<SourceState>();
  expectTypeOf<pub.Release>().toExtend<Release>();
  expectTypeOf<Release>().toExtend<pub.Release>();
  expectTypeOf<pub.ThemeChoice>().toEqualTypeOf<ThemeChoice>();
  expectTypeOf<pub.LanguageChoice>().toEqualTypeOf<LanguageChoice>();
  expectTypeOf<pub.View>().toEqualTypeOf<View>();
  expectTypeOf<pub.ConnectionStatus>().toEqualTypeOf<ConnectionStatus>();
  // The compiler has checked the rest; this shows that a real value fits.
  const release: pub.Release = IDLE_RELEASE;
  expect(release.state).toBe("idle");
});
