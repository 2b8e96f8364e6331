// The tables of the attribution benchmark as Markdown.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const ratio = (times, slower, faster) => (times[slower] / times[faster]).toFixed(2);
const perStep = (entries, unit) => median(entries.map((entry) => entry[unit] / entry.steps));

/** The ratios of medians to report: [what, slower, faster]. */
const goals = [
  ['times faster than PyTorch with 50 steps', 'PyTorch, 50 steps', 'smug, to 1 %'],
  ['times faster than 200 Riemann steps', 'PyTorch, 200 Riemann', 'smug, to 1 %'],
  ['times faster than Captum as it comes', 'Captum as it comes', 'smug, to 1 %'],
  ['times faster than PyTorch step for step (8)', 'PyTorch, 8 steps', 'smug, 8 steps'],
  ['times the floor of bare convolutions (8 steps)', 'smug, 8 steps', 'floor, 8 steps'],
  ['times faster in bf16 than in f32 (8 steps)', 'smug, 8 steps', 'smug bf16, 8 steps'],
];

export function report({ machine, engine, rival, sections }) {
  const lines = [
    '# Integrated gradients of the first layer',
    '',
    `${machine}; ${engine}${rival ? `; ${rival}` : ''}; Node ${process.versions.node}.`,
    'Contenders in turns on every input; medians. `n` is the number of inputs, the error is completeness. CPU ms is',
    "processor time over all threads, which a busy machine distorts less (idle threads of PyTorch's pool wait in loops).",
  ];
  for (const { name, about, times, profile, peaks } of sections) {
    lines.push(
      '',
      `## ${name} (${about})`,
      '',
      '| contender | n | steps | ms | ms a step | CPU ms | error |',
      '|---|--:|--:|--:|--:|--:|--:|',
    );
    const ms = {};
    const cpuMs = {};
    for (const [contender, entries] of Object.entries(times)) {
      ms[contender] = median(entries.map((entry) => entry.ms));
      const steps = median(entries.map((entry) => entry.steps));
      const errors = entries.map((entry) => entry.completeness).filter((error) => error !== undefined);
      const error = errors.length ? `${(100 * median(errors)).toFixed(2)} %` : '';
      if (entries[0].cpuMs !== undefined) cpuMs[contender] = median(entries.map((entry) => entry.cpuMs));
      const cpu = cpuMs[contender]?.toFixed(0) ?? '';
      const each = ms[contender] / steps;
      lines.push(
        `| ${contender} | ${entries.length} | ${steps} | ${ms[contender].toFixed(1)} | ${each.toFixed(2)} | ${cpu} | ${error} |`,
      );
    }
    lines.push('');
    for (const [what, slower, faster] of goals) {
      if (!ms[slower] || !ms[faster]) continue;
      const cpu =
        cpuMs[slower] && cpuMs[faster] ? ` (${ratio(cpuMs, slower, faster)} in processor time)` : '';
      lines.push(`- ${ratio(ms, slower, faster)}${cpu} ${what}`);
    }
    const overFloor = (unit) =>
      (perStep(times['smug, to 1 %'], unit) / perStep(times['floor, 8 steps'], unit)).toFixed(2);
    lines.push(
      `- ${overFloor('ms')} (${overFloor('cpuMs')} in processor time) times the floor for the steps that 1 % took`,
    );
    const mebibytes = (bytes) => (bytes / 2 ** 20).toFixed(0);
    const peakText = peaks.map(
      ({ budgetMiB, peakBytes }) => `${mebibytes(peakBytes)} MiB at a budget of ${budgetMiB} MiB`,
    );
    lines.push(
      `- peak memory of a process that does one attribution (weights: ${mebibytes(peaks[0].weightBytes)} MiB): ` +
        peakText.join(', '),
    );
    lines.push('', 'One step of a path, forward and back, on one thread, by kind of work (ms):', '');
    const parts = Object.entries(profile).sort((a, b) => b[1] - a[1]);
    lines.push(
      parts
        .slice(0, 12)
        .map(([part, time]) => `${part} ${time.toFixed(2)}`)
        .join(', '),
    );
  }
  return `${lines.join('\n')}\n`;
}
