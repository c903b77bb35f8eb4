import { CoordinateError, type Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { copyLabels } from "../cache/copy-labels.ts";
import type { AttributeDeclarations } from "../node/attribute.ts";
import type { Node } from "../node/node.ts";
import type { EvalContext } from "../node/session.ts";
import { Compositor } from "./compositor.ts";

/** Attributes of a {@link TileCompositor}. */
export interface TileCompositorAttributes {
  readonly sources: readonly Node[];
}

/** Tiles as one source: their points are merged, and then interpolated, also across their borders. Where two overlap the first wins. */
export class TileCompositor extends Compositor<TileCompositorAttributes> {
  static override readonly type: string = "TileCompositor";
  static override readonly attributes: AttributeDeclarations = {
    sources: { type: "nodes", help: "The tiles; each has native labels" },
  };

  override get nativeCoordinates(): Coordinates {
    const [first, ...rest] = this.sources.map((source) => {
      if (!source.nativeCoordinates)
        throw new CoordinateError(`A tile needs native labels; ${source.type} has none`);
      return source.nativeCoordinates;
    });
    if (!first) throw new CoordinateError("A TileCompositor needs at least one tile");
    return rest.reduce((all, each) => all.union(each), first);
  }

  override get udims(): readonly string[] | undefined {
    return this.nativeCoordinates.udims;
  }

  override async compute(coordinates: Coordinates, context: EvalContext): Promise<UnitsDataArray> {
    const pieces: UnitsDataArray[] = [];
    for (const tile of this.sources) {
      const part = labelsOf(tile, coordinates);
      if (part.size > 0) pieces.push(await context.evaluate(tile, part));
    }
    const units = pieces[0]?.units ?? this.outputUnits;
    const bands = pieces[0]?.bands ?? this.bands;
    const result = UnitsDataArray.create(coordinates, Number.NaN, { bands, units });
    for (const values of pieces.reverse())
      copyLabels(result, units === undefined || values.units === units ? values : values.to(units));
    return result;
  }

  /** The tiles that have a number. */
  activeInputs(values: Readonly<Record<string, number>>): string[] {
    return Object.keys(values).filter((name) => !Number.isNaN(values[name]));
  }
}

/** Which of these labels a tile has. */
function labelsOf(tile: Node, coordinates: Coordinates): Coordinates {
  const native = tile.nativeCoordinates as Coordinates;
  const picks = coordinates.parts.map((part) => {
    const own = native.parts.find(({ names }) => names.join() === part.names.join());
    const key = (columns: typeof part.columns, at: number) =>
      columns.map(({ values }) => values[at]).join(" ");
    const there = new Set(
      Array.from({ length: own?.columns[0]?.size ?? 0 }, (_, at) =>
        key(own?.columns as typeof part.columns, at),
      ),
    );
    const at = Array.from({ length: part.columns[0]?.size ?? 0 }, (_, each) => each);
    return [
      part.names.join("_"),
      Int32Array.from(at.filter((each) => there.has(key(part.columns, each)))),
    ] as const;
  });
  return coordinates.take(Object.fromEntries(picks));
}
