/**
 * The explained output f of several masked inputs at once (1: the part keeps its value, 0: it is blanked), in their
 * order. Whoever makes it says what a blanked part becomes.
 */
export type MaskedValues = (masks: readonly Uint8Array[]) => Promise<ArrayLike<number>>;
