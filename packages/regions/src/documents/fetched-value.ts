import { TransferError } from "../errors.ts";
import type { StoredDocument } from "./document.ts";
import { MAX_HELD_BYTES } from "./document-options.ts";

/** Milliseconds that fetching a value may take. */
const TIMEOUT = 10_000;

/** Fetches what a reference is to. It may be larger than a value that travels, but not lead elsewhere. */
export async function fetchReference(region: string, url: URL, fetcher: typeof fetch): Promise<Uint8Array> {
  return fetched(region, `refers to ${url.origin}, which`, () =>
    fetcher(url, { redirect: "error", signal: AbortSignal.timeout(TIMEOUT) }),
  );
}

/** Where a document is fetched from that only another region can read, or that is too large for a message. */
export interface Holder {
  readonly region: string;
  /** Its address for other members. */
  readonly url: string;
  readonly token: string | undefined;
  readonly fetch: typeof fetch;
}

/** Fetches a document, as it is there now, from a member that holds it. */
export async function fetchDocument(
  { region, url, token, fetch: fetcher }: Holder,
  namespace: string,
  key: string,
): Promise<Partial<StoredDocument>> {
  const address = `${url.replace(/\/$/, "")}/documents/${namespace}/${encodeURIComponent(key)}`;
  const bytes = await fetched(region, `holds "${key}", and its member`, () =>
    fetcher(address, {
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT),
      ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
    }),
  );
  const document = parsed(bytes);
  if (typeof document === "object" && document !== null) return document;
  throw new TransferError(region, `answers no document for "${key}"`);
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** Fetches the value of a document, in one version, from a member of the region that wrote it. */
export async function fetchFromHolder(
  holder: Holder,
  namespace: string,
  key: string,
  version: string,
): Promise<unknown> {
  const document = await fetchDocument(holder, namespace, key);
  if (document.version !== version)
    throw new TransferError(holder.region, `has another version of "${key}" by now, or answers no documents`);
  return document.value;
}

/** The body of an answer, no more of it than a value may have. `what` begins a sentence on what went wrong. */
async function fetched(region: string, what: string, ask: () => Promise<Response>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    const answer = await ask();
    if (!answer.ok) throw new TransferError(region, `${what} answered with status ${answer.status}`);
    for await (const chunk of answer.body ?? []) {
      size += chunk.byteLength;
      if (size > MAX_HELD_BYTES)
        throw new TransferError(region, `${what} answered with more than ${MAX_HELD_BYTES} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof TransferError) throw error;
    throw new TransferError(region, `${what} did not answer`, { cause: error });
  }
  return Buffer.concat(chunks);
}
