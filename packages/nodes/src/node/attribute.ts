import { type ArrayJson, Coordinates, type CoordinatesDefinition, UnitsDataArray } from "@zarr-cache/arrays";
import { isJson } from "./is-json.ts";
import { Resource } from "./resource.ts";

/** The kinds of values that attributes and parameters may have. */
export type AttributeType = PlainType | "node" | "nodes" | "nodeMap";

/** Those whose values are no nodes. */
export type PlainType =
  | "number"
  | "integer"
  | "string"
  | "boolean"
  | "numbers"
  | "strings"
  | "json"
  | "array"
  | "coordinates"
  | "resource";

/** How an attribute of a type of node, or a parameter, is declared. */
export interface AttributeDeclaration {
  readonly type: AttributeType;
  /** What it is for, in a sentence, with its unit. */
  readonly help: string;
  /** What it is unless given: a value, or a function that makes one, such as an input node. */
  readonly default?: unknown;
  /** Whether it may be left out though there is no default. */
  readonly optional?: boolean;
  /** The only values that there may be. */
  readonly choices?: readonly unknown[];
  /** What is wrong with a value of the right type, or undefined. */
  check?(value: unknown): string | undefined;
  /** Whether it changes no result, as a style does: it is left out of the hash. */
  readonly cosmetic?: boolean;
}

/** Attributes by name. */
export type AttributeDeclarations = Readonly<Record<string, AttributeDeclaration>>;

interface TypeRule {
  readonly what: string;
  is(value: unknown): boolean;
  toJson(value: unknown): unknown;
  fromJson(json: unknown): unknown;
}

const same = { toJson: (value: unknown): unknown => value, fromJson: (json: unknown): unknown => json };
const numberOf = (json: unknown): unknown =>
  json === "NaN" || json === "Infinity" || json === "-Infinity" ? Number(json) : json;
const jsonOf = (value: number): unknown => (Number.isFinite(value) ? value + 0 : String(value));
const isListOf = (kind: string) => (value: unknown) =>
  Array.isArray(value) && value.every((each) => typeof each === kind);

/** What there is of each type, and how it is written as JSON and read back. */
const TYPES: Readonly<Record<PlainType, TypeRule>> = {
  number: {
    what: "a number",
    is: (value) => typeof value === "number",
    toJson: jsonOf,
    fromJson: numberOf,
  },
  integer: { what: "a whole number", is: Number.isSafeInteger, ...same },
  string: { what: "a text", is: (value) => typeof value === "string", ...same },
  boolean: { what: "true or false", is: (value) => typeof value === "boolean", ...same },
  numbers: {
    what: "a list of numbers",
    is: isListOf("number"),
    toJson: (values: readonly number[]) => values.map(jsonOf),
    fromJson: (json) => (Array.isArray(json) ? json.map(numberOf) : json),
  },
  strings: { what: "a list of texts", is: isListOf("string"), ...same },
  json: { what: "a value that JSON can hold", is: isJson, ...same },
  array: {
    what: "a UnitsDataArray",
    is: (value) => value instanceof UnitsDataArray,
    toJson: (value: UnitsDataArray) => value.toJSON(),
    fromJson: (json) => UnitsDataArray.fromJSON(json as ArrayJson),
  },
  coordinates: {
    what: "Coordinates",
    is: (value) => value instanceof Coordinates,
    toJson: (value: Coordinates) => value.definition,
    fromJson: (json) => Coordinates.fromDefinition(json as CoordinatesDefinition),
  },
  resource: {
    what: "a resource: resource(name, value)",
    is: (value) => value instanceof Resource,
    toJson: (value: Resource) => value.name,
    fromJson: (json) => json,
  },
};

/** Whether it is a type whose values are nodes. */
export function isNodeType(type: AttributeType): type is "node" | "nodes" | "nodeMap" {
  return type === "node" || type === "nodes" || type === "nodeMap";
}

/** The rule of a type whose values are no nodes. */
export function typeRule(type: PlainType): TypeRule {
  return TYPES[type];
}

/** What is wrong with a value of a declaration whose type is not of nodes, or undefined. */
export function problemOf(declaration: AttributeDeclaration, value: unknown): string | undefined {
  const { type, choices, check } = declaration;
  if (!isNodeType(type) && !typeRule(type).is(value))
    return `must be ${typeRule(type).what}, not ${show(value)}`;
  if (choices && !choices.includes(value)) return `is ${show(value)}; allowed: ${choices.join(", ")}`;
  return check?.(value);
}

/** Shows a value in a message, shortened. */
export function show(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return Object.getPrototypeOf(value) === Object.prototype ? "an object" : `a ${value.constructor?.name}`;
  return (JSON.stringify(value) ?? String(value)).slice(0, 80);
}
