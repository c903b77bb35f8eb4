/** What clients of databases tell of where they are connected to. */
interface Connection {
  readonly host?: unknown;
  readonly port?: unknown;
  readonly database?: unknown;
  readonly user?: unknown;
  readonly connectionString?: unknown;
  readonly dataDir?: unknown;
}

const unnamed = new WeakMap<object, string>();

/** Names the database behind a client: by what it tells, without passwords, else by a name that nobody else has. */
export function databaseOf(client: object): string {
  const { options } = client as { options?: Connection };
  const told = describe(client as Connection) ?? (options && describe(options));
  if (told !== undefined) return told;
  const name = unnamed.get(client) ?? globalThis.crypto.randomUUID();
  unnamed.set(client, name);
  return name;
}

function describe({ host, port, database, user, connectionString, dataDir }: Connection): string | undefined {
  if (typeof connectionString === "string") return withoutPassword(connectionString);
  if (typeof dataDir === "string") return dataDir;
  if (typeof database !== "string") return undefined;
  return JSON.stringify([host ?? "", port ?? "", database, user ?? ""].map(String));
}

function withoutPassword(connectionString: string): string | undefined {
  if (!URL.canParse(connectionString)) return undefined;
  const url = new URL(connectionString);
  url.password = "";
  return url.href;
}
