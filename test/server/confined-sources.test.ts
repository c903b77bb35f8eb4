import { expect, it } from "vitest";
import { scriptedOrigin } from "../support/scripted-origin.ts";
import { startConfigured } from "./support/configured-server.ts";
import { countingOrigin } from "./support/counting-origin.ts";

const VALUE = Uint8Array.of(1, 2, 3);

/** What a client gets of a key, and the hosts that it reads of. */
async function ask(url: string) {
  const answer = await fetch(url);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  return { status: answer.status, bytes, text: new TextDecoder().decode(bytes) };
}

it("reads no other server than the configured one, wherever that sends it, unless the operator trusts it", async () => {
  const elsewhere = await countingOrigin({ "/x/a": VALUE });
  const origin = await scriptedOrigin(({ path }) => ({
    status: 302,
    headers: { location: `${elsewhere.url}${path}` },
  }));
  const source = `${origin.url}/x`;
  const { url } = await startConfigured({
    stores: { confined: source, trusting: { source, http: { redirects: "follow" } } },
  });
  const refused = await ask(`${url}/stores/confined/a`);
  expect([refused.status, elsewhere.requests]).toEqual([502, []]);
  expect(refused.text).not.toContain(new URL(elsewhere.url).host);
  expect((await ask(`${url}/stores/trusting/a`)).bytes).toEqual(VALUE);
});

it("connects to no private address for a source that is to be public", async () => {
  const origin = await countingOrigin({ "/x/a": VALUE });
  const source = `${origin.url}/x`;
  const { url, logged } = await startConfigured({
    stores: { inside: source, outside: { source, http: { privateAddresses: false } } },
  });
  const failed = logged("source failed");
  expect((await ask(`${url}/stores/outside/a`)).status).toBe(502);
  expect(origin.requests).toEqual([]);
  expect(String((await failed)["reason"])).toContain("/a");
  // One whose URL names a private address itself may be there.
  expect((await ask(`${url}/stores/inside/a`)).bytes).toEqual(VALUE);
});

it("tells the operator why a source failed, and nobody its secrets", async () => {
  const origin = await scriptedOrigin(() => ({ status: 500, headers: { "set-cookie": "id=hunter2" } }));
  const source = `${origin.url.replace("//", "//me:hunter2@")}/x?signature=hunter2`;
  const http = { headers: { "x-api-key": "hunter2" }, retries: { attempts: 1 } };
  const server = await startConfigured({ stores: { a: { source, http } }, accessLog: true });
  const failed = server.logged("source failed");
  const answer = await ask(`${server.url}/stores/a/b`);
  expect(String((await failed)["reason"])).toContain("500");
  expect(origin.requests[0]?.headers).toMatchObject({ "x-api-key": "hunter2" });
  const page = await ask(`${server.url}/`);
  const stores = await ask(`${server.url}/api/v1/stores`);
  const metrics = await ask(`${server.url}/metrics`);
  for (const told of [JSON.stringify(server.log), answer.text, page.text, stores.text, metrics.text])
    expect(told).not.toContain("hunter2");
});
