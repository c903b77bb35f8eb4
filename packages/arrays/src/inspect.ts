/** Lets Node's console and inspector show the objects of a class by their `toString()`. */
export function showInNode(prototype: { toString(): string }): void {
  Object.defineProperty(prototype, Symbol.for("nodejs.util.inspect.custom"), {
    value(this: { toString(): string }) {
      return this.toString();
    },
  });
}
