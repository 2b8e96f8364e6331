import { commandOptions, type OwnOptions } from '../api/command-options.js';
import { capabilities, type Capabilities } from '../capabilities.js';
import { layerKernels } from '../model/layer-kernels.js';
import { ExitCode, type Command, type Invocation } from './command.js';
import { loadNamedModel } from './load-named-model.js';

type Own = OwnOptions<'doctor'>;

export const doctorCommand: Command<Own> = {
  usage: '[--verbose [--model M]] [options]',
  summary: 'Tells which engines and solvers run on this machine, and why the others do not.',
  example: '--engine cpu --threads 2',
  inputs: [0, 0],
  calls: ['capabilities'],
  own: commandOptions.doctor,
  async run(invocation: Invocation<Own>) {
    const found: Capabilities = await capabilities(invocation.given);
    if (invocation.own.verbose) found.kernels = await layerKernels(await loadNamedModel(invocation));
    process.stdout.write(invocation.json ? `${JSON.stringify(found)}\n` : capabilitiesText(found));
    return ExitCode.done;
  },
};

function capabilitiesText({
  version,
  node,
  platform,
  cores,
  addon,
  engines,
  engine,
  solvers,
  solver,
  kernels,
  reasons,
}: Capabilities): string {
  const row = (name: string, text: string) => `  ${name.padEnd(10)} ${text}\n`;
  const list = (parts: Capabilities['engines'] | Capabilities['solvers'], chosen: string | null) =>
    parts
      .map(({ name, available, detail }) =>
        row(name, `${available ? (name === chosen ? 'used' : 'available') : 'not available'}: ${detail}`),
      )
      .join('');
  return (
    `smug-explain ${version}, Node ${node}, ${platform}, ${cores} cores\n` +
    `addon: ${addon.loaded ? 'loaded' : 'not loaded'}\n` +
    addon.attempts
      .map(({ path, outcome, reason }) => `  ${path}: ${outcome}${reason ? ` (${reason})` : ''}\n`)
      .join('') +
    `engines\n${list(engines, engine)}solvers\n${list(solvers, solver)}chosen\n${reasons.map((reason) => `  ${reason}\n`).join('')}` +
    (kernels === undefined ? '' : `kernels\n${kernelLines(kernels)}`)
  );
}

function kernelLines(kernels: Record<string, number>): string {
  const lines = Object.entries(kernels).map(([kernel, layers]) => `  ${kernel}: ${layers} layers\n`);
  return lines.length > 0 ? lines.join('') : "  the engine's library chooses\n";
}
