import { explain } from "./explain.ts";

/** What a program sends to the process that started it. */
export type Reply =
  | { readonly value: unknown }
  | { readonly error: string }
  /** Not the answer yet: so much of the work is done. */
  | { readonly done: number };

/** Answers the questions of the parent process in turn, and ends this process once the parent lets go of it. */
export function answerMessages<Question>(
  answer: (question: Question, report: (done: number) => void) => unknown,
  end: () => Promise<void> | void = () => {},
): void {
  const send = (reply: Reply): void => {
    if (process.connected) process.send?.(reply);
  };
  let turn: Promise<void> = Promise.resolve();
  process.on("message", (question: Question) => {
    turn = turn
      .then(() => answer(question, (done) => send({ done })))
      .then((value) => send({ value }))
      .catch((error: unknown) => send({ error: explain(error) }));
  });
  process.on("disconnect", () => {
    void turn.then(end).finally(() => process.exit());
  });
}
