/**
 * Something that JSON cannot hold, such as a store or a function, under the name that definitions know it by. A registry
 * gives the thing back for the name; nothing is ever made from text.
 */
export class Resource<T = unknown> {
  readonly name: string;
  readonly value: T;
  /** Names the version of the thing; results made with another are not used. */
  readonly version: (() => Promise<ResourceVersion> | ResourceVersion) | undefined;

  constructor(name: string, value: T, options: { readonly version?: Resource["version"] } = {}) {
    this.name = name;
    this.value = value;
    this.version = options.version;
    Object.freeze(this);
  }
}

/** What is known of the version of a source, and how long it holds. */
export interface ResourceVersion {
  /** Differs whenever results do. */
  readonly validator: string;
  /** When results of it end, in milliseconds of `Date.now()`; never unless told. */
  readonly expiresAt?: number;
}

/** Names a thing that JSON cannot hold, so that definitions can speak of it. */
export function resource<T>(
  name: string,
  value: T,
  options: { readonly version?: Resource["version"] } = {},
): Resource<T> {
  return new Resource(name, value, options);
}
