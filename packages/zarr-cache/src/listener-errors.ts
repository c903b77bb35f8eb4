import type { Emitter } from "./events.ts";

/** Events among which there are faults. */
interface FaultEvents {
  readonly fault: { readonly tier: string; readonly operation: string; readonly error: unknown };
}

/**
 * Tells the error of a listener as a `fault`. Where nobody listens to those, or it was such a listener that threw, it is
 * shown without ending the process: by `reportError` in a browser, on the console elsewhere.
 */
export function reportListenerError<Events extends FaultEvents>(
  events: Emitter<Events>,
  tier: string,
  event: keyof Events,
  error: unknown,
): void {
  const operation = `listener of "${String(event)}"`;
  if (event !== "fault" && events.hears("fault"))
    events.emit("fault", { tier, operation, error } as Events["fault"]);
  else show(new Error(`A ${operation} of the cache threw: ${error}`, { cause: error }));
}

function show(error: Error): void {
  const { reportError } = globalThis as { reportError?: (error: unknown) => void };
  if (reportError === undefined) console.error(error);
  else reportError(error);
}
