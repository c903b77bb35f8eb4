/** The part of unitmath that is used here; the package has no declarations for this build of it. */
declare module "unitmath/dist/UnitMath.js" {
  export interface UnitPiece {
    readonly unit: {
      readonly name: string;
      readonly value: number;
      readonly offset: number;
      readonly dimension: readonly number[];
      readonly prefixes: Readonly<Record<string, number>>;
    };
    readonly prefix: string;
    readonly power: number;
  }

  interface Unit {
    readonly units: readonly UnitPiece[];
  }

  export default function unitmath(text: string): Unit;
}
