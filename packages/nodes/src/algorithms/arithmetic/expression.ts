/** An expression as it was read. */
export type Expression =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "minus"; readonly of: Expression }
  | {
      readonly kind: "operation";
      readonly operator: Operator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: "call"; readonly name: FunctionName; readonly of: readonly Expression[] };

export type Operator = "+" | "-" | "*" | "/" | "**" | "<" | "<=" | ">" | ">=" | "==" | "!=";

export type FunctionName = "abs" | "min" | "max" | "sqrt" | "exp" | "log" | "where";

/** How many arguments each function takes, at least and at most. */
const FUNCTIONS: Readonly<Record<FunctionName, readonly [least: number, most: number]>> = {
  abs: [1, 1],
  min: [2, 99],
  max: [2, 99],
  sqrt: [1, 1],
  exp: [1, 1],
  log: [1, 1],
  where: [3, 3],
};

const TOKEN =
  /\s*(?:(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|(\*\*|<=|>=|==|!=|[-+*/<>(),]))/y;

const COMPARISONS: readonly string[] = ["<", "<=", ">", ">=", "==", "!="];

/** Nested deeper, an expression is refused. */
const DEEPEST = 200;

/**
 * Reads an expression: numbers, names, `+ - * / **`, comparisons, parentheses, and the functions of {@link FunctionName}. Binds as
 * usual: `**` first, to the right, then the sign, `* /`, `+ -`, one comparison. Throws a `SyntaxError` that says where.
 */
export function parseExpression(text: string): Expression {
  const tokens = tokensOf(text);
  let at = 0;
  let depth = 0;
  const peek = () => tokens[at]?.text;
  const fail = (expected: string): never => {
    const found = tokens[at];
    throw new SyntaxError(
      found
        ? `${expected} expected at character ${found.start + 1}, not ${JSON.stringify(found.text)}`
        : `${expected} expected at the end`,
    );
  };
  const take = (text: string): void => {
    if (peek() !== text) fail(JSON.stringify(text));
    at += 1;
  };
  const binary = (operators: readonly string[], next: () => Expression): Expression => {
    let left = next();
    for (let operator = peek(); operator !== undefined && operators.includes(operator); operator = peek()) {
      at += 1;
      left = { kind: "operation", operator: operator as Operator, left, right: next() };
    }
    return left;
  };
  const comparison = (): Expression => {
    if (++depth > DEEPEST) throw new SyntaxError(`The expression is nested deeper than ${DEEPEST}`);
    const left = sum();
    const operator = peek();
    let result = left;
    if (operator !== undefined && COMPARISONS.includes(operator)) {
      at += 1;
      result = { kind: "operation", operator: operator as Operator, left, right: sum() };
    }
    depth -= 1;
    return result;
  };
  const sum = (): Expression => binary(["+", "-"], product);
  const product = (): Expression => binary(["*", "/"], signed);
  const signed = (): Expression => {
    let minus = false;
    for (; peek() === "-" || peek() === "+"; at++) minus = (peek() === "-") !== minus;
    const of = power();
    return minus ? { kind: "minus", of } : of;
  };
  const power = (): Expression => {
    const left = atom();
    if (peek() !== "**") return left;
    at += 1;
    if (++depth > DEEPEST) throw new SyntaxError(`The expression is nested deeper than ${DEEPEST}`);
    const right = signed();
    depth -= 1;
    return { kind: "operation", operator: "**", left, right };
  };
  const atom = (): Expression => {
    const token = tokens[at];
    if (token?.kind === "number") {
      at += 1;
      return { kind: "number", value: Number(token.text) };
    }
    if (token?.kind === "name") {
      at += 1;
      return peek() === "(" ? call(token.text) : { kind: "name", name: token.text };
    }
    if (peek() !== "(") fail("A number, a name or a parenthesis");
    at += 1;
    const inner = comparison();
    take(")");
    return inner;
  };
  const call = (name: string): Expression => {
    if (!Object.hasOwn(FUNCTIONS, name))
      throw new SyntaxError(
        `There is no function ${JSON.stringify(name)}; there are ${Object.keys(FUNCTIONS).join(", ")}`,
      );
    take("(");
    const of = [comparison()];
    for (; peek() === ","; ) {
      at += 1;
      of.push(comparison());
    }
    take(")");
    const [least, most] = FUNCTIONS[name as FunctionName];
    if (of.length < least || of.length > most)
      throw new SyntaxError(
        `${name} takes ${least === most ? least : `at least ${least}`} arguments, not ${of.length}`,
      );
    return { kind: "call", name: name as FunctionName, of };
  };
  const expression = comparison();
  if (at < tokens.length) fail("An operator");
  return expression;
}

/** The names that an expression uses. */
export function namesIn(expression: Expression): Set<string> {
  const below =
    expression.kind === "call"
      ? expression.of
      : expression.kind === "operation"
        ? [expression.left, expression.right]
        : expression.kind === "minus"
          ? [expression.of]
          : [];
  const names = new Set(below.flatMap((each) => [...namesIn(each)]));
  return expression.kind === "name" ? names.add(expression.name) : names;
}

interface Token {
  readonly kind: "number" | "name" | "sign";
  readonly text: string;
  readonly start: number;
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let start = 0;
  while (text.slice(start).trim() !== "") {
    TOKEN.lastIndex = start;
    const match = TOKEN.exec(text);
    if (!match)
      throw new SyntaxError(`Character ${start + 1} of ${JSON.stringify(text.slice(0, 80))} cannot be read`);
    const [whole, number, name, sign] = match;
    const found = (number ?? name ?? sign) as string;
    tokens.push({
      kind: number !== undefined ? "number" : name !== undefined ? "name" : "sign",
      text: found,
      start: start + whole.length - found.length,
    });
    start = TOKEN.lastIndex;
  }
  return tokens;
}
