import type { LookupOptions } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { expect, it } from "vitest";
import { isPrivateAddress } from "../../src/sources/private-address.ts";
import { publicFetch, publicLookup } from "../../src/sources/public-fetch.ts";

it.each([
  "127.0.0.1",
  "10.1.2.3",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.1.1",
  "169.254.169.254",
  "100.64.0.1",
  "0.0.0.0",
  "224.0.0.1",
  "255.255.255.255",
  "::1",
  "::",
  "fe80::1",
  "fe80::1%eth0",
  "fd00:ec2::254",
  "ff02::1",
  "::ffff:127.0.0.1",
  "::ffff:7f00:1",
  "0:0:0:0:0:ffff:a00:1",
  "64:ff9b::a9fe:a9fe",
  "::127.0.0.1",
])("takes %s for private", (address) => {
  expect(isPrivateAddress(address)).toBe(true);
});

it.each([
  "8.8.8.8",
  "172.32.0.1",
  "100.128.0.1",
  "2001:4860:4860::8888",
  "::ffff:8.8.8.8",
  "64:ff9b::808:808",
])("takes %s for public", (address) => {
  expect(isPrivateAddress(address)).toBe(false);
});

const answering =
  (...addresses: string[]): LookupFunction =>
  (_, __, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: isIP(address) })),
    );

function found(lookup: LookupFunction, options: LookupOptions): Promise<unknown> {
  return new Promise((resolve, reject) => {
    publicLookup(lookup)("host.example", options, (error, ...rest) =>
      error ? reject(error) : resolve(rest),
    );
  });
}

it("passes names on that stand for public addresses", async () => {
  expect(await found(answering("8.8.8.8"), {})).toEqual(["8.8.8.8", 4]);
  expect(await found(answering("8.8.8.8", "2001:4860::1"), { all: true })).toEqual([
    [
      { address: "8.8.8.8", family: 4 },
      { address: "2001:4860::1", family: 6 },
    ],
  ]);
});

it("refuses a name that stands for a private address, be it one of several", async () => {
  await expect(found(answering("169.254.169.254"), {})).rejects.toThrow(/private address/);
  await expect(found(answering("8.8.8.8", "127.0.0.1"), { all: true })).rejects.toThrow(/private address/);
});

it("connects to no private address, by name or by number", async () => {
  const reach = publicFetch(answering("127.0.0.1"));
  await expect(reach(new Request("http://rebinding.example/x"))).rejects.toMatchObject({
    cause: { code: "EPRIVATE" },
  });
  await expect(reach(new Request("http://127.0.0.1:1/x"))).rejects.toMatchObject({ code: "EPRIVATE" });
  await expect(reach(new Request("http://2130706433/x"))).rejects.toMatchObject({ code: "EPRIVATE" });
});
