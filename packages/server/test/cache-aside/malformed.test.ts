import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { Records, send, startAside } from "./support.ts";

const ADDRESS = "/cache/api/v1.0/";
const JSON_TYPE = { "Content-Type": "application/json" };
const seed = Math.trunc(Math.random() * 2 ** 31);

/** What is true of every answer to a request that is wrong: its status, and an error in JSON without what is inside. */
async function expectError(answer: Response, status?: number): Promise<void> {
  const text = await answer.text();
  if (status === undefined) expect([answer.status >= 400 && answer.status < 500, text]).toEqual([true, text]);
  else expect([answer.status, text]).toEqual([status, text]);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  const body = JSON.parse(text);
  expect(body).toMatchObject({ status: answer.status, detail: expect.any(String) });
  expect(text).not.toMatch(/node_modules|\.ts:\d|\bat .*\(/);
}

describe("a body", () => {
  it.each<[string, string, number]>([
    ["that is empty", "", 400],
    ["that is no JSON", '{"data": {"command" = "read"}}', 400],
    ["that is cut off", '{"data": {"command": "rea', 400],
    ["that is not UTF-8", "\u0000", 400],
    ["that is null", "null", 400],
    ["that is a list", "[]", 400],
    ["without data", "{}", 400],
    ["with more than data", '{"data":{"path":"a"},"more":1}', 400],
    ["with data that is a text", '{"data":"read"}', 400],
    ["with data that is empty", '{"data":{}}', 400],
    ["with a command that is none", '{"data":{"command":"drop","path":"a"}}', 400],
    ["with a command that is a number", '{"data":{"command":1,"path":"a"}}', 400],
    ["with a command of the prototype", '{"data":{"command":"constructor","path":"a"}}', 400],
    ["without a path", '{"data":{"command":"read"}}', 400],
    ["with a path that is empty", '{"data":{"command":"read","path":""}}', 400],
    ["with a path that is a list", '{"data":{"command":"read","path":["a"]}}', 400],
    ["with a path that is half a character", '{"data":{"command":"read","path":"\\ud800"}}', 400],
    ["with what no command has", '{"data":{"command":"read","path":"a","pth":"b"}}', 400],
    ["with a duration that is none", '{"data":{"command":"create","path":"a","expires":"soon"}}', 400],
    ["with a duration before now", '{"data":{"command":"create","path":"a","expires":-1}}', 400],
    ["with a form that is none", '{"data":{"command":"read","path":"a","as":"xml"}}', 400],
    ["with a command and a function", '{"data":{"command":"read","function":"f","path":"a"}}', 400],
    ["with a function that is a number", '{"data":{"function":1}}', 400],
    ["with a function that is not there", '{"data":{"function":"rm"}}', 404],
    ["with a function of the prototype", '{"data":{"function":"__proto__"}}', 404],
    ["with a function that wants a key", '{"data":{"function":"cache_item_stats"}}', 400],
    ["with a key outside", '{"data":{"function":"cache_item_stats","key":"../../etc/passwd"}}', 400],
    ["that is too long", JSON.stringify({ data: { path: "x".repeat(2 ** 20) } }), 413],
  ])("%s", async (_, body, status) => {
    const { request } = await startAside();
    await expectError(await request(ADDRESS, { method: "POST", headers: JSON_TYPE, body }), status);
  });

  it("that does not say that it is JSON", async () => {
    const { request } = await startAside();
    const body = '{"data":{"command":"read","path":"file1.json"}}';
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
      await expectError(
        await request(ADDRESS, { method: "POST", headers: { "Content-Type": type }, body }),
        415,
      );
  });
});

describe("an address", () => {
  it.each<[string, string, number]>([
    ["that asks for nothing", "", 400],
    ["with a command that is none", "?command=drop&path=a", 400],
    ["with a command twice", "?command=read&command=delete&path=a", 400],
    ["with a path twice", "?path=a&path=b", 400],
    ["without a path", "?command=create", 400],
    ["with a command and a function", "?command=read&path=a&function=cache_stats", 400],
    ["with a function that is not there", "?function=os.system&key=a", 404],
    ["with a function that is empty", "?function=", 400],
    ["with what no command has", "?command=read&path=a&url=http://example.com/", 400],
  ])("%s", async (_, query, status) => {
    const { request } = await startAside();
    await expectError(await request(ADDRESS + query), status);
  });

  it.each(["PUT", "DELETE", "PATCH", "HEAD"])("by %s", async (method) => {
    const records = new Records();
    const { request } = await startAside(records);
    await request(`${ADDRESS}?command=create&path=file1.json`);
    const answer = await request(`${ADDRESS}?command=delete&path=file1.json`, { method });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, POST"]);
    expect(await (await request(`${ADDRESS}?command=head&path=file1.json`)).text()).toContain(
      '"cached":true',
    );
  });
});

const TRICKS = [
  "../secret",
  "..",
  ".",
  "a/../../secret",
  "a/./b",
  "//secret",
  "a//b",
  "a/",
  "/",
  "..\\secret",
  "a\\b",
  "a\u0000b",
  "a\nb",
  "\u007f",
  `${"x/".repeat(600)}x`,
];

describe.each(["create", "read", "update", "delete", "head"])(
  "a path that leads elsewhere: %s",
  (command) => {
    it.each(["GET", "POST"] as const)("by %s", async (method) => {
      const records = new Records();
      const { request } = await startAside(records);
      for (const path of TRICKS) await expectError(await send(request, method, { command, path }), 400);
      expect(records.reads).toEqual([]);
    });
  },
);

it("an object's path that leads elsewhere", async () => {
  const records = new Records();
  const { request } = await startAside(records);
  for (const method of ["GET", "HEAD", "PUT", "DELETE"])
    for (const path of [
      "..%2fsecret",
      "a%2f..%2f..%2fsecret",
      "a%5cb",
      "a%00b",
      "%zz",
      "a//b",
      "%2e%2e%2fx",
    ]) {
      const answer = await request(`/api/v1/objects/${path}`, {
        method,
        ...(method === "PUT" && { body: "1" }),
      });
      expect([method, path, answer.status]).toEqual([method, path, 400]);
    }
  expect(records.reads).toEqual([]);
});

it("takes no code: a function's name is no path, and none can be sent", async () => {
  const { request } = await startAside();
  for (const name of [
    "say-hello.ts",
    "./say-hello.ts",
    "file:///etc/passwd",
    "data:text/javascript,1",
    "function_create",
  ])
    await expectError(
      await send(request, "POST", { function: name, function_body: "export default 1" }),
      404,
    );
});

it("refuses arguments of a function that are no object", async () => {
  const { request } = await startAside();
  for (const body of ["", "[]", "1", "null", '"a"', "{"])
    await expectError(
      await request("/api/v1/functions/say_hello", { method: "POST", headers: JSON_TYPE, body }),
      400,
    );
  const form = { method: "POST", body: new URLSearchParams("message=1") };
  await expectError(await request("/api/v1/functions/say_hello", form), 415);
});

it("refuses pages of other sites what changes or costs something", async () => {
  const { request } = await startAside();
  const from = (site: string) => ({ headers: { "Sec-Fetch-Site": site } });
  for (const query of [
    "?command=create&path=file1.json",
    "?command=delete&path=file1.json",
    "?function=cache_stats",
  ]) {
    await expectError(await request(ADDRESS + query, from("cross-site")), 403);
    await expectError(await request(ADDRESS + query, from("same-site")), 403);
    expect((await request(ADDRESS + query, from("same-origin"))).status).toBe(200);
    expect((await request(ADDRESS + query, from("none"))).status).toBe(200);
  }
});

describe(`requests by chance (seed ${seed})`, () => {
  let request: Awaited<ReturnType<typeof startAside>>["request"];
  beforeAll(() => {
    expect(seed).toBeGreaterThanOrEqual(0);
  });

  const anything = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.jsonValue(),
    fc.constantFrom(...TRICKS, "create", "read", "cache_stats", "file1.json"),
  );
  const field = fc.constantFrom("command", "path", "function", "as", "expires", "key", "data", "__proto__");

  it("get an answer that is theirs or an error, never a failure of the server", async () => {
    const started = await startAside();
    request = started.request;
    await fc.assert(
      fc.asyncProperty(fc.dictionary(field, anything, { maxKeys: 4 }), fc.boolean(), async (data, isBare) => {
        const body = JSON.stringify(isBare ? data : { data });
        const posted = await request(ADDRESS, { method: "POST", headers: JSON_TYPE, body });
        expect([posted.status < 500, body]).toEqual([true, body]);
        await posted.json();
        const query = new URLSearchParams(
          Object.entries(data).map(([name, value]) => [
            name,
            typeof value === "string" ? value : JSON.stringify(value),
          ]),
        );
        const asked = await request(`${ADDRESS}?${query}`);
        expect([asked.status < 500, String(query)]).toEqual([true, String(query)]);
      }),
      { seed, numRuns: 300 },
    );
  });
});
