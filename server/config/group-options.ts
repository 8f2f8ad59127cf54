import * as v from "valibot";
import { httpUrl } from "./checks.ts";

const redisUrl = v.pipe(
  v.string(),
  v.check(
    (text) => /^rediss?:\/\//i.test(text) && URL.canParse(text),
    "a URL such as redis://redis.lab:6379, or rediss:// for TLS",
  ),
);

const peer = v.strictObject({
  /** Its panel. */
  url: httpUrl,
  /** Its `--token`, with which requests to it are signed. */
  token: v.optional(v.pipe(v.string(), v.minLength(8), v.maxLength(256))),
});
export type Peer = v.InferOutput<typeof peer>;

/** Settings by which several hosts show one view. */
export const groupEntries = {
  redisUrl: v.optional(redisUrl),
  group: v.optional(v.pipe(v.string(), v.regex(/^[\w.-]{1,60}$/, "a name of letters, digits, dots, dashes"))),
  groupSecret: v.optional(
    v.pipe(v.string(), v.minLength(16, "a secret of at least 16 characters"), v.maxLength(256)),
  ),
  /** What the others call this machine. */
  hostName: v.optional(v.pipe(v.string(), v.regex(/^\P{Cc}{1,80}$/u, "a name of at most 80 characters"))),
  /** Where the others find this panel. */
  address: v.optional(httpUrl),
  peers: v.optional(
    v.pipe(
      v.array(peer),
      v.minLength(1),
      v.maxLength(16),
      v.check((all) => new Set(all.map(({ url }) => url)).size === all.length, "a peer is named twice"),
    ),
  ),
};
export type GroupOptions = v.InferOutput<v.StrictObjectSchema<typeof groupEntries, undefined>>;

export const GROUP_FLAGS = [
  {
    key: "redisUrl",
    flag: "redis-url",
    value: "URL",
    help: "Redis by which the hosts of a group show one view",
  },
  {
    key: "group",
    flag: "group",
    value: "NAME",
    help: 'the group of hosts (default "gpus" with --redis-url)',
  },
  {
    key: "groupSecret",
    flag: "group-secret",
    value: "SECRET",
    help: "signs what the hosts of a group publish and pass on to each other",
  },
  {
    key: "hostName",
    flag: "host-name",
    value: "NAME",
    help: "what the group calls this machine (default its host name)",
  },
  {
    key: "address",
    flag: "address",
    value: "URL",
    help: "where the group finds this panel (default its own address)",
  },
] as const;

/** What is right by itself and wrong together. */
export function groupContradictions(
  options: GroupOptions & { source: string },
  placeOf: (key: string) => string,
): string[] {
  const { redisUrl, group, peers, source } = options;
  const errors: string[] = [];
  if (group !== undefined && redisUrl === undefined)
    errors.push(`${placeOf("group")}: a group needs --redis-url, where its hosts publish what they see`);
  if (redisUrl !== undefined && peers !== undefined)
    errors.push(`${placeOf("peers")}: the hosts of --redis-url are a group already: keep one of the two`);
  if (source === "none" && redisUrl === undefined && peers === undefined)
    errors.push(`${placeOf("source")}: none shows other hosts: add --redis-url, or peers in the config file`);
  return errors;
}
