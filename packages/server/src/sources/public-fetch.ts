import { lookup as systemLookup } from "node:dns";
import { lookup as systemLookupAll } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import { Agent } from "undici";
import { addressOfHost, isPrivateAddress } from "./private-address.ts";

/** Whether a host is of a private network as things are now: its address, or one that its name stands for. */
export async function isPrivateHost(hostname: string): Promise<boolean> {
  const address = addressOfHost(hostname);
  if (address !== undefined) return isPrivateAddress(address);
  if (hostname === "localhost" || hostname.endsWith(".localhost")) return true;
  const found = await systemLookupAll(hostname, { all: true }).catch(() => []);
  return found.some((entry) => isPrivateAddress(entry.address));
}

/**
 * A `fetch` that reaches public addresses alone: neither a redirect nor a name that stands for another address meanwhile
 * leads it into a private network. The address that is checked is the one that is connected to.
 */
export function publicFetch(lookup: LookupFunction = systemLookup): (request: Request) => Promise<Response> {
  const dispatcher = new Agent({ connect: { lookup: publicLookup(lookup) } });
  return (request) => {
    const address = addressOfHost(new URL(request.url).hostname);
    if (address !== undefined && isPrivateAddress(address)) return Promise.reject(refused(address));
    const { url, method, headers, signal, redirect } = request;
    return fetch(url, { method, headers, signal, redirect, dispatcher } as RequestInit);
  };
}

/** Looks a name up, and fails where it stands for a private address. */
export function publicLookup(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) =>
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, []);
      const addresses = typeof found === "string" ? [{ address: found, family: isIP(found) }] : found;
      const refusedOne = addresses.find(({ address }) => isPrivateAddress(address));
      if (refusedOne !== undefined) return callback(refused(refusedOne.address), []);
      if (options.all === true) return callback(null, addresses);
      callback(null, addresses[0]?.address ?? "", addresses[0]?.family);
    });
}

function refused(address: string): Error {
  return Object.assign(
    new Error(`${address} is a private address, and the source is public; allow it by http.privateAddresses`),
    { code: "EPRIVATE" },
  );
}
