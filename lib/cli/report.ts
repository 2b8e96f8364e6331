import { join } from 'node:path';
import { commandOptions, type OwnOptions } from '../api/command-options.js';
import { writeHtmlReport } from '../reports/html/write-report.js';
import { terminalSafe } from '../reports/escape.js';
import { ExitCode, type Command, type Invocation } from './command.js';
import { Progress } from './progress.js';

type Own = OwnOptions<'report'>;

export const reportCommand: Command<Own> = {
  usage: 'DIR... [--out FILE.html]',
  summary:
    'Writes one HTML page, for which nothing else is needed, about what explain, compare, batch, evaluate or sweep wrote into folders: every image with its ' +
    'pictures, certificate, parameters and times, tables, charts of methods and sweeps. Charts need the packages vega and vega-lite.',
  example: 'smug-out --out report.html',
  inputs: [1, Infinity],
  calls: [],
  own: commandOptions.report,
  run,
};

async function run({ inputs, own, json }: Invocation<Own>): Promise<number> {
  const progress = new Progress();
  try {
    const file = own.out ?? join(inputs[0], 'report.html');
    const report = await writeHtmlReport(inputs, file, {
      title: own.title,
      onProgress: (done, total) => progress.update(`pictures of ${done} of ${total} images`),
    });
    progress.clear();
    const { bytes, images, pictures, charts, notes } = report;
    for (const note of notes) progress.log(`smug report: ${terminalSafe(note)}`);
    process.stdout.write(
      json
        ? `${JSON.stringify(report)}\n`
        : `${file}: ${images} images, ${pictures} pictures, ${charts} charts, ${(bytes / 1e6).toFixed(1)} MB\n`,
    );
    return ExitCode.done;
  } finally {
    progress.clear();
  }
}
