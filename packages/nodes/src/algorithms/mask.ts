import type { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import type { AttributeDeclarations } from "../node/attribute.ts";
import type { Node } from "../node/node.ts";
import type { EvalContext } from "../node/session.ts";
import { Algorithm } from "./algorithm.ts";

const COMPARISONS = { "==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge" } as const;

/** Attributes of {@link Mask}. */
export interface MaskAttributes {
  readonly source: Node;
  readonly mask: Node;
  readonly compare?: keyof typeof COMPARISONS;
  readonly value?: number;
  readonly fill?: number;
}

/** A source without the points where another node compares to a value, 1 unless told; there it is NaN, or `fill`. */
export class Mask extends Algorithm<MaskAttributes> {
  static override readonly type: string = "Mask";
  static override readonly attributes: AttributeDeclarations = {
    source: { type: "node", help: "What is masked" },
    mask: { type: "node", help: "What is compared" },
    compare: { type: "string", default: "==", choices: Object.keys(COMPARISONS), help: "How it is compared" },
    value: { type: "number", default: 1, help: "What it is compared with, in its unit" },
    fill: { type: "number", default: Number.NaN, help: "What masked points become" },
  };

  declare readonly compare: keyof typeof COMPARISONS;
  declare readonly value: number;
  declare readonly fill: number;

  override compute(_: Coordinates, { inputs }: EvalContext): UnitsDataArray {
    const { source, mask } = inputs as { readonly source: UnitsDataArray; readonly mask: UnitsDataArray };
    const isMasked = mask[COMPARISONS[this.compare]](this.value);
    return source.where(isMasked.eq(0), this.fill);
  }
}
