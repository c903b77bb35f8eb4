/** Why a function gave no result, as a word that programs can compare. */
export type FunctionErrorCode =
  | "UnknownFunction"
  | "FunctionRefused"
  | "FunctionFailed"
  | "FunctionCrashed"
  | "FunctionTimedOut"
  | "FunctionOutOfMemory"
  | "FunctionResultTooLarge"
  | "TooManyFunctions";

const STATUS: Readonly<Record<FunctionErrorCode, number>> = {
  UnknownFunction: 404,
  FunctionRefused: 400,
  FunctionFailed: 500,
  FunctionCrashed: 500,
  FunctionTimedOut: 504,
  FunctionOutOfMemory: 500,
  FunctionResultTooLarge: 500,
  TooManyFunctions: 503,
};

/** A function gave no result; says which, why, and the HTTP status that tells a client so. */
export class FunctionError extends Error {
  readonly code: FunctionErrorCode;
  readonly functionName: string;
  readonly status: number;

  /** `status`: the one that the function itself asked for, 400 to 499. */
  constructor(code: FunctionErrorCode, functionName: string, reason: string, status?: number) {
    super(`Function "${functionName}" ${reason}.`);
    this.name = "FunctionError";
    this.code = code;
    this.functionName = functionName;
    this.status = status ?? STATUS[code];
  }
}
