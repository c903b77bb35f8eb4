import { Documents, Region } from "@zarr-cache/regions";
import { type NatsRegions, startNatsRegions } from "./nats-regions.ts";
import { until } from "./until.ts";

/** Documents as a member of a region has them. */
export interface DocumentsPlace {
  readonly region: Region;
  readonly documents: Documents;
}

/** Several regions, and all documents that were opened in them. */
export interface DocumentsOfRegions {
  readonly nats: NatsRegions;
  /** Opens the documents of a namespace in one region. */
  open(name: string, namespace: string, clock?: () => number): Promise<DocumentsPlace>;
  /** Opens them in several regions, and resolves when these hold each other's logs. */
  openInStep(namespace: string, names: readonly string[], clock?: () => number): Promise<DocumentsPlace[]>;
  /** Closes what was opened, and stops the servers. */
  stop(): Promise<void>;
}

/** Starts regions, whose members say every 100 ms that they are there. */
export async function startDocumentsOfRegions(...regions: readonly string[]): Promise<DocumentsOfRegions> {
  const nats = await startNatsRegions(...regions);
  const opened: DocumentsPlace[] = [];
  const open = async (name: string, namespace: string, clock = Date.now) => {
    const { url } = nats.region(name);
    const region = await Region.open({ region: name, nats: url, namespace, heartbeat: 100, clock });
    const place = { region, documents: new Documents(region) };
    opened.push(place);
    return place;
  };
  return {
    nats,
    open,
    async openInStep(namespace, names, clock) {
      const places: DocumentsPlace[] = [];
      for (const name of names) places.push(await open(name, namespace, clock));
      await until("all know of each other", () =>
        places.every(({ region }) => region.logs("documents").streams.size === names.length),
      );
      return places;
    },
    async stop() {
      for (const { region, documents } of opened) {
        await documents.close();
        await region.close();
      }
      await nats.stop();
    },
  };
}

/** Resolves when all list the same documents. */
export async function equal(all: readonly Documents[]): Promise<void> {
  await until("all say the same", async () => {
    const lists = await Promise.all(all.map((documents) => documents.list({ limit: 1000 })));
    return new Set(lists.map(({ documents }) => JSON.stringify(documents))).size === 1;
  });
}
