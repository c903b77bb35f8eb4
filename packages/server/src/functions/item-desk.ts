import type { CacheHit, CacheStorage } from "zarr-cache";
import type { CachedItem } from "./cached-items.ts";
import type { ItemFile, ItemFiles } from "./item-files.ts";
import type { Answers, Question } from "./messages.ts";

/** Where the items are: those of one store of a storage. */
export interface ItemPlace {
  readonly storage: CacheStorage;
  readonly storeId: string;
  /** The key of a path that a client names; throws where it is none. */
  keyOf(path: string): `/${string}`;
}

const PAGE = 1000;

/** Answers the questions of one call about cached items. The files that it gives out stay until it is closed. */
export class ItemDesk {
  readonly #place: ItemPlace;
  readonly #files: ItemFiles;
  readonly #given: ItemFile[] = [];
  #closed = false;

  constructor(place: ItemPlace, files: ItemFiles) {
    this.#place = place;
    this.#files = files;
  }

  async answer(question: Question): Promise<Answers[keyof Answers]> {
    switch (question.about) {
      case "file":
        return this.#file(question.path);
      case "info": {
        const hit = await this.#hit(question.path);
        return hit && this.#describe(question.path, hit, hit.value.byteLength);
      }
      case "items":
        return this.#items(question.prefix ?? "", question.cursor);
    }
  }

  close(): void {
    this.#closed = true;
    for (const file of this.#given.splice(0)) file.release();
  }

  async #file(path: string): Promise<Answers["file"]> {
    const hit = await this.#hit(path);
    if (hit === undefined) return undefined;
    const given = await this.#files.open(hit.value);
    if (this.#closed) given.release();
    else this.#given.push(given);
    return { file: given.file, bytes: given.bytes };
  }

  async #items(prefix: string, cursor: string | undefined): Promise<Answers["items"]> {
    const { storage, storeId, keyOf } = this.#place;
    const path = /^\/?$/.test(prefix) ? "/" : keyOf(prefix.replace(/\/$/, ""));
    const page = await storage.entries({
      storeId,
      prefix: prefix.endsWith("/") && path !== "/" ? `${path}/` : path,
      limit: PAGE,
      ...(cursor !== undefined && { cursor }),
    });
    const items = page.entries
      .filter((entry) => entry.range === undefined && !entry.missing && storage.now() < entry.expiresAt)
      .map((entry) => this.#describe(entry.key, entry, entry.size));
    return { items, cursor: page.cursor };
  }

  async #hit(path: string): Promise<(CacheHit & { readonly value: Uint8Array }) | undefined> {
    const { storage, storeId, keyOf } = this.#place;
    const hit = await storage.get({ storeId, key: keyOf(path) });
    if (hit?.value === undefined || storage.now() >= hit.expiresAt) return undefined;
    return { ...hit, value: hit.value };
  }

  #describe(
    path: string,
    { age, expiresAt }: Pick<CacheHit, "age" | "expiresAt">,
    bytes: number,
  ): CachedItem {
    const expiresIn = expiresAt - this.#place.storage.now();
    return {
      path: path.replace(/^\//, ""),
      bytes,
      age,
      expiresIn: expiresAt >= FOR_EVER ? undefined : expiresIn,
    };
  }
}

/** The last moment that a `Date` can tell: what lasts longer lasts for ever. */
const FOR_EVER = 8.64e15;
