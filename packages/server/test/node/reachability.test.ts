import { expect, it } from "vitest";
import { type ConfigInput, configSchema } from "../../src/config/config-schema.ts";
import { assertReloadable } from "../../src/node/assert-reloadable.ts";
import { assertGuarded } from "../../src/node/reachability.ts";

const TOKEN = { name: "team", sha256: "0".repeat(64), scope: "read" as const };

it.each<[string, ConfigInput]>([
  ["loopback of IPv4", { listen: "127.0.0.1:5000" }],
  ["all of that network", { listen: "127.1.2.3:5000" }],
  ["loopback of IPv6", { listen: "[::1]:5000" }],
  ["localhost", { listen: "localhost:5000" }],
  ["a public address with a token", { listen: "0.0.0.0:5000", tokens: [TOKEN] }],
  ["a public address where that is wanted", { listen: "0.0.0.0:5000", allowPublic: true }],
])("serves at %s", (_, config) => {
  expect(() => assertGuarded(configSchema.parse(config))).not.toThrow();
});

it.each(["0.0.0.0:5000", "[::]:5000", "192.168.1.2:5000", "127.0.0.1.example.org:5000", "128.0.0.1:80"])(
  "serves at %s nobody without a token, and says what to do",
  (listen) => {
    expect(() => assertGuarded(configSchema.parse({ listen }))).toThrow(
      /others can reach .*: set ZARR_CACHE_TOKEN or `tokens`, or say --allow-public/,
    );
  },
);

it.each<[string, ConfigInput]>([
  ["listen", { listen: "127.0.0.1:1" }],
  ["workers", { workers: 2 }],
  ["logLevel", { logLevel: "debug" }],
  ["limits.maxHeaderBytes", { limits: { maxHeaderBytes: 2048 } }],
])("stays with its %s until it is started again", (name, config) => {
  const running = configSchema.parse({});
  expect(() => assertReloadable(running, configSchema.parse(config))).toThrow(`${name}: stays`);
  expect(() => assertReloadable(running, configSchema.parse({ limits: { maxInFlight: 1 } }))).not.toThrow();
});
