/** Waits for SIGTERM or SIGINT, and tells which it was; another one after that ends the process at once. */
export function untilEnded(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let isEnding = false;
    for (const signal of ["SIGTERM", "SIGINT"] as const)
      process.on(signal, () => {
        if (isEnding) process.exit(130);
        isEnding = true;
        resolve(signal);
      });
  });
}
