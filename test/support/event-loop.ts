/** Lets the event loop turn once: a loop of calls that fail at once would otherwise keep everything else from running. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
