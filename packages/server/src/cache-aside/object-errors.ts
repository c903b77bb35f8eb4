import type { PassReason } from "zarr-cache";

/** Neither the cache nor the system of record has an object. */
export class ObjectNotFoundError extends Error {
  readonly path: string;

  constructor(path: string) {
    super(`There is no object "${path}".`);
    this.name = "ObjectNotFoundError";
    this.path = path;
  }
}

const WHY = {
  oversized: "it is larger than an entry may be",
  full: "there is no room, and what is there is worth more",
  unwanted: "the store or the system of record does not want it kept",
  unproven: "it was not read often enough yet, or is too cheap to get again",
  inexact: "the answer was not what was asked for",
  marked: "it was refused a moment ago; try again in a few seconds",
  writing: "it is being written",
  revoked: "it was dropped meanwhile",
  fault: "the cache is out of order at the moment",
  closed: "the cache is closed",
  busy: "others write it at the same time",
} satisfies Record<PassReason | "busy", string>;

/** The cache did not take an object: too large, full of what is worth more, or out of order. */
export class NotKeptError extends Error {
  readonly path: string;

  constructor(path: string, reason: keyof typeof WHY) {
    super(`The cache does not keep "${path}": ${WHY[reason]}.`);
    this.name = "NotKeptError";
    this.path = path;
  }
}
