/** A value that does not fit the type of its column; the message says what is allowed in its place. */
export class Misfit extends Error {}

/** A value that a module returned as a cell. @throws Misfit. NULL is none of its values. */
export type CellWriter = (value: unknown) => Buffer;
