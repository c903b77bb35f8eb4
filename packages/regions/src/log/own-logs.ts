import { randomBytes } from "node:crypto";
import type { RegionLink } from "../link.ts";
import type { LogKind, Names } from "../names.ts";
import type { RegionSettings } from "../region-options.ts";
import { type OwnLog, openOwnLog } from "./own-log.ts";

/** The logs that this region writes, one of each kind. */
export class OwnLogs {
  readonly #link: RegionLink;
  readonly #names: Names;
  readonly #settings: Pick<RegionSettings, "region" | "limits">;
  readonly #logs = new Map<LogKind, OwnLog>();

  constructor(link: RegionLink, names: Names, settings: Pick<RegionSettings, "region" | "limits">) {
    this.#link = link;
    this.#names = names;
    this.#settings = settings;
  }

  /** The log of a kind, as it was opened last. */
  get(kind: LogKind): OwnLog {
    return this.#logs.get(kind) as OwnLog;
  }

  /**
   * Opens the log of a kind, also one that another member has made, or makes it: the first time, and again where the
   * server has lost it. Rejects with `RegionUnavailableError` or `RegionFullError`.
   */
  async open(kind: LogKind): Promise<OwnLog> {
    const { region, limits } = this.#settings;
    const newLife = () => randomBytes(6).toString("hex");
    const own = await openOwnLog(this.#link, this.#names, kind, region, limits[kind], newLife);
    this.#logs.set(kind, own);
    return own;
  }

  /**
   * Whether a stream is the log of a kind that was opened last, and is so no more: the server has lost it, or, since then,
   * mirrors it back as one of a former life.
   */
  isLost(kind: LogKind, stream: string, state: { readonly isMirror: boolean } | undefined): boolean {
    return this.get(kind).stream === stream && (state === undefined || state.isMirror);
  }
}
