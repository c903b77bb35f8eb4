import type { DType } from "../array/dtype.ts";
import { BAND } from "../array/labelled.ts";
import { type PositionSelection, resolvePositions } from "../array/position-selection.ts";
import { descriptionLines } from "../array/print-array.ts";
import { type Dims, reducedUnits } from "../array/reduce-array.ts";
import {
  type ReductionName,
  reducedDims,
  reducedSize,
  reducer,
  type Target,
  targetStride,
} from "../array/reduction.ts";
import { Reductions } from "../array/reductions.ts";
import { type Chosen, resolveLabels, type Selection, type SelectionOptions } from "../array/selection.ts";
import { sizeOf } from "../array/strided.ts";
import { pickedBands, unitsOfBands, withoutDims } from "../array/take.ts";
import { UnitsDataArray } from "../array/units-data-array.ts";
import type { Coordinates } from "../coordinates/coordinates.ts";
import { allPicks, composePicks, type Picks, picksSize } from "../coordinates/picks.ts";
import { counted } from "../counted.ts";
import { showInNode } from "../inspect.ts";
import type { ArrayUnits } from "../units/band-units.ts";
import type { Decoder } from "./cf-decoding.ts";
import { type ChunkTask, countChunks, type Segment, segmentsOf } from "./chunk-plan.ts";
import { type LoadOptions, readChunks } from "./chunk-reading.ts";
import { type ChunkedArray, decodedBlock, decodeInto, emptyBlock, type RawChunk } from "./chunk-source.ts";

/** What a lazy array is made of. */
export interface LazySource {
  readonly name: string;
  /** Path of the array in its store. */
  readonly path: string;
  readonly array: ChunkedArray;
  readonly dims: readonly string[];
  readonly coordinates: Coordinates;
  readonly bands: readonly string[] | undefined;
  readonly units: ArrayUnits;
  readonly attrs: Readonly<Record<string, unknown>>;
  /** Makes the decoder; throws where the values are no numbers. */
  readonly decoder: () => Decoder;
}

/** What of it is selected. */
type Selected = Pick<LazySource, "dims" | "coordinates" | "bands" | "units"> & {
  /** By dimension of the stored array. */
  readonly picks: readonly Picks[];
};

/**
 * An array of a dataset that has not been read: its labels and attributes are known, its values are chunks in a store.
 * Selections cost nothing; `load()` and the reductions read exactly the chunks that the selection touches, each once.
 */
export class LazyArray extends Reductions<Promise<UnitsDataArray>, [options?: LoadOptions]> {
  readonly name: string;
  readonly path: string;
  readonly dims: readonly string[];
  readonly coordinates: Coordinates;
  readonly bands: readonly string[] | undefined;
  readonly units: ArrayUnits;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly #source: LazySource;
  /** By dimension of the stored array. */
  readonly #picks: readonly Picks[];

  constructor(
    source: LazySource,
    selected: Selected = { ...source, picks: source.array.shape.map(allPicks) },
  ) {
    super();
    this.#source = source;
    this.#picks = selected.picks;
    this.name = source.name;
    this.path = source.path;
    this.attrs = source.attrs;
    this.units = selected.units;
    this.coordinates = selected.coordinates;
    this.bands = selected.bands;
    this.dims = selected.dims;
  }

  get shape(): readonly number[] {
    return this.dims.map((dim) => picksSize(this.#picks[this.#source.dims.indexOf(dim)] as Picks));
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  /** The shape of a stored chunk (of a sharded array, of an inner chunk), in the order of the stored dimensions. */
  get chunks(): readonly number[] {
    return this.#source.array.chunks;
  }

  /** The kind of numbers that loading gives. */
  get dtype(): DType {
    return this.#source.decoder().dtype;
  }

  /** How many chunks the selection touches. */
  get chunkCount(): number {
    return countChunks(this.#segments());
  }

  /** The smallest box that holds the selection, as `[start, stop)` for each stored dimension. */
  get region(): [start: number, stop: number][] {
    return this.#picks.map((picks): [number, number] => {
      const size = picksSize(picks);
      if (size === 0) return [0, 0];
      const ends = picks instanceof Int32Array ? picks : [picks.start, picks.start + (size - 1) * picks.step];
      let [least, greatest] = [Number.POSITIVE_INFINITY, 0];
      for (const at of ends) [least, greatest] = [Math.min(least, at), Math.max(greatest, at)];
      return [least, greatest + 1];
    });
  }

  /** Selects by label, without reading. */
  sel(selection: Selection, options: SelectionOptions = {}): LazyArray {
    return this.#take(resolveLabels(this, selection, options));
  }

  /** Selects by position, without reading. */
  isel(selection: PositionSelection): LazyArray {
    return this.#take(resolvePositions(this, selection));
  }

  /** Reads the selection. Chunks are decoded straight into the result, so memory is the result and what is under way. */
  async load(options: LoadOptions = {}): Promise<UnitsDataArray> {
    const decoder = this.#source.decoder();
    const result = emptyBlock(decoder, this.#picks.map(picksSize));
    await readChunks(this.#source, this.#segments(), options, (task, chunk) => {
      const { segments } = task;
      decodeInto(
        result,
        segments.map(({ target }) => target),
        chunk,
        segments.map(({ source }) => source),
        decoder,
      );
    });
    return this.#array(result.data, this.dims, this.coordinates, this.bands, this.units);
  }

  /**
   * Reduces chunk by chunk, so that the selection is never whole in memory; only one that lists positions in no even
   * order, in a dimension that stays, is loaded first. Over all dimensions unless told.
   */
  override async reduce(
    name: ReductionName,
    dims?: Dims,
    options: LoadOptions = {},
  ): Promise<UnitsDataArray> {
    const over = reducedDims(this.dims, dims);
    const units = reducedUnits(this.units, name, over.has(BAND));
    const scattered = this.#picks.some(
      (picks, at) => picks instanceof Int32Array && !over.has(this.#source.dims[at] as string),
    );
    if (scattered) return (await this.load(options)).reduce(name, dims);
    const size = reducedSize(this.dims, this.shape, over);
    const gathering = reducer(name, size);
    const decoder = this.#source.decoder();
    const stride = this.#sourceStride(targetStride(this.dims, this.shape, over));
    const scratch = {};
    const add = ({ segments }: ChunkTask, chunk: RawChunk) => {
      const picks = segments.map(({ source }) => source);
      gathering.add(decodedBlock(chunk, picks, decoder, scratch), placeOf(segments, stride));
    };
    // What goes to one place of the result is read one after another, while that place is in the processor's cache.
    const stays = (dim: number) => !over.has(this.#source.dims[dim] as string);
    const all = this.#picks.map((_, dim) => dim);
    const order = [...all.filter(stays), ...all.filter((dim) => !stays(dim))];
    await readChunks(this.#source, this.#segments(), options, add, order);
    const bands = this.bands && !over.has(BAND) ? this.bands : undefined;
    const left = this.dims.filter((dim) => !over.has(dim));
    const gone = [...over].filter((dim) => dim !== BAND || !this.bands);
    return this.#array(gathering.finish(), left, withoutDims(this.coordinates, gone), bands, units);
  }

  override toString(): string {
    const sizes = this.dims.map((dim, at) => `${dim}: ${this.shape[at]}`).join(", ");
    const chunks = `${counted(this.chunkCount, "chunk")} of ${this.chunks.join(" × ")}`;
    const facts = [shownKind(this), chunks, "not read"].filter((fact) => fact !== undefined);
    const title = `<LazyArray '${this.name}' (${sizes})> ${facts.join(", ")}`;
    return [title, ...descriptionLines(this)].join("\n");
  }

  #segments(): Segment[][] {
    return this.#picks.map((picks, at) => segmentsOf(picks, this.chunks[at] as number));
  }

  /** The steps of a result for the stored dimensions, of which some are not in the array any more. */
  #sourceStride(stride: readonly number[]): number[] {
    return this.#source.dims.map((dim) => {
      const at = this.dims.indexOf(dim);
      return at < 0 ? 0 : (stride[at] as number);
    });
  }

  #take(chosen: ReadonlyMap<string, Chosen>): LazyArray {
    const picks = this.#source.dims.map((dim, at): Picks => {
      const before = this.#picks[at] as Picks;
      const choice = chosen.get(dim);
      return choice && this.dims.includes(dim) ? composePicks(before, choice.picks) : before;
    });
    const dims = this.dims.filter((dim) => !chosen.get(dim)?.drop);
    const labels = [...chosen]
      .filter(([dim]) => dim !== BAND || !this.bands)
      .map(([dim, { picks: each }]) => [dim, each]);
    const taken = this.coordinates.take(Object.fromEntries(labels));
    const gone = taken.dims.filter((dim) => !dims.includes(dim));
    const bandPicks = chosen.get(BAND)?.picks;
    const bands = this.bands && bandPicks ? pickedBands(this.bands, bandPicks) : this.bands;
    return new LazyArray(this.#source, {
      picks,
      dims,
      coordinates: withoutDims(taken, gone),
      bands: dims.includes(BAND) ? bands : undefined,
      units: bands ? unitsOfBands(this.units, bands) : this.units,
    });
  }

  #array(
    data: UnitsDataArray["values"]["data"],
    dims: readonly string[],
    coordinates: Coordinates,
    bands: readonly string[] | undefined,
    units: ArrayUnits,
  ): UnitsDataArray {
    const { name, attrs } = this;
    return new UnitsDataArray(data, coordinates, { name, attrs, units, dims, bands });
  }
}

showInNode(LazyArray.prototype);

/** The kind of numbers that loading gives; undefined where it gives none, which loading explains. */
export function shownKind(array: Pick<LazyArray, "dtype">): DType | undefined {
  try {
    return array.dtype;
  } catch {
    return undefined;
  }
}

/** Where a block goes in a result whose steps for the stored dimensions are these. */
function placeOf(segments: readonly Segment[], stride: readonly number[]): Target {
  const targets = segments.map(({ target }) =>
    target instanceof Int32Array ? { start: 0, step: 0 } : target,
  );
  return {
    stride: stride.map((step, at) => step * (targets[at]?.step ?? 0)),
    offset: stride.reduce((offset, step, at) => offset + step * (targets[at]?.start ?? 0), 0),
  };
}
