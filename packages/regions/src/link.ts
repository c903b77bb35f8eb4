import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { type ConnectionOptions, connect, type NatsConnection } from "@nats-io/transport-node";
import { InvalidArgumentError, JetStreamError, RegionUnavailableError } from "./errors.ts";

export type { NatsConnection };

/** The NATS server of this region: an address, options of a connection, or a connection, which stays the caller's. */
export type NatsAddress = string | ConnectionOptions | NatsConnection;

/** A connection to the region's own NATS server, and its JetStream. */
export interface RegionLink {
  readonly connection: NatsConnection;
  readonly publisher: JetStreamClient;
  readonly manager: JetStreamManager;
  /** The JetStream domain of the server; `undefined` where it has none, so that no other region can mirror it. */
  readonly domain: string | undefined;
  /** Calls back whenever the connection has broken; returns the way to stop it. */
  onBreak(listener: () => void): () => void;
  /** Ends the connection, unless it was given. */
  close(): Promise<void>;
}

/**
 * Connects to the region's server. Rejects with `RegionUnavailableError` where it cannot be reached or refuses the
 * credentials, and with `JetStreamError` where it has no JetStream. A connection that breaks later is made anew, for ever.
 */
export async function openLink(nats: NatsAddress, region: string, deadline: number): Promise<RegionLink> {
  const isGiven = isConnection(nats);
  const connection = isGiven ? nats : await connectTo(nats, region);
  try {
    const manager = await jetstreamManager(connection, { timeout: deadline });
    const { domain } = await manager.getAccountInfo();
    return {
      connection,
      publisher: jetstream(connection, { timeout: deadline }),
      manager,
      domain,
      onBreak: (listener) => hearBreaks(connection, listener),
      close: async () => {
        if (!isGiven) await connection.drain().catch(() => connection.close());
      },
    };
  } catch (error) {
    if (!isGiven) await connection.close();
    throw new JetStreamError(
      `The NATS server of region "${region}" has no JetStream for this account; ` +
        'set "jetstream { store_dir, domain }" in its configuration.',
      error,
    );
  }
}

/** Calls back for each time that a connection breaks, until it is stopped. */
function hearBreaks(connection: NatsConnection, listener: () => void): () => void {
  let isStopped = false;
  const hear = async () => {
    for await (const { type } of connection.status()) {
      if (isStopped) return;
      if (type === "disconnect") listener();
    }
  };
  void hear().catch(() => {});
  return () => {
    isStopped = true;
  };
}

/** Tells a connection from the address of one. */
export function isConnection(nats: NatsAddress): nats is NatsConnection {
  return typeof nats === "object" && nats !== null && "publish" in nats;
}

/** Milliseconds between two questions whether the server is still there; after two without an answer it is not. */
const PING_INTERVAL = 5000;

/** Connects, and again whenever the connection breaks, for ever. */
export async function connectTo(nats: string | ConnectionOptions, region: string): Promise<NatsConnection> {
  if (typeof nats !== "string" && (typeof nats !== "object" || nats === null))
    throw new InvalidArgumentError(
      "nats",
      nats,
      'an address such as "nats://127.0.0.1:4222", or a connection',
    );
  const options = typeof nats === "string" ? addressOf(nats) : nats;
  try {
    return await connect({
      name: `zarr-cache ${region}`,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      pingInterval: PING_INTERVAL,
      // A stack for each request, in case it fails, took a sixth of the time of a write.
      noAsyncTraces: true,
      ...options,
    });
  } catch (error) {
    throw new RegionUnavailableError(`The connection of region "${region}"`, error);
  }
}

/** The user and password of an address are no part of the server's name, which is shown in errors. */
function addressOf(nats: string): ConnectionOptions {
  const servers: string[] = [];
  let login: { user?: string; pass?: string; token?: string } = {};
  for (const address of nats.split(",")) {
    let url: URL;
    try {
      url = new URL(address.trim());
    } catch {
      throw new InvalidArgumentError(
        "nats",
        "an address that is not one",
        '"nats://host:port", several with commas',
      );
    }
    if (url.protocol !== "nats:" && url.protocol !== "tls:")
      throw new InvalidArgumentError("nats", url.protocol, '"nats://host:port" or "tls://host:port"');
    const user = decodeURIComponent(url.username);
    if (user !== "")
      login = url.password === "" ? { token: user } : { user, pass: decodeURIComponent(url.password) };
    servers.push(`${url.protocol}//${url.host}`);
  }
  return { servers, ...login };
}
