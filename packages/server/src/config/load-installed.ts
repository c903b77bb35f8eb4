import { ConfigError } from "./config-error.ts";

/**
 * Imports what is installed where it is used; rejects with `ConfigError` where it is not. `place`: what asks for it;
 * `packages`: what to install.
 */
export async function loadInstalled<Module>(
  place: string,
  packages: readonly string[],
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    const needs = packages.length === 1 ? "needs a package" : "needs packages";
    throw new ConfigError(place, [`${needs}: npm install ${packages.join(" ")}`], { cause: error });
  }
}
