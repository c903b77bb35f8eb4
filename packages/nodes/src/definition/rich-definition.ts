import type { Node } from "../node/node.ts";

/** A pipeline as a page of HTML: a graph for Mermaid, which draws it where it is loaded, and every node with its attributes. */
export function richDefinition(root: Node): string {
  const addresses = new Map([...root.pipeline].map(([address, node]) => [node.identity, address]));
  const lines = [...root.pipeline].flatMap(([address, node]) => [
    `  ${address}["${escaped(address)}<br/>${escaped(node.type)}"]`,
    ...Object.entries(node.inputs).map(
      ([name, input]) => `  ${addresses.get(input.identity)} -->|${escaped(name)}| ${address}`,
    ),
  ]);
  const definition = root.definition("dict");
  const sections = [...root.pipeline].map(
    ([address]) =>
      `<details><summary>${escaped(address)}</summary><pre>${escaped(shortened(definition[address]))}</pre></details>`,
  );
  return [
    `<div class="zarr-cache-pipeline" data-hash="${root.hash}">`,
    `<pre class="mermaid">\nflowchart TD\n${lines.join("\n")}\n</pre>`,
    ...sections,
    "</div>",
  ].join("\n");
}

/** JSON in which long lists are cut off. */
function shortened(value: unknown): string {
  const short = (_: string, each: unknown) =>
    Array.isArray(each) && each.length > 20 ? [...each.slice(0, 20), `… ${each.length} in all`] : each;
  return JSON.stringify(value, short, 2);
}

function escaped(text: string): string {
  const names: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (character) => names[character] as string);
}
