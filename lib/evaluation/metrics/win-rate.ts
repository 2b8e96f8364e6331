/** Takes no part: it is made from the metric itself. */
const NOT_COMPETING = 'opt-box';

/**
 * Win % of the paper: the share of images on which a method's saliency metric is the lowest; a draw counts for each of its winners
 * in equal parts. With its standard error over the images. OptBox does not compete.
 * @param values per image, the metric by method
 */
export function winRates(
  values: readonly Readonly<Record<string, number>>[],
): Record<string, { rate: number; error: number }> {
  const methods = [...new Set(values.flatMap((one) => Object.keys(one)))].filter(
    (name) => name !== NOT_COMPETING,
  );
  const wins = new Map(methods.map((name) => [name, values.map(() => 0)]));
  values.forEach((one, image) => {
    const competing = methods.filter((name) => Number.isFinite(one[name]));
    const best = Math.min(...competing.map((name) => one[name]));
    const winners = competing.filter((name) => one[name] === best);
    for (const name of winners) wins.get(name)![image] = 1 / winners.length;
  });
  return Object.fromEntries(
    methods.map((name) => {
      const own = wins.get(name)!;
      const rate = own.reduce((sum, win) => sum + win, 0) / Math.max(1, own.length);
      const variance = own.reduce((sum, win) => sum + (win - rate) ** 2, 0) / Math.max(1, own.length - 1);
      return [name, { rate, error: Math.sqrt(variance / Math.max(1, own.length)) }];
    }),
  );
}
