import { MissingDependencyError } from "../errors.ts";

/** Loads the package `tar-stream`; throws {@link MissingDependencyError} where it is not installed. */
export async function loadTar(): Promise<typeof import("tar-stream")> {
  try {
    return await import("tar-stream");
  } catch (cause) {
    throw new MissingDependencyError("tar-stream", "A tar file", { cause });
  }
}
