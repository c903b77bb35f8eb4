/** What is thrown for an item that is not what its name says: the client's trouble, and not the function's. */
export function unreadable(format: string, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return Object.assign(
    new Error(`the item cannot be read as ${format} (${reason.slice(0, 200)})`, { cause }),
    {
      status: 422,
    },
  );
}
