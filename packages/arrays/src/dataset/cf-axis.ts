import type { Labels } from "./labels.ts";
import type { Opened } from "./open-array.ts";

type Attributes = Readonly<Record<string, unknown>>;

/** The usual dimensions, as CF knows them. */
export type CfAxis = "lat" | "lon" | "time" | "alt";

/**
 * Which of the usual dimensions a coordinate variable holds, by the attributes of the CF conventions (chapter 4):
 * standard name, units, `axis`; by its own name where they say nothing.
 */
export function cfAxisOf(name: string, attrs: Attributes): CfAxis | undefined {
  const standardName = attrs["standard_name"];
  const units = attrs["units"];
  if (standardName === "latitude") return "lat";
  if (standardName === "longitude") return "lon";
  if (standardName === "time") return "time";
  if (standardName === "altitude" || standardName === "height") return "alt";
  if (typeof units === "string") {
    if (/^degrees?_?(north|N)$/.test(units)) return "lat";
    if (/^degrees?_?(east|E)$/.test(units)) return "lon";
    if (/ since /.test(units)) return "time";
  }
  if (attrs["axis"] === "T") return "time";
  return {
    lat: "lat",
    latitude: "lat",
    lon: "lon",
    longitude: "lon",
    time: "time",
    alt: "alt",
    altitude: "alt",
  }[name.toLowerCase()] as CfAxis | undefined;
}

/** The usual name of each dimension whose labels tell what they are, where no two have the same. */
export function cfNames(arrays: readonly Opened[], labels: ReadonlyMap<string, Labels>): Map<string, string> {
  const found = [...labels.keys()].flatMap((dim) => {
    const variable = arrays.find(({ name }) => name === dim);
    const usual = variable && cfAxisOf(dim, variable.attrs);
    return usual ? [[dim, usual] as const] : [];
  });
  return new Map(found.filter(([, usual]) => found.filter(([, other]) => other === usual).length === 1));
}
