import cluster from "node:cluster";
import type { Bulletin } from "../operations/bulletin.ts";
import type { Posted, ToWorker } from "./worker-messages.ts";

/** What the workers of a server tell each other, through the first process. */
export function workerBulletin(): Bulletin {
  const self = cluster.worker?.id ?? 0;
  return {
    self,
    post(topic, data) {
      const message: Posted = { type: "posted", topic, data, from: self };
      if (process.connected) process.send?.(message);
    },
    on(topic, listener) {
      const hear = (message: ToWorker) => {
        if (message.type === "posted" && message.topic === topic) listener(message.data, message.from);
      };
      process.on("message", hear);
      return () => void process.off("message", hear);
    },
  };
}
