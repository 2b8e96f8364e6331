/**
 * The explained output f of several masked inputs at once (1: the part keeps its value, 0: it is blanked, between: of
 * images a blend of both), in their order. Whoever makes it says what a blanked part becomes.
 */
export type MaskedValues<Mask extends ArrayLike<number> = Uint8Array> = (
  masks: readonly Mask[],
) => Promise<ArrayLike<number>>;
