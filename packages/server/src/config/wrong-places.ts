import { ConfigError, ConfigErrors } from "./config-error.ts";

/** Gathers what is wrong in several places of a configuration, so that whoever corrects it hears of all at once. */
export class WrongPlaces {
  readonly #errors: ConfigError[] = [];

  /** Does what may find a place wrong; resolves to `undefined` where it did. Any other error rejects at once. */
  async attempt<Result>(run: () => Result | Promise<Result>): Promise<Result | undefined> {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#errors.push(error);
      return undefined;
    }
  }

  /** Throws where a place was wrong: its error, or one that tells of all of them. */
  assertNone(): void {
    const [first, ...others] = this.#errors;
    if (first !== undefined) throw others.length === 0 ? first : new ConfigErrors(this.#errors);
  }
}
