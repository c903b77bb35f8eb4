/** Settings of types of nodes, in a file of the user. Nodes see those of their type as `context.settings`. */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { NodeType } from "../definition/registry.ts";
import { SettingsError } from "../errors.ts";
import { type AttributeDeclarations, isNodeType, problemOf, typeRule } from "../node/attribute.ts";
import type { SettingsSource } from "../node/environment.ts";

/** A class of nodes that may declare settings. */
export type TypeWithSettings = NodeType & { readonly settings?: AttributeDeclarations };

/** How settings are loaded. */
export interface LoadSettingsOptions {
  /** Unless told, what the environment variable `ZARR_CACHE_NODES_SETTINGS` names, else `~/.config/zarr-cache/nodes.json`. */
  readonly path?: string;
  /** The environment to look in: `process.env` unless told. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** The settings of types of nodes: what the file says, and else the defaults. Every value is checked when it is read or set. */
export class Settings implements SettingsSource {
  readonly path: string;
  readonly #declarations: ReadonlyMap<string, AttributeDeclarations>;
  readonly #values = new Map<string, Record<string, unknown>>();

  private constructor(path: string, types: readonly TypeWithSettings[]) {
    this.path = path;
    this.#declarations = new Map(types.map(({ type, settings = {} }) => [type, settings]));
  }

  /** Reads the file; one that is not there has no settings. What is unknown or impossible is a `SettingsError` that names it. */
  static async load(
    types: readonly TypeWithSettings[],
    options: LoadSettingsOptions = {},
  ): Promise<Settings> {
    const { env = process.env } = options;
    const path =
      options.path ??
      env["ZARR_CACHE_NODES_SETTINGS"] ??
      join(homedir(), ".config", "zarr-cache", "nodes.json");
    const settings = new Settings(path, types);
    for (const [type, values] of Object.entries(await readJson(path)))
      for (const [name, json] of Object.entries(Object(values)))
        settings.#set(type, name, json, ` in ${path}`);
    return settings;
  }

  /** The settings of a type, by name. */
  of(type: string): Readonly<Record<string, unknown>> {
    const values = this.#values.get(type) ?? {};
    const standards = Object.entries(this.#declarations.get(type) ?? {}).map(
      ([name, { default: standard }]) => [name, typeof standard === "function" ? standard() : standard],
    );
    return { ...Object.fromEntries(standards), ...values };
  }

  /** Changes a setting of a type, for this process until it is saved. */
  set(type: string, name: string, value: unknown): void {
    this.#set(type, name, value, "");
  }

  /** Writes the file: settings that were read or set, not the defaults. Whoever reads it sees all of it or what was before. */
  async save(): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
    const beside = `${this.path}.${process.pid}.part`;
    await writeFile(beside, `${JSON.stringify(Object.fromEntries(this.#values), null, 2)}\n`, {
      mode: 0o600,
    });
    await rename(beside, this.path);
  }

  #set(type: string, name: string, json: unknown, where: string): void {
    const declarations = this.#declarations.get(type);
    if (!declarations)
      throw new SettingsError(
        `There is no type of node ${JSON.stringify(type)}${where}; there are ${[...this.#declarations.keys()].join(", ")}`,
      );
    const declaration = Object.hasOwn(declarations, name) ? declarations[name] : undefined;
    if (!declaration || isNodeType(declaration.type))
      throw new SettingsError(
        `${type} has no setting ${JSON.stringify(name)}${where}; there are ${Object.keys(declarations).join(", ") || "none"}`,
      );
    const problem = problemOf(declaration, typeRule(declaration.type).fromJson(json));
    if (problem) throw new SettingsError(`${type}.${name}${where} ${problem}`);
    this.#values.set(type, { ...this.#values.get(type), [name]: json });
  }
}

async function readJson(path: string): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (Reflect.get(Object(error), "code") === "ENOENT") return {};
    throw new SettingsError(`${path} cannot be read: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read === "object" && read !== null && !Array.isArray(read))
      return read as Record<string, unknown>;
  } catch (error) {
    throw new SettingsError(`${path} is no JSON: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
  throw new SettingsError(`${path} must hold an object of settings by type`);
}
