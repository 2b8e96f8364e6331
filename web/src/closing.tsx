// Size and bound over time, until they meet.
import type { Explaining } from './explaining.js';

const [WIDTH, HEIGHT] = [320, 120];
const PADDING = 6;

export function Closing({ explaining }: { explaining: Explaining }) {
  const { history, status, cells, result } = explaining;
  const last = history.at(-1);
  const sizes = history.flatMap(({ size }) => (size === null ? [] : [size]));
  const top = Math.max(1, ...sizes);
  const end = Math.max(1, last?.ms ?? 1);
  const start = history[0]?.ms ?? 0;
  const x = (ms: number) => PADDING + ((ms - start) / Math.max(1, end - start)) * (WIDTH - 2 * PADDING);
  const y = (value: number) => HEIGHT - PADDING - (value / top) * (HEIGHT - 2 * PADDING);
  const upper = stairs(history.flatMap(({ ms, size }) => (size === null ? [] : [[x(ms), y(size)]])));
  const lower = stairs(history.map(({ ms, lowerBound }) => [x(ms), y(lowerBound)]));
  const met = last !== undefined && last.size === last.lowerBound;
  const proven = result?.certificate.status === 'optimal';
  return (
    <section class="closing" aria-label="Size and bound">
      <dl class="numbers">
        <div>
          <dt>
            <i class="key size" /> best mask
          </dt>
          <dd>{last?.size ?? '–'}</dd>
        </div>
        <div>
          <dt>
            <i class="key bound" /> at least
          </dt>
          <dd>{last?.lowerBound ?? '–'}</dd>
        </div>
        <div>
          <dt>of cells</dt>
          <dd>{cells?.length ?? '–'}</dd>
        </div>
      </dl>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true" preserveAspectRatio="none">
        {upper && lower && (
          <path class="between" d={`${upper} L${lower.slice(1).split(' L').reverse().join(' L')} Z`} />
        )}
        <path class="size" d={upper} />
        <path class="bound" d={lower} />
        {met && <path class="met" d={`M${x(last.ms)},${y(last.lowerBound)} h0`} />}
      </svg>
      <p class="standing" role="status">
        {standing(explaining, proven)}
        {status === 'done' && proven && <span class="badge">proven smallest</span>}
      </p>
    </section>
  );
}

/** A line that stays where it is until the next point. */
function stairs(points: number[][]): string {
  if (points.length === 0) return '';
  const corners = points.flatMap(([x, y], at) =>
    at === 0
      ? [[x, y]]
      : [
          [x, points[at - 1][1]],
          [x, y],
        ],
  );
  return `M${corners.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' L')}`;
}

function standing({ status, phase, stage, steps, history, result }: Explaining, proven: boolean): string {
  const last = history.at(-1);
  if (status === 'none') return '';
  if (status === 'cancelled') return 'Cancelled.';
  if (status === 'failed') return 'Failed.';
  if (status === 'done') {
    if (proven) return `In ${seconds(result!.timing.totalMs)}. `;
    return `Time was up: the smallest mask has between ${last!.lowerBound} and ${last!.size} cells.`;
  }
  if (phase === 'reading') return 'Waiting for a free place, reading the input …';
  if (phase === 'attribution')
    return `Asking the network which nodes matter … ${steps > 0 ? `${steps} steps` : ''}`;
  if (phase === 'encoding') return 'Writing a row for each of them …';
  return stage === 'choosing'
    ? 'The size is settled; the best of the smallest masks is chosen …'
    : 'Searching smaller masks from above, proving from below …';
}

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
