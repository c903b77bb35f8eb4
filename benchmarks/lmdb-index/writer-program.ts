import { LmdbStoreIndex } from "zarr-cache/disk";
import { orderOfProgram } from "../frame/program.ts";

// Fills entries without end until it is killed, and tells once that it is well under way.
const { directory } = orderOfProgram<{ readonly directory: string }>();
const index = new LmdbStoreIndex(directory, { deadline: "10s" });
await index.open();
const want = { footprint: 1000, size: 1000, cost: 10, weight: 1 };
const facts = {
  size: 1000,
  cost: 10,
  missing: false,
  checksum: 0,
  age: 0,
  expiresAt: Number.POSITIVE_INFINITY,
};

for (let number = 0; ; number++) {
  const part = { storeId: "writes", key: `/c/${process.pid}/${number}` };
  const answer = await index.claim(part, { present: 0, missing: 0 });
  if (answer.state !== "fill") throw new Error(`${part.key} is a ${answer.state}`);
  await index.reserve(answer.claim, want);
  await index.commit(answer.claim, { ...facts, validator: undefined });
  if (number === 200) process.send?.("well under way");
}
