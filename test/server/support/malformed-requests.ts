import type { Random } from "./seeded-random.ts";

/** Makes one request of a kind, as bytes. `elsewhere`: host and port of a server that no configuration names. */
export type MakeRequest = (random: Random, elsewhere: string) => string | Uint8Array;

const KEY = "/stores/files/c/0";
const ODD = ["\u0000", "\u0001", "\t", "\u007f", "\u00ff", " ", '"', "<", "\\", "`", "{", "^"];
const METHODS = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "POST", "PATCH"];
const API = [
  "stores",
  "entries",
  "usage",
  "jobs",
  "events",
  "openapi.json",
  "objects/x",
  "stores/files/arrays",
];

/** Where what is asked for is named by a parameter or a body, which a handler could be led to fetch. */
const NAMING = ["/cache/api/v1.0/", "/api/v1/evaluate", "/api/v1/objects/x"];
const COMMANDS = ["create", "read", "update", "delete", "head"];

const times = <T>(random: Random, most: number, make: (place: number) => T): T[] =>
  Array.from({ length: 1 + random.below(most) }, (_, place) => make(place));

const word = (random: Random, most = 12): string =>
  times(random, most, () => random.pick([..."abcxyz019._-~"])).join("");

const request = (target: string, headers: readonly string[] = [], method = "GET", body = ""): string =>
  `${method} ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n${headers.map((line) => `${line}\r\n`).join("")}\r\n${body}`;

const posted = (target: string, body: string, type = "application/json"): string =>
  request(target, [`Content-Type: ${type}`, `Content-Length: ${Buffer.byteLength(body)}`], "POST", body);

/** To read, write or delete what lies above a store. */
const climbing = (random: Random, dots: readonly string[], slashes: readonly string[]): string => {
  const steps = times(random, 8, () => `${random.pick(dots)}${random.pick(slashes)}`).join("");
  const method = random.pick(["GET", "GET", "PUT", "DELETE"]);
  const goals = method === "GET" ? ["secret", "etc/passwd", "../secret"] : ["secret", "planted"];
  const target = `/stores/${random.pick(["files", "web", "."])}/${steps}${random.pick(goals)}`;
  return request(target, [], method);
};

const anyJson = (random: Random, elsewhere: string, depth = 3): unknown => {
  const kind = random.below(depth > 0 ? 8 : 6);
  if (kind === 0) return null;
  if (kind === 1) return random.below(2) === 1;
  if (kind === 2) return random.pick([0, -1, 1e308, 0.5, 2 ** 53]);
  if (kind < 6)
    return random.pick([
      "",
      "files",
      "/",
      "/../secret",
      `http://${elsewhere}/`,
      "file:///etc/passwd",
      "__proto__",
    ]);
  if (kind === 6) return times(random, 4, () => anyJson(random, elsewhere, depth - 1));
  const names = [
    "store",
    "path",
    "key",
    "keys",
    "array",
    "arrays",
    "region",
    "data",
    "command",
    "function",
    "__proto__",
    "constructor",
  ];
  return Object.fromEntries(
    times(random, 5, () => [random.pick(names), anyJson(random, elsewhere, depth - 1)]),
  );
};

const strangeName = (random: Random, elsewhere: string): string =>
  random.pick([
    "",
    "..%2f..%2fsecret",
    "%00",
    "-1",
    "1e9",
    "file:///etc/passwd",
    `http://${elsewhere}/`,
    `http://${elsewhere}/${word(random)}`,
    "__proto__",
    "%ff",
    word(random, 60),
  ]);

/** What the cache-aside API is asked in earnest, but for a name that nobody should give. */
const earnestly = (random: Random, elsewhere: string): Record<string, string> => ({
  command: random.pick(COMMANDS),
  path: strangeName(random, elsewhere),
});

const questionOf = (fields: Record<string, string>): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join("&");

/** Kinds of requests that no honest client sends. */
export const MALFORMED: Readonly<Record<string, MakeRequest>> = {
  "dots that climb": (random) => climbing(random, ["..", "."], ["/", "//", "/./"]),
  "encoded dots": (random) => climbing(random, ["%2e%2e", ".%2E", "%2e."], ["/", "%2f"]),
  "dots encoded twice": (random) => climbing(random, ["%252e%252e", "%25252e."], ["/", "%252f", "%252F"]),
  "encoded slashes": (random) =>
    request(`${KEY}${times(random, 5, () => random.pick(["%2F", "%2f", "%252f"]) + word(random)).join("")}`),
  backslashes: (random) => climbing(random, ["..", "."], ["\\", "%5c", "%5C", "%255c"]),
  "control characters": (random) =>
    Buffer.from(
      request(`${KEY}${random.pick(["%00", "%0a", "%0d%0aX-A:b", ...ODD])}${word(random)}`),
      "latin1",
    ),
  "broken percent signs": (random) =>
    request(`${KEY}${times(random, 6, () => random.pick(["%", "%z", "%1", "%%", "%u0041"])).join("")}`),
  "invalid UTF-8": (random) =>
    request(
      `${KEY}${times(random, 6, () => random.pick(["%ff", "%c0%ae", "%ed%a0%80", "%f8%88", "%80"])).join("")}`,
    ),
  "long targets": (random) => request(`${KEY}?${"x".repeat(8000 + random.below(6000))}`),
  "targets of other servers": (random, elsewhere) =>
    request(
      random.pick([
        `http://169.254.169.254/latest/${word(random)}`,
        `http://${elsewhere}/${word(random)}`,
        elsewhere,
        "*",
        `//evil.example/${word(random)}`,
        `/stores/http:%2f%2f${elsewhere}/${word(random)}`,
        `/stores/web/http://${elsewhere}/${word(random)}`,
        `/stores/web/@${elsewhere}/${word(random)}`,
      ]),
    ),
  "strange hosts": (random) =>
    `GET ${KEY} HTTP/1.1\r\n${random.pick(["", "Host:\r\n", "Host: a b\r\n", "Host: a\r\nHost: b\r\n", "Host: evil.example\r\n", "Host: 127.0.0.1@evil.example\r\n", "Host: [::1\r\n", `Host: ${word(random)}:99999\r\n`])}Connection: close\r\n\r\n`,
  "strange methods": (random) =>
    request(
      random.pick([KEY, "/", "/api/v1/stores"]),
      ["Content-Length: 0"],
      random.pick([
        "TRACE",
        "CONNECT",
        "get",
        "PROPFIND",
        "X".repeat(1 + random.below(200)),
        "G\u0001T",
        "PUT",
        "DELETE",
        "PATCH",
      ]),
    ),
  "strange ranges": (random) =>
    request(KEY, [
      `Range: ${random.pick(["bytes=", "bytes=-", "bytes=5-1", `bytes=${"9".repeat(1 + random.below(40))}-`, `bytes=-${"9".repeat(1 + random.below(40))}`, "bytes=0-0,".repeat(1 + random.below(300)), "bytes=a-b", "octets=0-1", "bytes = 0-1", `bytes=${random.below(2000)}-${random.below(2000)}`])}`,
    ]),
  "strange conditions": (random) =>
    request(KEY, [
      `${random.pick(["If-Match", "If-None-Match", "If-Range", "If-Modified-Since", "If-Unmodified-Since"])}: ${random.pick(['"', '"a', "W/", "*,*", '"a","', `${'"x",'.repeat(200)}`, "yesterday", "-1", "\u0007", word(random, 300)])}`,
    ]),
  "strange heads": (random) =>
    `GET ${KEY} HTTP/${random.pick(["1.1", "1.0", "9.9", "x", ""])}\r\nHost: 127.0.0.1\r\n${times(random, 4, () => random.pick(["NoColon", ": empty", "A : b", " folded: x", "\tx", "A:b\n", "X-\u0001: y", `${word(random)}: ${random.pick(ODD)}`])).join("\r\n")}\r\n\r\n`,
  "long heads": (random) =>
    request(
      KEY,
      times(random, 40, (place) => `X-${place}: ${"y".repeat(random.below(2000))}`),
    ),
  "lengths that do not agree": (random) =>
    `PUT ${KEY} HTTP/1.1\r\nHost: 127.0.0.1\r\n${random.pick(["Content-Length: -1", "Content-Length: 5\r\nContent-Length: 6", "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: gzip", "Transfer-Encoding: chunked, chunked", "Content-Length: 99999999999999999999", "Content-Length: 0x10"])}\r\n\r\n${random.pick(["0\r\n\r\n", "zz\r\n", "5\r\nab", "", "GET /stores/files/secret HTTP/1.1\r\n\r\n"])}`,
  "requests that end early": (random) => {
    const whole = random.pick([
      request(KEY),
      posted("/api/v1/warm", '{"store":"files","keys":["/c/0"]}'),
      posted("/cache/api/v1.0/", '{"data":{"command":"read","path":"c/0"}}'),
    ]);
    return whole.slice(0, random.below(whole.length));
  },
  "bodies that are not as they should be": (random, elsewhere) =>
    posted(
      random.pick(["/api/v1/invalidate", "/api/v1/warm", "/api/v1/verify", ...NAMING, ...NAMING]),
      random.pick([
        JSON.stringify(anyJson(random, elsewhere)),
        JSON.stringify({ data: earnestly(random, elsewhere) }),
        JSON.stringify({ data: earnestly(random, elsewhere) }),
        "{",
        "",
        "[".repeat(5000),
        '{"__proto__":{"store":"files"}}',
        "\ufffd",
        word(random, 100),
      ]),
      random.pick(["application/json", "text/plain", "multipart/form-data", "application/json; charset=x"]),
    ),
  "questions that are not as they should be": (random, elsewhere) => {
    const path = random.pick([
      ...NAMING,
      ...NAMING,
      ...API.map((name) => `/api/v1/${name}`),
      "/stores/files/",
    ]);
    const names = [
      "store",
      "path",
      "command",
      "key",
      "function",
      "limit",
      "cursor",
      "orderBy",
      "after",
      "only",
    ];
    const anything = times(random, 5, () => `${random.pick(names)}=${strangeName(random, elsewhere)}`).join(
      "&",
    );
    if (random.below(2) === 0) return request(`${NAMING[0]}?${questionOf(earnestly(random, elsewhere))}`);
    return request(`${path}?${anything}`, [], random.pick(METHODS));
  },
  "tokens that are none": (random) =>
    request(random.pick([KEY, "/api/v1/stores"]), [
      `Authorization: ${random.pick(["Bearer", "Bearer ", `Bearer ${"x".repeat(random.below(5000))}`, "Basic !!!", "Basic Og==", "Digest x", "\u00ff", `${word(random)} ${word(random)}`])}`,
    ]),
  noise: (random) => Uint8Array.from(times(random, 400, () => random.below(256))),
};
