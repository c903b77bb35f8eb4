import type { Config } from "./config-schema.ts";

/** A configuration as it counts, with defaults and without secrets, as JSON that could be read again but for these. */
export function printConfig(config: Config): string {
  return JSON.stringify(config, hide, 2);
}

const HIDDEN = "(not shown)";

function hide(name: string, value: unknown): unknown {
  if (value === Number.POSITIVE_INFINITY) return "forever";
  if (name === "headers" && typeof value === "object" && value !== null)
    return Object.fromEntries(Object.keys(value).map((header) => [header, HIDDEN]));
  if (name === "token" && typeof value === "string") return HIDDEN;
  if (typeof value === "string" && /^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return withoutSecrets(value);
  return value;
}

/** A URL without its password and the values of its parameters. */
export function withoutSecrets(text: string): string {
  try {
    const url = new URL(text);
    if (url.password !== "") url.password = "***";
    for (const name of [...url.searchParams.keys()]) url.searchParams.set(name, "***");
    return url.href;
  } catch {
    return text.replace(/\/\/[^/]*@/, "//***@");
  }
}
