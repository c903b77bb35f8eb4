import { CoordinateError, parsedJson } from "../errors.ts";
import { showInNode } from "../inspect.ts";
import { Coordinates } from "./coordinates.ts";
import type { CoordinatesDefinition } from "./definition.ts";
import { hashOf } from "./hash.ts";

/** A list of coordinates that belong together without being one grid, such as the tiles of a mosaic. Immutable. */
export class GroupCoordinates implements Iterable<Coordinates> {
  readonly items: readonly Coordinates[];

  constructor(items: readonly Coordinates[]) {
    const wrong = items.find((item) => !(item instanceof Coordinates));
    if (wrong !== undefined) throw new CoordinateError("A group is a list of Coordinates");
    this.items = [...items];
  }

  get length(): number {
    return this.items.length;
  }

  [Symbol.iterator](): Iterator<Coordinates> {
    return this.items[Symbol.iterator]();
  }

  /** The unstacked dimensions of each. */
  get udims(): string[][] {
    return this.items.map(({ udims }) => udims);
  }

  /** This group and then the other. */
  concat(other: GroupCoordinates): GroupCoordinates {
    return new GroupCoordinates([...this.items, ...other.items]);
  }

  /** {@link Coordinates.intersect} of each. */
  intersect(other: Coordinates, options: { readonly outer?: boolean } = {}): GroupCoordinates {
    return new GroupCoordinates(this.items.map((item) => item.intersect(other, options)));
  }

  /** Equal exactly for groups of equal coordinates in the same order. */
  get hash(): string {
    return hashOf(this.items.map(({ hash }) => hash));
  }

  equals(other: GroupCoordinates): boolean {
    return this.hash === other.hash;
  }

  get definition(): CoordinatesDefinition[] {
    return this.items.map(({ definition }) => definition);
  }

  toJSON(): CoordinatesDefinition[] {
    return this.definition;
  }

  /** Reads back a {@link definition}, or its JSON text. */
  static fromDefinition(definition: readonly CoordinatesDefinition[] | string): GroupCoordinates {
    const read = typeof definition === "string" ? parsedJson(definition) : definition;
    if (!Array.isArray(read)) throw new CoordinateError("The definition of a group is a list");
    return new GroupCoordinates(read.map((each) => Coordinates.fromDefinition(each)));
  }

  toString(): string {
    return [`<GroupCoordinates (${this.length})>`, ...this.items.map(String)].join("\n");
  }
}

showInNode(GroupCoordinates.prototype);
