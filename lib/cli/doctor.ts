import { capabilities, type Capabilities } from '../capabilities.js';
import { ExitCode, type Command, type Invocation } from './command.js';

export const doctorCommand: Command = {
  usage: '[options]',
  summary: 'Tells which engines and solvers run on this machine, and why the others do not.',
  example: '--engine cpu --threads 2',
  inputs: [0, 0],
  calls: ['capabilities'],
  async run(invocation: Invocation) {
    const found = await capabilities(invocation.given);
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
    `engines\n${list(engines, engine)}solvers\n${list(solvers, solver)}chosen\n${reasons.map((reason) => `  ${reason}\n`).join('')}`
  );
}
