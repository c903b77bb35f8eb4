import type { Grace } from "../grace.ts";
import { classOf, directoryOf, isUnder, type Key } from "../key.ts";
import type { CacheStorage } from "../storage.ts";
import { BoundedMap } from "./bounded-map.ts";
import { CONSOLIDATED, type DocumentKind, kindOf } from "./consolidated.ts";
import type { Landed } from "./flight.ts";
import type { Freshness, Judged, Verdict } from "./freshness.ts";
import type { AnswerFacts } from "./read-answer.ts";

/** What is known of a metadata document that is cached. */
interface KnownDocument extends DocumentKind {
  readonly key: Key;
  /** When the source last said that the copy holds, on the storage's clock. */
  readonly askedAt: number;
  readonly expiresAt: number;
  readonly grace?: Grace | undefined;
}

/** How old what is known of a document is. */
type DocumentAge = Pick<KnownDocument, "askedAt" | "expiresAt" | "grace">;

/** What datasets are looked up in. */
export interface DatasetsContext {
  readonly storeId: string;
  readonly storage: Pick<CacheStorage, "get" | "has" | "now">;
  readonly freshness: Pick<Freshness, "judge" | "servesOnError" | "byDataset">;
  /** Reads a document, past its age from the source; whoever needs the same waits for the same. */
  ask(document: Key): Promise<Landed>;
}

/** What a document that was found tells of a key: that it lists it, or what is known of its absence. */
type Told = "listed" | AnswerFacts | undefined;

const MOST = 16_384;
/** For how long nobody asks about a document again after its source has failed, in milliseconds. */
const REST = 5_000;

/**
 * Knows by which metadata document a key goes, and how long ago the source said that it holds.
 *
 * A document that changes takes everything below it out of the cache, before it is kept itself (see `ChangeWatch`). So
 * whatever is cached beside a document that holds is of the same dataset, and one question does for all of it. The
 * document is the consolidated metadata nearest the root that list the array, or else the array's own. Found only in what
 * is cached: where no document is, keys go by their own age.
 */
export class Datasets {
  readonly #context: DatasetsContext;
  readonly #documents = new BoundedMap<Key, KnownDocument>(MOST);
  /** By which document everything in a directory goes. */
  readonly #governs = new BoundedMap<string, Key>(MOST);
  readonly #failures = new BoundedMap<Key, { readonly at: number; readonly error: unknown }>(MOST);

  constructor(context: DatasetsContext) {
    this.#context = context;
  }

  /** How fresh a key is by what is known of its dataset; `undefined` where it goes by itself. At once. */
  verdict(key: Key, isMissing: boolean): Verdict | undefined {
    if (this.#governs.size === 0 || !this.#context.freshness.byDataset(key, isMissing)) return undefined;
    const known = this.#known(key);
    return known && this.#judge(known);
  }

  /** Whether a key may be given since its source has failed, by what is known of its dataset. */
  servesOnError(key: Key, isMissing: boolean): boolean {
    const { freshness, storage } = this.#context;
    const known = freshness.byDataset(key, isMissing) ? this.#known(key) : undefined;
    return known !== undefined && freshness.servesOnError(known.key, this.#asHit(known), storage.now());
  }

  /**
   * Finds the dataset of a key, and asks the source about it where that is past its age (with `behind`, also where it may
   * still be given). Resolves to the error where the source has failed; never rejects.
   */
  async prove(key: Key, behind: boolean): Promise<{ readonly error: unknown } | undefined> {
    let known = this.#known(key);
    if (known === undefined) {
      const document = await this.#find(key);
      if (document === undefined) return undefined;
      known = await this.#look(document);
    }
    if (known === undefined) return undefined;
    const verdict = this.#judge(known);
    if (verdict === "fresh" || (verdict === "stale" && !behind)) return undefined;
    return this.#ask(known.key);
  }

  /**
   * Whether what is fetched now goes by a document that is cached, so that it is dropped with it. What does not is of a
   * dataset that nobody knows, and is not to outlive the age of metadata.
   */
  async covers(key: Key): Promise<boolean> {
    const { storage, storeId } = this.#context;
    const document = this.#known(key)?.key ?? (await this.#find(key));
    if (document === undefined) return false;
    // The copy: an answer that was not kept, as when it drops what is below, vouches for nothing.
    return storage.has({ storeId, key: document });
  }

  /** When the source last spoke of the dataset of a key, on the storage's clock; `undefined` where a key goes by itself. */
  askedAt(key: Key, isMissing: boolean): number | undefined {
    return this.#context.freshness.byDataset(key, isMissing) ? this.#known(key)?.askedAt : undefined;
  }

  /** What consolidated metadata that are fresh, or are asked about, know of a document that there is not. */
  async absence(key: Key): Promise<AnswerFacts | undefined> {
    if (classOf(key) !== "metadata") return undefined;
    for (const directory of directoriesOf(key))
      for (const name of CONSOLIDATED) {
        const document: Key = `${directory as "/"}${name}`;
        const told = await this.#told(document, key);
        if (told !== undefined) return told === "listed" ? undefined : told;
      }
    return undefined;
  }

  /** Whether consolidated metadata above a document list it, as far as is cached. */
  async isListed(document: Key): Promise<boolean> {
    return (await this.#find(document)) !== undefined;
  }

  /** Notes what the source, or another process, said of a document at that time. */
  saw(key: Key, value: Uint8Array, told: DocumentAge): KnownDocument {
    const known = { key, ...told, ...kindOf(key, value) };
    this.#documents.set(key, known);
    this.#failures.delete(key);
    return known;
  }

  /** Forgets what is known of a path, and of what may go by it. */
  forget(path: string): void {
    for (const key of this.#documents.keys()) if (isUnder(key, path)) this.#documents.delete(key);
    for (const [directory, document] of this.#governs)
      if (isUnder(directory, path) || isUnder(document, path)) this.#governs.delete(directory);
  }

  async #told(document: Key, key: Key): Promise<Told> {
    if (document === key) return undefined;
    let known = await this.#look(document);
    if (known?.lists === undefined) return undefined;
    if (this.#judge(known) !== "fresh") {
      if ((await this.#ask(document)) !== undefined) return undefined;
      known = this.#documents.get(document);
      if (known?.lists === undefined || this.#judge(known) !== "fresh") return undefined;
    }
    const { lists } = known;
    if (lists.has(key)) return "listed";
    const directory = directoryOf(key);
    // A node that is not listed may have come later.
    const isSpokenOf =
      directory === directoryOf(document) || NODES.some((name) => lists.has(directory + name));
    if (!isSpokenOf) return undefined;
    const isVersion3 = key.endsWith("/zarr.json");
    if (isVersion3 !== document.endsWith("/zarr.json")) {
      // Of the other version they say nothing, so that it must be known that the group is not of that one as well.
      const other: Key = `${directoryOf(document) as "/"}${isVersion3 ? "zarr.json" : ".zgroup"}`;
      const isMissing = await this.#wasMissing(other);
      if (!isMissing && (other === key || (await this.#isThere(other)))) return undefined;
    }
    const age = this.#context.storage.now() - known.askedAt;
    return { value: undefined, validator: undefined, age, expiresAt: Number.POSITIVE_INFINITY };
  }

  /**
   * Whether a document has been missing for as long as its dataset has not changed, which would have taken along what is
   * cached of it; where keys go by their dataset.
   */
  async #wasMissing(document: Key): Promise<boolean> {
    const { storage, storeId, freshness } = this.#context;
    if (!freshness.byDataset(document, true)) return false;
    const copy = await storage.get({ storeId, key: document });
    return copy !== undefined && copy.value === undefined;
  }

  /** Whether a document is there, or nobody knows. The source is asked at most once in the age of what is missing. */
  #isThere(document: Key): Promise<boolean> {
    return this.#context.ask(document).then(
      ({ value }) => value !== undefined,
      () => true,
    );
  }

  /** The document that a key goes by, or all of the directory that it is in, or of one above. */
  #known(key: Key): KnownDocument | undefined {
    const own = this.#governs.get(key);
    if (own !== undefined) return this.#documents.get(own);
    for (let slash = key.lastIndexOf("/"); slash >= 0; slash = key.lastIndexOf("/", slash - 1)) {
      const document = this.#governs.get(key.slice(0, slash + 1));
      if (document !== undefined) return document === key ? undefined : this.#documents.get(document);
      if (slash === 0) return undefined;
    }
    return undefined;
  }

  async #find(key: Key): Promise<Key | undefined> {
    const directories = directoriesOf(key);
    for (const directory of directories)
      for (const name of CONSOLIDATED) {
        const document: Key = `${directory as "/"}${name}`;
        const lists = document === key ? undefined : (await this.#look(document))?.lists;
        const node = directories.findLast((at) => lists?.has(`${at}zarr.json`) || lists?.has(`${at}.zarray`));
        // What the group itself has beside its consolidated metadata goes by them one by one.
        const place = node === undefined || node === directory ? (lists?.has(key) ? key : undefined) : node;
        if (place !== undefined) return this.#goesBy(place, document);
      }
    if (classOf(key) === "metadata") return undefined;
    for (const directory of directories.reverse())
      for (const name of ["zarr.json", ".zarray"]) {
        const document: Key = `${directory as "/"}${name}`;
        if ((await this.#look(document))?.isArray) return this.#goesBy(directory, document);
      }
    return undefined;
  }

  #goesBy(place: string, document: Key): Key {
    this.#governs.set(place, document);
    return document;
  }

  /** What is known of a document, or is cached of it. */
  async #look(document: Key, anew = false): Promise<KnownDocument | undefined> {
    const known = this.#documents.get(document);
    if (known !== undefined && !anew) return known;
    const { storage, storeId } = this.#context;
    const hit = await storage.get({ storeId, key: document });
    if (hit?.value === undefined) return undefined;
    const { age, expiresAt, grace, value } = hit;
    return this.saw(document, value, { askedAt: storage.now() - age, expiresAt, grace });
  }

  async #ask(document: Key): Promise<{ readonly error: unknown } | undefined> {
    const now = this.#context.storage.now();
    const failure = this.#failures.get(document);
    if (failure !== undefined && now >= failure.at && now < failure.at + REST) return failure;
    try {
      const { from } = await this.#context.ask(document);
      if (from === "stale") throw new Error(`"${document}" could not be asked about`);
      // Another process has asked; what this one was told is known already.
      if (from === "cache") await this.#look(document, true);
      return undefined;
    } catch (error) {
      const failed = { at: now, error };
      this.#failures.set(document, failed);
      return failed;
    }
  }

  #judge(known: KnownDocument): Verdict {
    return this.#context.freshness.judge(known.key, this.#asHit(known), this.#context.storage.now());
  }

  #asHit({ askedAt, expiresAt, grace }: KnownDocument): Judged {
    return { value: NOTHING, age: this.#context.storage.now() - askedAt, expiresAt, grace };
  }
}

/** Documents that make a node. */
const NODES: readonly string[] = ["zarr.json", ".zarray", ".zgroup"];
const NOTHING = new Uint8Array(0);

/** The directories that a key is in, the root first; each ends with `/`. */
function directoriesOf(key: Key): string[] {
  const directories: string[] = [];
  for (let slash = 0; slash >= 0; slash = key.indexOf("/", slash + 1))
    directories.push(key.slice(0, slash + 1));
  return directories;
}
