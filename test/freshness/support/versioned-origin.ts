import { type Recorded, type Scripted, scriptedOrigin, wellBehaved } from "../../support/scripted-origin.ts";

/** A server on a real socket whose values are texts with versions, and which writes down how it answered. */
export interface VersionedOrigin {
  readonly url: string;
  /** Gives a key another value, or the same under another version. */
  put(key: string, text: string): void;
  remove(key: string): void;
  /** The answers since the last call, sorted: `304 /a/c/0`. */
  taken(): readonly string[];
  /** Sends this `Cache-Control` from now on. */
  say(cacheControl: string): void;
  /** Answers everything with this from now on, or well again. */
  failWith(answer: Scripted | undefined): void;
  /** Holds answers until `release`, which resolves once the origin has been asked so many times. */
  hold(): { arrived(requests: number): Promise<void>; release(): void };
}

/** Starts an origin; it ends with the test. */
export async function versionedOrigin(values: Readonly<Record<string, string>>): Promise<VersionedOrigin> {
  const held = new Map<string, { readonly text: string; readonly etag: string }>();
  const answers: string[] = [];
  let versions = 0;
  let failure: Scripted | undefined;
  let cacheControl: string | undefined;
  let gate: Promise<void> | undefined;
  const answer = (request: Recorded): Scripted => {
    if (failure !== undefined) return failure;
    const value = held.get(request.path);
    const right = wellBehaved(value && new TextEncoder().encode(value.text), request, value?.etag);
    return cacheControl === undefined
      ? right
      : { ...right, headers: { ...right.headers, "cache-control": cacheControl } };
  };
  const origin = await scriptedOrigin(async (request) => {
    await gate;
    const scripted = answer(request);
    answers.push(`${scripted.status ?? 200} ${request.path}`);
    return scripted;
  });
  const put = (key: string, text: string) => void held.set(key, { text, etag: `"${++versions}"` });
  for (const [key, text] of Object.entries(values)) put(key, text);
  return {
    url: origin.url,
    put,
    remove: (key) => void held.delete(key),
    taken: () => answers.splice(0).toSorted(),
    say(text) {
      cacheControl = text;
    },
    failWith(scripted) {
      failure = scripted;
    },
    hold() {
      const before = origin.requests.length;
      let release!: () => void;
      gate = new Promise((resolve) => {
        release = resolve;
      });
      return {
        arrived: async (requests) => void (await origin.arrived(before + requests - 1)),
        release() {
          gate = undefined;
          release();
        },
      };
    },
  };
}
