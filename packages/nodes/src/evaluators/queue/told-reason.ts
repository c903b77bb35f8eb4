const URLS = /\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>)]+/gi;

/** What others are told of an error: its message, and nothing that it carries along; of URLs neither passwords nor queries. */
export function toldReason(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replace(URLS, withoutSecrets).slice(0, 1000);
}

function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^/@]*@/, "//").replace(/[?#].*$/s, "");
}
