/** What is known of the answer to one read, besides its bytes. */
export interface ReadAnswer {
  /**
   * `hit`: fresh, from the cache. `stale`: from the cache, past its age. `coalesced`: by a source read that another
   * read had begun. `miss`: by a source read of its own.
   */
  readonly from: "hit" | "stale" | "coalesced" | "miss";
  /** The tier that a hit came from, such as `"memory"`. */
  readonly tier?: string | undefined;
  /** Milliseconds since the source was asked for the bytes, or was old when asked. */
  readonly age: number;
  /** For how many milliseconds it is fresh from now on; `Infinity` = for ever, negative = so long past its age. */
  readonly freshFor: number;
  /** Names the version, see `SourceRead`. */
  readonly validator?: string | undefined;
  /** Bytes of the whole value, where a range was asked for and that is known. */
  readonly size?: number | undefined;
  /** Whether what the source answered is going to be kept, unless there is no room for it. */
  readonly isKept: boolean;
}

/** Facts of an answer before a reader's bounds are applied to them: of a copy, or of what the source told. */
export interface AnswerFacts extends Pick<ReadAnswer, "age" | "size"> {
  readonly validator: string | undefined;
  /** On the storage's clock. */
  readonly expiresAt: number;
  readonly value: Uint8Array | undefined;
}

/** Is told of the answer, before the read resolves. */
export type OnAnswer = (answer: ReadAnswer) => void;

/** What a reader asks for beside the bytes. */
export interface Asker {
  readonly told?: OnAnswer | undefined;
  /** The version that the bytes must be of, if they are there. */
  readonly version?: string | undefined;
}
