import { DEFAULT_LIMITS } from "@zarr-cache/server";
import { describe, expect, it } from "vitest";
import { fakeClock } from "zarr-cache/testing";
import { clientBehind, isNetwork, type TrustedProxies } from "../../src/guard/client-address.ts";
import { testServer } from "../support/test-server.ts";

const TRUSTED = ["10.0.0.0/8", "192.0.2.7", "fd00::/8"];

function client(
  peer: string | undefined,
  headers: Record<string, string> = {},
  header: TrustedProxies["header"] = "x-forwarded-for",
) {
  return clientBehind({ trusted: TRUSTED, header })({ peer, headers: new Headers(headers) });
}

const via = (list: string) => ({ "x-forwarded-for": list });

describe("the address of a client", () => {
  it.each<[string, string | undefined, Record<string, string>, string | undefined]>([
    ["is its own where nothing is told", "203.0.113.5", {}, "203.0.113.5"],
    ["is what a trusted proxy tells", "10.1.2.3", via("203.0.113.5"), "203.0.113.5"],
    ["is what one of a trusted network of IPv6 tells", "fd12::1", via("2001:db8::5"), "2001:db8::5"],
    [
      "is what one at an address of IPv4 within IPv6 tells",
      "::ffff:10.1.2.3",
      via("203.0.113.5"),
      "203.0.113.5",
    ],
    ["is not what anybody else tells", "203.0.113.5", via("198.51.100.1"), "203.0.113.5"],
    [
      "is the last that is not of a proxy",
      "10.1.2.3",
      via("198.51.100.1, 203.0.113.5, 192.0.2.7"),
      "203.0.113.5",
    ],
    [
      "is not what the client itself has written before",
      "10.1.2.3",
      via("192.0.2.7, 198.51.100.9, 203.0.113.5"),
      "203.0.113.5",
    ],
    ["is the proxy's where that tells nothing", "10.1.2.3", {}, "10.1.2.3"],
    ["is the proxy's where that tells no address", "10.1.2.3", via("198.51.100.1, unknown"), "10.1.2.3"],
    ["is told with a port", "10.1.2.3", via("203.0.113.5:4711"), "203.0.113.5"],
    ["is told in brackets", "10.1.2.3", via("[2001:db8::5]:4711"), "2001:db8::5"],
    [
      "is not in the header that proxies do not write",
      "10.1.2.3",
      { forwarded: "for=198.51.100.1" },
      "10.1.2.3",
    ],
    ["is unknown where the connection's is", undefined, via("203.0.113.5"), undefined],
  ])("%s", (_, peer, headers, expected) => {
    expect(client(peer, headers)).toBe(expected);
  });

  it.each<[string, string, string]>([
    ["for=203.0.113.5", "203.0.113.5", "a token"],
    ['For="[2001:db8::5]:4711";proto=https', "2001:db8::5", "a quoted address with a port"],
    ["for=198.51.100.1, for=203.0.113.5;by=10.0.0.1, for=192.0.2.7", "203.0.113.5", "several hops"],
    ['for="198.51.100.1, for=9.9.9.9", for=203.0.113.5', "203.0.113.5", "a comma within quotes"],
    ["for=198.51.100.1, for=_hidden", "10.1.2.3", "a hidden hop"],
    ["by=10.0.0.1", "10.1.2.3", "no address"],
  ])("RFC 7239 §4: Forwarded: %s", (forwarded, expected) => {
    expect(client("10.1.2.3", { forwarded, ...via("198.51.100.77") }, "forwarded")).toBe(expected);
  });

  it("is found in a header of any length in bounded time", () => {
    const long = Array.from({ length: 2000 }, () => "10.0.0.1").join(", ");
    expect(client("10.1.2.3", via(long))).toBe("10.0.0.1");
    expect(client("10.1.2.3", { forwarded: `for="${'\\"'.repeat(5000)}` }, "forwarded")).toBe("10.1.2.3");
  });
});

it.each([
  ["10.0.0.0/8", true],
  ["10.0.0.1", true],
  ["fd00::/8", true],
  ["::1", true],
  ["10.0.0.0/33", false],
  ["fd00::/129", false],
  ["10.0.0.0/8/8", false],
  ["10.0.0.0/", false],
  ["proxy.example", false],
  ["", false],
])("%j as a network: %s", (text, expected) => {
  expect(isNetwork(text)).toBe(expected);
});

it("is what the rate is counted by: clients behind one proxy have each their own", async () => {
  const clientAddress = clientBehind({ trusted: ["10.0.0.1"], header: "x-forwarded-for" });
  const limits = { ...DEFAULT_LIMITS, ratePerSecond: 1, burst: 1 };
  const behind = {
    ticking: fakeClock(),
    limits,
    clientAddress: (asked: Parameters<typeof clientAddress>[0]) =>
      clientAddress({ ...asked, headers: asked.headers, peer: "10.0.0.1" }),
  };
  const { ask } = testServer(new Map([["/c/0", Uint8Array.of(1)]]), behind);
  const statuses = [];
  for (const address of ["203.0.113.5", "203.0.113.5", "203.0.113.6"])
    statuses.push((await ask("/c/0", { headers: via(address) })).status);
  expect(statuses).toEqual([200, 429, 200]);
});
