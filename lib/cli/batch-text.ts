import type { BatchSummary } from '../api/batch.js';
import type { BatchProgress } from '../batch/run-batch.js';
import { terminalSafe } from '../reports/escape.js';

/** Where a batch stands, and when it will be done. */
export function batchProgressText({ done, total, counts, pace, secondsLeft }: BatchProgress): string {
  const place = `${done} of ${total} images${done > 0 ? ` (${countsText(counts)})` : ''}`;
  if (pace === null || secondsLeft === null) return place;
  const speed = pace >= 1 ? `${pace.toFixed(1)} images/s` : `${(1 / pace).toFixed(1)} s per image`;
  return `${place}, ${speed}, ${durationText(secondsLeft)} to go`;
}

/** How a batch ended, as a person reads it. */
export function batchSummaryText(summary: BatchSummary): string {
  const { images, proven, oneProver, notProven, failed, reasons, index } = summary;
  const alone = oneProver > 0 ? `, ${oneProver} of them by one prover alone` : '';
  const lines = [
    `${images} images`,
    `  proven       ${proven}${alone}`,
    `  not proven   ${notProven}`,
    `  failed       ${failed}`,
    ...reasons.map(
      ({ code, images: count, first }) =>
        `    ${code}: ${count}, ${count > 1 ? 'first ' : ''}${terminalSafe(`${first.input}: ${first.message}`)}`,
    ),
    `  index        ${terminalSafe(index)}`,
  ];
  return `${lines.join('\n')}\n`;
}

function countsText({ proven, notProven, failed }: BatchProgress['counts']): string {
  const parts: [number, string][] = [
    [proven, 'proven'],
    [notProven, 'not proven'],
    [failed, 'failed'],
  ];
  return parts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${count} ${what}`)
    .join(', ');
}

/** `42 s`, `3 min 5 s`, `2 h 10 min`, `4 d 3 h`. */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
