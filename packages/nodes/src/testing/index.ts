export { type BrokenRule, type ConformanceReport, checkNode } from "./check-node.ts";
