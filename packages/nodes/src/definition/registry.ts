import type { AttributeDeclarations } from "../node/attribute.ts";
import type { Node } from "../node/node.ts";
import { Resource } from "../node/resource.ts";

/** A class of nodes. */
export interface NodeType {
  readonly type: string;
  readonly attributes: AttributeDeclarations;
  new (attrs: never): Node;
}

/**
 * What definitions may speak of: types of nodes, and resources, each by its name. Nothing else is ever made from a
 * definition: no module is loaded and no code is evaluated.
 */
export class NodeRegistry {
  readonly #types = new Map<string, NodeType>();
  readonly #resources = new Map<string, Resource>();

  constructor(types: readonly NodeType[] = []) {
    for (const type of types) this.register(type);
  }

  /** Adds a type of node; another one of the same name is an error. */
  register(type: NodeType): this {
    const known = this.#types.get(type.type);
    if (known && known !== type) throw new Error(`Two types of node are named "${type.type}"`);
    this.#types.set(type.type, type);
    return this;
  }

  /** Adds something that JSON cannot hold; what was known by its name is replaced. */
  provide(...resources: readonly Resource[]): this {
    for (const each of resources) {
      if (!(each instanceof Resource)) throw new TypeError("provide takes resources: resource(name, value)");
      this.#resources.set(each.name, each);
    }
    return this;
  }

  type(name: string): NodeType | undefined {
    return this.#types.get(name);
  }

  resource(name: string): Resource | undefined {
    return this.#resources.get(name);
  }

  /** The names of all types. */
  get types(): string[] {
    return [...this.#types.keys()];
  }

  /** The names of all resources. */
  get resources(): string[] {
    return [...this.#resources.keys()];
  }
}
