/** A data source of one's own: it says which labels it has, and gives the values at some of them. */
import assert from "node:assert/strict";
import { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { type AttributeDeclarations, DataSource } from "@zarr-cache/nodes";
import { checkNode } from "@zarr-cache/nodes/testing";

/** The height of the sun at noon, on every tenth degree of latitude and every day of a year. */
class NoonSun extends DataSource<{ readonly year: number }> {
  static override readonly type = "NoonSun";
  static override readonly attributes: AttributeDeclarations = {
    year: { type: "integer", help: "The year whose days it knows" },
  };
  declare readonly year: number;

  override get nativeCoordinates() {
    const time = { start: `${this.year}-01-01`, stop: `${this.year}-12-31`, step: "1,D" };
    return Coordinates.grid({ lat: { start: -90, stop: 90, step: 10 }, time });
  }

  override compute(coordinates: Coordinates) {
    const [lats, times] = [coordinates.get("lat"), coordinates.get("time")];
    const heights = Array.from(lats).flatMap((lat) =>
      Array.from(times, (time) => {
        const day = (time - Date.UTC(this.year, 0, 1)) / 86_400_000;
        return 90 - Math.abs(lat + 23.44 * Math.cos(((day + 10) / 365) * 2 * Math.PI));
      }),
    );
    const labels = Coordinates.grid({ lat: lats, time: coordinates.axis("time") });
    return new UnitsDataArray(heights, labels, { units: "degrees" });
  }
}

const sun = new NoonSun({ year: 2018, interpolation: "linear" });
const london = await sun.eval(Coordinates.grid({ lat: 51.5, time: ["2018-06-21", "2018-12-21"] }));
assert.deepEqual([...Array.from(london.toTypedArray(), Math.round), london.units], [62, 15, "degrees"]);

const { passed, requests } = await checkNode(sun);
assert.ok(passed);
console.log(`${london.toString()}\nheld against the rules of nodes in ${requests} combinations`);
