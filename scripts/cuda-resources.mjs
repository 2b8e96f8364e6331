// Registers, shared memory and spills of every kernel nvcc has built, from what cmake/keep-resources.sh kept beside the
// object files: `node scripts/cuda-resources.mjs [BUILD_FOLDER]` (default build). A convolution kernel that spills
// registers to memory is a failure: its inner loop would wait for them.
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { root } from './native-deps.mjs';

/** One entry a kernel and architecture. */
function parseResources(text, file) {
  const kernels = [];
  let current = null;
  for (const line of text.split('\n')) {
    const entry = line.match(/Compiling entry function '(\S+)' for '(\w+)'/);
    if (entry)
      kernels.push((current = { file, symbol: entry[1], architecture: entry[2], stack: 0, spills: 0 }));
    // Functions that were not inlined have properties of their own.
    const properties = line.match(/Function properties for (\S+)/);
    if (properties && current && properties[1] !== current.symbol) continue;
    const spills = line.match(/(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads/);
    if (spills && current) {
      current.stack = Math.max(current.stack, Number(spills[1]));
      current.spills += Number(spills[2]) + Number(spills[3]);
    }
    const used = line.match(/Used (\d+) registers(?:.*?, (\d+) bytes smem)?/);
    if (used && current) Object.assign(current, { registers: Number(used[1]), shared: Number(used[2] ?? 0) });
  }
  return kernels;
}

function resourceFiles(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.resources'))
    .map((name) => join(folder, name))
    .sort();
}

/** What a kernel computes, without namespaces; of the tensor-core kernel its tile is what counts. */
function shortName(symbol, name) {
  const tile = symbol.match(/correlateMma.*?Li(\d+)ELi(\d+)ELi(\d+)ELi(\d+)ELi(\d+)ELb(\d)/);
  if (tile) {
    const arithmetic = ['fp32', 'bf16x3', 'bf16x2', 'fp16', 'bf16'][
      Number(/ArithmeticE(\d)/.exec(symbol)[1])
    ];
    const [, m, n, warpM, warpN, stages, vectors] = tile;
    return `correlateMma ${m}x${n}, warps ${warpM}x${warpN}, ${stages} stages${vectors === '1' ? '' : ', gathered'}, ${arithmetic}`;
  }
  return name
    .replace(/\(anonymous namespace\)::|smug::cuda::|^void /g, '')
    .replace(/\(smug.*$/, '')
    .slice(0, 70);
}

function demangled(symbols) {
  const { status, stdout } = spawnSync('c++filt', [], {
    input: symbols.join('\n'),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return status === 0 ? stdout.trimEnd().split('\n') : symbols;
}

const folder = resolve(process.argv[2] ?? join(root, 'build'));
const kernels = resourceFiles(folder).flatMap((file) =>
  parseResources(readFileSync(file, 'utf8'), basename(file, '.o.resources')),
);
if (kernels.length === 0) {
  console.error(
    `cuda-resources: no kernel was built under ${folder}; build with \`npm run setup -- --cuda\` first`,
  );
  process.exit(1);
}
const names = demangled(kernels.map((kernel) => kernel.symbol));
const rows = new Map();
kernels.forEach((kernel, i) => {
  const name = shortName(kernel.symbol, names[i]);
  const row = rows.get(name) ?? {
    name,
    file: kernel.file,
    perArchitecture: [],
    shared: 0,
    stack: 0,
    spills: 0,
  };
  row.perArchitecture.push(`${kernel.architecture.replace('sm_', '')}:${kernel.registers}`);
  for (const key of ['shared', 'stack', 'spills']) row[key] = Math.max(row[key], kernel[key]);
  rows.set(name, row);
});
console.log(
  "static shared memory, stack and spills in bytes, the most of all architectures; correlateMma's shared memory is dynamic\n",
);
console.log(`${'kernel'.padEnd(72)} shared  stack spills  registers by architecture`);
for (const row of rows.values()) {
  const numbers = [row.shared, row.stack, row.spills].map((number) => String(number).padStart(6)).join(' ');
  console.log(`${row.name.padEnd(72)} ${numbers}  ${[...new Set(row.perArchitecture)].sort().join(' ')}`);
}
const spilling = [...rows.values()].filter((row) => row.spills > 0);
const failures = spilling.filter((row) => row.file.startsWith('convolution'));
console.log(
  `\n${kernels.length} kernels for all architectures, ${spilling.length} spill, ${failures.length} of them convolutions`,
);
if (failures.length > 0) {
  console.error(
    `cuda-resources: convolution kernels spill registers: ${failures.map((row) => row.name).join('; ')}`,
  );
  process.exit(1);
}
