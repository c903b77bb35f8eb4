export { COLOR_MAPS, type ColorMapName } from "./color-map.ts";
export { type PlotOptions, plot } from "./plot.ts";
export { type PngOptions, toPNG } from "./png.ts";
