/**
 * Waits for what several wait for, or until one's own signal says to leave; then calls back and rejects with that
 * signal's reason. What is waited for goes on.
 */
export function waitOrLeave<T>(
  shared: Promise<T>,
  signal: AbortSignal,
  onLeave: (reason: unknown) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      onLeave(signal.reason);
      reject(signal.reason);
    };
    if (signal.aborted) {
      leave();
      return;
    }
    signal.addEventListener("abort", leave, { once: true });
    const done = () => signal.removeEventListener("abort", leave);
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
