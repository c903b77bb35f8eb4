// The numbers that are kept of a slot, by their place in its record. What an eviction asks for stands together.

export const state = 0;
/** How often it was given back. */
export const generation = 1;
export const space = 2;
export const hash = 3;
export const charge = 4;
export const size = 5;
export const fetchedAt = 6;
export const expiresAt = 7;
export const cost = 8;
export const weight = 9;
export const uses = 10;
export const lastUsedAt = 11;
export const checksum = 12;
export const accessTotal = 13;
export const accesses = 14;
/** Twice the entry's place in the order of entries and invalidations, one more if its key is missing. */
export const serialAndMissing = 15;

/** Of a claim, in place of what only entries have: where the book holds it. */
export const held = 10;

/** Of a condemned name: its neighbours in the order of condemnation. */
export const next = 13;
export const previous = 14;
