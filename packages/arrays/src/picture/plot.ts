import { LineChart, ScatterChart } from "echarts/charts";
import { GraphicComponent, GridComponent, TitleComponent, VisualMapComponent } from "echarts/components";
import { type EChartsCoreOption, init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { UnitsDataArray } from "../array/units-data-array.ts";
import type { Axis } from "../coordinates/axis.ts";
import { showLabel, showNumber } from "../coordinates/print.ts";
import { assertKnown, ExportError, InvalidArgumentError } from "../errors.ts";
import { rasterOf } from "../export/raster.ts";
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
  const [dim] = array.dims as [string];
  const axis = array.coordinates.axis(dim);
  const values = array.toTypedArray();
  return {
    grid: { left: 70, right: 30, top: 50, bottom: 50 },
    xAxis:
      axis.kind === "time"
        ? { ...named(dim, 30), type: "time" }
        : { ...named(dim, 30), type: "value", scale: true },
    yAxis: { type: "value", scale: true, name: singleUnits(array.units, "plot") ?? "" },
    series: [
      {
        type: "line",
        showSymbol: values.length < 60,
        data: Array.from(axis.values, (label, at) => [label, numberOrGap(values[at])]),
      },
    ],
  };
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
  const { y, x } = rasterOf("plot", array);
  const { width, height, colorMap = "viridis" as ColorMapName } = options;
  const area = { x: 70, y: 50, width: width - 190, height: height - 110 };
  const [min, max] = limitsOf(array, options.limits);
  const image = `data:image/png;base64,${base64(toPNG(array, { colorMap, limits: [min, max > min ? max : min + 1] }))}`;
  return {
    grid: { left: area.x, top: area.y, width: area.width, height: area.height },
    xAxis: { ...named(x.name, 30), ...edges(x.axis, 1) },
    yAxis: { ...named(y.name, 45), ...edges(y.axis, -1) },
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

/** An axis from the outer edge of the first cell to that of the last. */
function edges(axis: Axis, direction: 1 | -1): object {
  const [first, last] =
    direction === 1 ? [axis.values[0], axis.values.at(-1)] : [axis.values.at(-1), axis.values[0]];
  const half = axis.size > 1 ? ((last as number) - (first as number)) / (axis.size - 1) / 2 : 0.5;
  const label =
    axis.kind === "time" ? { axisLabel: { formatter: (value: number) => showLabel(axis, value) } } : {};
  return {
    type: "value",
    min: (first as number) - half,
    max: (last as number) + half,
    splitLine: { show: false },
    ...label,
  };
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
