import { LineChart, ScatterChart } from "echarts/charts";
import { GraphicComponent, GridComponent, TitleComponent, VisualMapComponent } from "echarts/components";
import { type EChartsCoreOption, init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { UnitsDataArray } from "../array/units-data-array.ts";
import { type Axis, axisBounds } from "../coordinates/axis.ts";
import { labelIndex } from "../coordinates/label-index.ts";
import { isStacked } from "../coordinates/part.ts";
import { showLabel, showNumber } from "../coordinates/print.ts";
import { assertKnown, ExportError, InvalidArgumentError } from "../errors.ts";
import { isEven, type Raster, rasterOf } from "../export/raster.ts";
import { singleUnits } from "../units/band-units.ts";
import { type ColorMapName, colorsOf } from "./color-map.ts";
import { limitsOf, type PngOptions, toPNG } from "./png.ts";

/** How a plot looks. */
export interface PlotOptions extends PngOptions {
  /** `svg` (default), or a page of `html` that holds it. */
  readonly format?: "svg" | "html";
  /** The array's long name, or its name, unless told. */
  readonly title?: string;
  /** In pixels: 800 × 450 unless told. */
  readonly width?: number;
  readonly height?: number;
}

/**
 * Draws an array of one dimension as a line, of two as a map with a colour bar, and returns the text of an SVG or HTML
 * file. Works without a browser. Needs `echarts`, and for maps `fast-png` and `d3-scale-chromatic`.
 */
export function plot(array: UnitsDataArray, options: PlotOptions = {}): string {
  assertKnown("options", options, ["format", "title", "width", "height", "colorMap", "limits"]);
  const { format = "svg", width = 800, height = 450 } = options;
  if (format !== "svg" && format !== "html") throw new InvalidArgumentError("format", format, "svg, html");
  for (const [name, value] of Object.entries({ width, height }))
    if (!Number.isFinite(value) || value < 200) throw new InvalidArgumentError(name, value, "pixels ≥ 200");
  if (array.dims.length !== 1 && array.dims.length !== 2)
    throw new ExportError(
      "plot",
      `draws one or two dimensions; there are ${array.dims.join(", ") || "none"}. Select or reduce the others first`,
    );
  const longName = array.attrs["long_name"];
  const title = options.title ?? (typeof longName === "string" ? longName : (array.name ?? ""));
  const drawn = array.dims.length === 1 ? lineOption(array) : mapOption(array, { ...options, width, height });
  const svg = render(
    { title: { text: title, left: "center" }, animation: false, useUTC: true, ...drawn },
    width,
    height,
  );
  return format === "svg" ? svg : page(title, svg);
}

function render(option: EChartsCoreOption, width: number, height: number): string {
  use([
    LineChart,
    ScatterChart,
    GridComponent,
    TitleComponent,
    GraphicComponent,
    VisualMapComponent,
    SVGRenderer,
  ]);
  const chart = init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    chart.setOption(option);
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

function lineOption(array: UnitsDataArray): EChartsCoreOption {
  const { bands, coordinates } = array;
  const [dim] = array.dims as [string];
  const part = coordinates.parts[0];
  if (part && isStacked(part))
    throw new ExportError("plot", `draws over one dimension; "${dim}" stacks ${part.names.join(", ")}`);
  const axis = coordinates.parts[0]?.columns[0];
  const values = array.toTypedArray();
  const labels = axis ? Array.from(axis.values) : (bands ?? []);
  const type = axis ? { ...scaleOf(axis), scale: true } : { type: "category" };
  return {
    grid: { left: 70, right: 30, top: 50, bottom: 50 },
    xAxis: { ...named(dim, 30), ...type },
    yAxis: { type: "value", scale: true, name: singleUnits(array.units, "plot") ?? "" },
    series: [
      {
        type: "line",
        showSymbol: values.length < 60,
        data: labels.map((label, at) => [label, numberOrGap(values[at])]),
      },
    ],
  };
}

/** Dates of the Gregorian calendar are those that the chart knows; of others it is told what to write. */
function scaleOf(axis: Axis): object {
  if (axis.kind === "time" && axis.calendar === "proleptic_gregorian") return { type: "time" };
  const [min, max] = axisBounds(axis);
  return { type: "value", ...(axis.kind === "time" && { min, max }), ...writtenLabels(axis) };
}

function writtenLabels(axis: Axis): object {
  if (axis.kind === "number") return {};
  return { axisLabel: { formatter: (value: number) => showLabel(axis, value) } };
}

/** An axis with its name along the middle, and its line at the edge rather than at zero. */
function named(name: string, nameGap: number): object {
  return { name, nameLocation: "middle", nameGap, axisLine: { onZero: false } };
}

function numberOrGap(value: number | undefined): number | "-" {
  return value === undefined || Number.isNaN(value) ? "-" : value;
}

/** The values are one image behind the axes, so that the file does not grow with a shape for each of them. */
function mapOption(
  array: UnitsDataArray,
  options: PngOptions & { readonly width: number; readonly height: number },
): EChartsCoreOption {
  const { array: raster, y, x } = rasterOf("plot", array);
  const { width, height, colorMap = "viridis" as ColorMapName } = options;
  const area = { x: 70, y: 50, width: width - 190, height: height - 110 };
  const [min, max] = limitsOf(array, options.limits);
  const spread = raster.isel({ ...evenly(y, area.height), ...evenly(x, area.width) });
  const image = `data:image/png;base64,${base64(toPNG(spread, { colorMap, limits: [min, max > min ? max : min + 1] }))}`;
  return {
    grid: { left: area.x, top: area.y, width: area.width, height: area.height },
    xAxis: { ...named(x.name, 30), ...edges(x.axis) },
    yAxis: { ...named(y.name, 45), ...edges(y.axis) },
    graphic: [{ type: "image", z: -1, style: { image, ...area } }],
    visualMap: {
      type: "continuous",
      min,
      max,
      right: 10,
      top: "middle",
      itemHeight: area.height * 0.7,
      text: [`${showNumber(max)} ${singleUnits(array.units, "plot") ?? ""}`, showNumber(min)],
      inRange: { color: colorsOf(colorMap, 16) },
    },
    series: [{ type: "scatter", data: [] }],
  };
}

/** The label nearest to each pixel of an axis that is not even, so that every value is drawn where its label is. */
function evenly({ name, axis }: Raster["x"], pixels: number): Record<string, number[]> {
  if (isEven(axis)) return {};
  const { min, max } = edgesOf(axis);
  const { nearest } = labelIndex(axis);
  const size = Math.round(pixels);
  return {
    [name]: Array.from({ length: size }, (_, at) => nearest(min + ((at + 0.5) / size) * (max - min))),
  };
}

/** From the outer edge of the first cell to that of the last, the lesser first. */
function edgesOf(axis: Axis): { readonly min: number; readonly max: number } {
  const [least, greatest] = axisBounds(axis);
  const half = axis.size > 1 ? (greatest - least) / (axis.size - 1) / 2 : 0.5;
  return { min: least - half, max: greatest + half };
}

function edges(axis: Axis): object {
  return { type: "value", ...edgesOf(axis), splitLine: { show: false }, ...writtenLabels(axis) };
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

function page(title: string, svg: string): string {
  const escaped = title.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>${escaped}</title>\n<body>\n${svg}\n</body>\n</html>\n`;
}
