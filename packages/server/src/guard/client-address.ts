import { BlockList, isIP } from "node:net";
import type { Asked } from "../http/asked.ts";

/** Finds the address of the client that a request comes from; `undefined` where nobody knows it. */
export type ClientAddress = (asked: Pick<Asked, "peer" | "headers">) => string | undefined;

/** More proxies than these are on no way; what is before them is not looked at. */
const MOST_HOPS = 32;

/** Whether a text is an address, or a network such as `10.0.0.0/8`. */
export function isNetwork(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

/** Which proxies are believed, and in which header they tell whom they were asked by. */
export interface TrustedProxies {
  /** Their addresses and networks. */
  readonly trusted: readonly string[];
  /** The one that each of them writes; another is passed on as a client has sent it, and is not looked at. */
  readonly header: "x-forwarded-for" | "forwarded";
}

/**
 * Finds clients behind proxies: the last address by which a trusted proxy was asked, as it tells by `X-Forwarded-For` or
 * `Forwarded` (RFC 7239). What comes from anybody else is not believed, and neither is what stands before the first address
 * that is not of a trusted proxy.
 */
export function clientBehind({ trusted, header }: TrustedProxies): ClientAddress {
  const isTrusted = membership(trusted);
  const hopsOf = header === "forwarded" ? forwardedFor : (list: string) => list.split(",");
  return ({ peer, headers }) => {
    let client = plain(peer);
    if (client === undefined || !isTrusted(client)) return client;
    const told = headers.get(header);
    if (told === null) return client;
    for (const hop of hopsOf(told).slice(-MOST_HOPS).reverse()) {
      const address = plain(hop);
      // A proxy that hides who asked it: it is all that is known.
      if (address === undefined) break;
      client = address;
      if (!isTrusted(address)) break;
    }
    return client;
  };
}

/** Whether an address is one of these, or in one of these networks. */
function membership(networks: readonly string[]): (address: string) => boolean {
  const members = new BlockList();
  const familyOf = (address: string) => (isIP(address) === 6 ? "ipv6" : "ipv4");
  for (const network of networks) {
    const [address = "", bits] = network.split("/");
    if (bits === undefined) members.addAddress(address, familyOf(address));
    else members.addSubnet(address, Number(bits), familyOf(address));
  }
  return (address) => members.check(address, familyOf(address));
}

/** The values of `for` in `Forwarded`: RFC 7239 §4. */
function forwardedFor(list: string): (string | undefined)[] {
  return splitOutsideQuotes(list).map((element) => {
    const [, quoted, token] = /(?:^|;)[ \t]*for=(?:"([^"]*)"|([^;, \t]*))/i.exec(element) ?? [];
    return quoted ?? token;
  });
}

function splitOutsideQuotes(list: string): string[] {
  return list.match(/(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/g) ?? [];
}

/** An address without brackets, port, and the form of IPv4 within IPv6. */
function plain(text: string | undefined): string | undefined {
  const trimmed = text?.trim() ?? "";
  const [, bracketed] = /^\[([^\]]*)\](?::\d+)?$/.exec(trimmed) ?? [];
  const address = bracketed ?? trimmed.replace(/^(\d{1,3}(?:\.\d{1,3}){3}):\d+$/, "$1");
  const unmapped = address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
  return isIP(unmapped) === 0 ? undefined : unmapped;
}
