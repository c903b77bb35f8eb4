/** Functions of one process that another may call. */
export type Callable<Functions> = {
  readonly [Name in keyof Functions]: (...args: never[]) => unknown;
};

/** The other end of a channel. */
export interface Peer<Theirs extends Callable<Theirs>> {
  /** Calls a function over there. Rejects with its error, or when the other process ends before it answers. */
  call<Name extends keyof Theirs>(
    name: Name,
    ...args: Parameters<Theirs[Name]>
  ): Promise<Awaited<ReturnType<Theirs[Name]>>>;
}

/** What `process` and a child process have in common. */
export interface Channel {
  send?(message: unknown, sent: (error: Error | null) => void): unknown;
  on(event: "message", listener: (message: unknown) => void): unknown;
  on(event: "disconnect", listener: () => void): unknown;
}

type Message =
  | { readonly call: string; readonly id: number; readonly args: readonly unknown[] }
  | { readonly answer: number; readonly value: unknown }
  | { readonly failure: number; readonly error: string };

/** Calls and answers over the channel between two processes; the same on both sides. */
export function connect<Theirs extends Callable<Theirs>>(
  channel: Channel,
  mine: Readonly<Record<string, unknown>>,
): Peer<Theirs> {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let calls = 0;
  let gone = false;

  // Who is being killed cannot be sent anything; `disconnect` follows, and tells those who wait.
  const send = (message: Message): void => {
    if (!gone) channel.send?.(message, () => {});
  };

  const answer = async ({ call, id, args }: Extract<Message, { call: string }>): Promise<void> => {
    try {
      const run = mine[call] as (...args: readonly unknown[]) => unknown;
      const value = await run(...args);
      send({ answer: id, value });
    } catch (error) {
      const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      send({ failure: id, error: text });
    }
  };

  channel.on("message", (message) => {
    const it = message as Message;
    if ("call" in it) {
      void answer(it);
      return;
    }
    const id = "answer" in it ? it.answer : it.failure;
    const caller = waiting.get(id);
    waiting.delete(id);
    if ("answer" in it) caller?.resolve(it.value);
    else caller?.reject(new Error(it.error));
  });
  channel.on("disconnect", () => {
    gone = true;
    for (const { reject } of waiting.values()) reject(new Error("The other process ended without an answer"));
    waiting.clear();
  });

  return {
    call(name, ...args) {
      const answered = new Promise((resolve, reject) => {
        if (gone) throw new Error("The other process has ended");
        const id = ++calls;
        waiting.set(id, { resolve, reject });
        send({ call: name as string, id, args });
      });
      // A test that has failed no longer waits for it.
      answered.catch(() => {});
      return answered as ReturnType<Peer<Theirs>["call"]>;
    },
  };
}
