import { BOOKS, OF_THIS_EPOCH } from "./books.ts";
import { CLAIMS, INTENTS } from "./claims.ts";
import { CUTS } from "./cuts.ts";
import { ENTRIES } from "./entries.ts";
import { RANKS } from "./ranks.ts";

/** What the steps of a fill build on: books, cuts, ranks, entries, claims, in the order in which they need each other. */
export const LEDGER: string = [BOOKS, OF_THIS_EPOCH, CUTS, RANKS, ENTRIES, CLAIMS, INTENTS].join("");
