/** Shows how far something is, in one line of a terminal; nothing where standard error is none. */
export interface Progress {
  /** `total` is `null` while it is not known. */
  show(done: number, total: number | null, more?: string): void;
  end(): void;
}

const WIDTH = 24;

/** Begins a line that is written over until it ends. */
export function progress(
  what: string,
  out: { readonly isTTY: boolean; write(text: string): unknown } = process.stderr,
): Progress {
  if (!out.isTTY) return { show() {}, end() {} };
  const write = (text: string) => out.write(`\r\x1b[2K${text}`);
  return {
    show(done, total, more = "") {
      if (total === null) return void write(`${what}  ${done}  ${more}`);
      const filled = total === 0 ? WIDTH : Math.round((WIDTH * done) / total);
      write(`${what}  ${"█".repeat(filled)}${"░".repeat(WIDTH - filled)}  ${done} of ${total}  ${more}`);
    },
    end: () => void write(""),
  };
}
