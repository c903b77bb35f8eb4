import type { CachedItem, FunctionArguments } from "./cached-items.ts";

/** What the process of a function is given to do. */
export interface Task {
  readonly name: string;
  /** URL of the module. */
  readonly module: string;
  readonly args: FunctionArguments;
  /** Largest result, in characters of JSON. */
  readonly maxResult: number;
  /** Bytes that the process may take. */
  readonly maxMemory: number;
}

/** What the process of a function says. */
export type Said =
  | { readonly said: "started"; readonly pid: number }
  /** A question about cached items; the answer has the same number. */
  | { readonly said: "asks"; readonly number: number; readonly question: Question }
  | { readonly said: "result"; readonly json: string }
  | { readonly said: "failed"; readonly message: string; readonly status: number | undefined }
  | { readonly said: "too-large"; readonly length: number };

/** A question about cached items. */
export type Question =
  | { readonly about: "file" | "info"; readonly path: string }
  | { readonly about: "items"; readonly prefix: string | undefined; readonly cursor: string | undefined };

/** A file with the bytes of an item. */
export interface FileOfItem {
  readonly file: string;
  readonly bytes: number;
}

/** Some items, and where to go on. */
export interface ItemPage {
  readonly items: readonly CachedItem[];
  readonly cursor: string | undefined;
}

/** What answers a question, by what it is about. */
export interface Answers {
  readonly file: FileOfItem | undefined;
  readonly info: CachedItem | undefined;
  readonly items: ItemPage;
}

/** What the process of a function is told. */
export interface Told {
  readonly told: "answer";
  readonly number: number;
  readonly answer?: Answers[keyof Answers] | undefined;
  /** Why there is no answer. */
  readonly refusal?: string;
}
