import { addressesOf, definitionOf, hashOfDefinition, identityOf } from "../definition/write-definition.ts";
import { AttributeError } from "../errors.ts";
import { type Interpolation, interpolationProblem } from "../interpolation/method.ts";
import type { AttributeDeclaration, AttributeDeclarations } from "./attribute.ts";
import { checkedAttributes, declarationsOf } from "./declarations.ts";
import type { Environment } from "./environment.ts";
import type { Node } from "./node.ts";

/** Attributes that every node has. */
export interface CommonAttributes {
  readonly units?: string;
  readonly interpolation?: Interpolation;
  readonly style?: unknown;
  readonly cacheOutput?: boolean;
  readonly expires?: string | number;
}

const COMMON = {
  units: { type: "string", optional: true, help: "The units of results, as CF writes them" },
  interpolation: {
    type: "json",
    optional: true,
    check: interpolationProblem,
    help: "How values between native labels are found; source points unless told",
  },
  style: {
    type: "json",
    optional: true,
    cosmetic: true,
    help: "How results are shown; changes nothing that is computed",
  },
  cacheOutput: { type: "boolean", default: true, help: "Whether results are kept where there is a cache" },
  expires: {
    type: "json",
    optional: true,
    help: "How long results are kept: milliseconds or a duration such as 1d",
  },
} as const satisfies Readonly<Record<keyof CommonAttributes, AttributeDeclaration>>;

/** What a node is made of, and what it is known by: attributes, inputs, identity. How it is evaluated is {@link Node}'s. */
export abstract class DescribedNode<A extends object = Record<string, unknown>> {
  /** The name of the type in definitions and registries. */
  static readonly type: string = "Node";
  /** Attributes of the type, beside those of the types above it. */
  static readonly attributes: AttributeDeclarations = COMMON;
  /** Parameters that an evaluation may set. */
  static readonly params: AttributeDeclarations = {};
  /** Settings of the type, which a user keeps in a file. */
  static readonly settings: AttributeDeclarations = {};
  /** The kind of node, for pictures and for `findCoordinates`. */
  static readonly kind: "node" | "source" | "algorithm" | "compositor" = "node";

  /** The values of all attributes, frozen. */
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly #environment: Environment;
  #identity: string | undefined;
  #hash: string | undefined;

  declare readonly units: string | undefined;
  declare readonly interpolation: Interpolation | undefined;
  declare readonly style: unknown;
  declare readonly cacheOutput: boolean;
  declare readonly expires: string | number | undefined;

  /** Errors are {@link AttributeError}s that name the attribute. */
  constructor(attrs: A & CommonAttributes = {} as A, environment: Environment = {}) {
    this.#environment = environment;
    const given = this.firstInit({ ...attrs } as Record<string, unknown>);
    this.attrs = Object.freeze(
      checkedAttributes(this.type, this.declarations, given, (value) => value instanceof DescribedNode),
    );
    for (const name of Object.keys(this.declarations)) {
      if (name in this)
        throw new AttributeError(this.type, name, "has a name that every node uses for something else");
      Object.defineProperty(this, name, { value: this.attrs[name], enumerable: true });
    }
    this.init();
  }

  /** Changes attributes before they are checked. */
  firstInit(attrs: Record<string, unknown>): Record<string, unknown> {
    return attrs;
  }

  /** Called once all attributes are set; throws where they do not fit together. */
  init(): void {}

  /** The same node with another environment, such as a cache: `node.using({ cache })`. */
  using(environment: Environment): this {
    const Type = this.constructor as new (attrs: object, environment: Environment) => this;
    return new Type(this.attrs, { ...this.#environment, ...environment });
  }

  /** What the node works with. */
  get environment(): Environment {
    return this.#environment;
  }

  get type(): string {
    return (this.constructor as typeof DescribedNode).type;
  }

  get declarations(): AttributeDeclarations {
    return declarationsOf(this.constructor as typeof DescribedNode);
  }

  get paramDeclarations(): AttributeDeclarations {
    return (this.constructor as typeof DescribedNode).params;
  }

  /** The settings of the type where nobody has set them. */
  get settingDefaults(): Readonly<Record<string, unknown>> {
    const { settings } = this.constructor as typeof DescribedNode;
    return Object.fromEntries(
      Object.entries(settings).map(([name, { default: standard }]) => [
        name,
        typeof standard === "function" ? standard() : standard,
      ]),
    );
  }

  /** The nodes that attributes hold, by the name of the attribute, or of the member of a map, or `name[0]`. */
  get inputs(): Readonly<Record<string, Node>> {
    const named = Object.entries(this.declarations).flatMap(([name, { type }]): [string, Node][] => {
      const value = this.attrs[name];
      if (value === undefined) return [];
      if (type === "node") return [[name, value as Node]];
      if (type === "nodeMap") return Object.entries(value as Record<string, Node>);
      if (type === "nodes") return (value as Node[]).map((node, at) => [`${name}[${at}]`, node]);
      return [];
    });
    return Object.fromEntries(named);
  }

  /** SHA-256 of the canonical definition, without version and style. */
  get hash(): string {
    this.#hash ??= hashOfDefinition(definitionOf(this));
    return this.#hash;
  }

  /** Equal for nodes that compute the same. */
  get identity(): string {
    this.#identity ??= identityOf(this);
    return this.#identity;
  }

  toString(): string {
    return `<${this.type} ${this.hash.slice(0, 8)}: ${[...addressesOf(this).keys()].join(", ")}>`;
  }
}
