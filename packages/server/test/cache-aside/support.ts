import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { createApp, type ServerContext } from "@zarr-cache/server";
import { onTestFinished } from "vitest";
import { asideSettings, openAside } from "../../src/cache-aside/aside.ts";
import { testContext } from "../support/test-context.ts";

/** The files that the tests begin with. */
export const RECORDS = {
  "/file1.json": '{"foo":"bar","large":12345678901234567890,"nested":{"n":[1,2.50]}}',
  "/2020/file1.json": "[1,2,3]",
  "/broken.json": "{",
  "/table.csv": "id,name\n1,Zürich\n2,\n",
  "/file1.snappy.parquet": await readFile(new URL("../fixtures/file1.snappy.parquet", import.meta.url)),
} as const;

/** A system of record that counts what is asked of it. */
export class Records {
  readonly identity = "records";
  readonly reads: string[] = [];
  readonly values: Map<string, Uint8Array>;

  constructor(values: Readonly<Record<string, string | Uint8Array>> = RECORDS) {
    this.values = new Map(
      Object.entries(values).map(([key, value]) => [key, Uint8Array.from(Buffer.from(value))]),
    );
  }

  get(key: string): Uint8Array | undefined {
    this.reads.push(key);
    return this.values.get(key);
  }
}

/** An application with the cache-aside API over records, and the functions of this folder. */
export async function startAside(
  records: { get(key: string): Uint8Array | undefined | Promise<Uint8Array | undefined> } = new Records(),
  settings: Record<string, unknown> = {},
  options: Partial<ServerContext> = {},
) {
  const base = testContext(records, options);
  const functions = {
    modules: { say_hello: "say-hello.ts", misbehave: { module: "misbehaving.ts", timeout: "20s" } },
    memory: "300 MB",
  };
  const directory = fileURLToPath(new URL("../functions/modules", import.meta.url));
  const parsed = asideSettings.parse({ store: "data", functions, ...settings });
  const aside = await openAside(base, parsed, directory);
  const context: ServerContext = { ...base, aside };
  onTestFinished(async () => {
    await aside.close();
    await base.cache.close();
  });
  const app = createApp(context);
  return {
    context,
    request: async (path: string, init?: RequestInit) => app.request(`http://127.0.0.1:5000${path}`, init),
  };
}

/** Sends a command or a call in one of its two forms. */
export async function send(
  request: (path: string, init?: RequestInit) => Promise<Response>,
  method: "GET" | "POST",
  data: Readonly<Record<string, string>>,
): Promise<Response> {
  if (method === "GET") return request(`/cache/api/v1.0/?${new URLSearchParams(data)}`);
  return request("/cache/api/v1.0/", {
    method,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ data }),
  });
}
