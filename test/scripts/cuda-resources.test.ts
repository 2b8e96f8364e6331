// scripts/cuda-resources.mjs: a convolution kernel that spills registers fails the build's check.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { temporaryFolder } from '../support/temporary-folder.js';

/** What ptxas says of one kernel. */
const report = (spilled: number) => `ptxas info    : Compiling entry function '_Z7examplev' for 'sm_90'
ptxas info    : Function properties for _Z7examplev
    64 bytes stack frame, ${spilled} bytes spill stores, ${spilled} bytes spill loads
ptxas info    : Used 255 registers, used 1 barriers, 64 bytes cumulative stack size, 2048 bytes smem
`;

function check(files: Record<string, string>) {
  const folder = temporaryFolder('resources');
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return spawnSync(process.execPath, ['scripts/cuda-resources.mjs', folder], { encoding: 'utf8' });
}

test('registers, shared memory and spills are printed for every kernel', (t) => {
  const { status, stdout } = check({ 'softmax.cu.o.resources': report(8) });
  t.is(status, 0, 'only convolutions must not spill');
  t.regex(stdout, /example\S* +2048 +64 +16 +90:255/);
});

test('a spilling convolution is a failure that names it', (t) => {
  const name = 'convolution_plain.cu.o.resources';
  t.is(check({ [name]: report(0) }).status, 0);
  const { status, stderr } = check({ [name]: report(8) });
  t.is(status, 1);
  t.regex(stderr, /spill.*example/);
});

test('no kernels at all is a failure: nothing was checked', (t) => {
  const { status, stderr } = check({});
  t.is(status, 1);
  t.regex(stderr, /setup -- --cuda/);
});
