/** What the processes of one server tell each other. What is posted is heard by the others, and not by who posts it. */
export interface Bulletin {
  /** Names this process among those of the server, from 0. */
  readonly self: number;
  post(topic: string, data: unknown): void;
  /** Posts, and resolves when all others that serve have heard it; one that does not answer is not waited for long. */
  announce(topic: string, data: unknown): Promise<void>;
  /** Calls back with what others post; returns the way to stop it. */
  on(topic: string, listener: (data: unknown, from: number) => void): () => void;
  /** Calls back with the name of a process that has ended, in whichever way; returns the way to stop it. */
  onEnded(listener: (process: number) => void): () => void;
}

/** For a server of one process: nobody hears, and nobody posts. */
export const noBulletin: Bulletin = {
  self: 0,
  post() {},
  announce: async () => {},
  on: () => () => {},
  onEnded: () => () => {},
};
