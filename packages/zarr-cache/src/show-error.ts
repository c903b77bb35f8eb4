/** Shows an error without ending the process: by `reportError` in a browser, on the console elsewhere. */
export function showError(error: Error): void {
  const { reportError } = globalThis as { reportError?: (error: unknown) => void };
  if (reportError === undefined) console.error(error);
  else reportError(error);
}
