// What a slot of a memory index stands for.

/** Nothing: it is to be taken again. */
export const free = 0;
/** A part that is being filled. */
export const claimed = 1;
/** A part that is cached. */
export const entry = 2;
/** A name whose bytes are to be deleted. */
export const condemned = 3;
