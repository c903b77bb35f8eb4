import { expect, it } from "vitest";
import * as nodes from "../src/index.ts";
import * as testing from "../src/testing/index.ts";

it("exports what is listed, and nothing else", () => {
  expect(Object.keys(nodes).toSorted()).toMatchInlineSnapshot(`
    [
      "AWS_PRICES",
      "Algorithm",
      "Arithmetic",
      "ArraySource",
      "AttributeError",
      "BUILT_IN_NODES",
      "CacheError",
      "Combine",
      "Compositor",
      "Convolution",
      "DataSource",
      "DefinitionError",
      "EvaluationError",
      "ExpandCoordinates",
      "FunctionSource",
      "GroupReduce",
      "Interpolate",
      "Mask",
      "Node",
      "NodeRegistry",
      "NodesError",
      "NotImplementedError",
      "OrderedCompositor",
      "ParameterError",
      "Pipeline",
      "Reduce",
      "Reproject",
      "SelectCoordinates",
      "SettingsError",
      "TileCompositor",
      "ZarrSource",
      "createRegistry",
      "isNodesError",
      "nodeStore",
      "readCoordinates",
      "resource",
      "resourcesOf",
      "serial",
      "validateDefinition",
    ]
  `);
  expect(Object.keys(testing)).toEqual(["checkNode"]);
});
