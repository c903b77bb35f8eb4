import { onAbort } from "./abort-listeners.ts";

/**
 * Waits for what several wait for, or until one's own signal, if there is one, says to leave; then calls back and rejects
 * with that signal's reason. What is waited for goes on.
 */
export function waitOrLeave<T>(
  shared: Promise<T>,
  signal: AbortSignal | undefined,
  onLeave: (reason: unknown) => void,
): Promise<T> {
  if (signal === undefined) return shared;
  return new Promise((resolve, reject) => {
    const leave = () => {
      onLeave(signal.reason);
      reject(signal.reason);
    };
    let done = () => {};
    if (signal.aborted) leave();
    else done = onAbort(signal, leave);
    // Heard by those who have left as well: its failure is then nobody's, and must not end the process.
    shared.then(
      (value) => {
        done();
        resolve(value);
      },
      (error: unknown) => {
        done();
        reject(error as Error);
      },
    );
  });
}
