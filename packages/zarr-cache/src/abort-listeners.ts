interface Listeners {
  readonly callbacks: Set<() => void>;
  readonly call: () => void;
}

const LISTENERS = new WeakMap<AbortSignal, Listeners>();

/**
 * Calls back when a signal that has not aborted does; returns the way to stop it. All who listen share one listener of the
 * signal, since platforms warn of a leak where there are more than ten, and one signal often ends hundreds of reads.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  let listeners = LISTENERS.get(signal);
  if (listeners === undefined) {
    const callbacks = new Set<() => void>();
    listeners = {
      callbacks,
      call: () => {
        for (const each of callbacks) each();
      },
    };
    LISTENERS.set(signal, listeners);
    signal.addEventListener("abort", listeners.call, { once: true });
  }
  const { callbacks, call } = listeners;
  callbacks.add(callback);
  return () => {
    if (!callbacks.delete(callback) || callbacks.size > 0) return;
    signal.removeEventListener("abort", call);
    LISTENERS.delete(signal);
  };
}
