// `npm run soak -- solver|trap|memory|cancel|certificates|reviews|batch|batch-bounds|evaluation|queue|serve …`: checks that take long, each in scripts/soak/NAME.mjs.
const names = [
  'solver',
  'trap',
  'memory',
  'cancel',
  'certificates',
  'reviews',
  'batch',
  'batch-bounds',
  'evaluation',
  'queue',
  'serve',
];
const [name, ...args] = process.argv.slice(2);
if (!names.includes(name)) {
  console.error(
    `usage: npm run soak -- ${names.join('|')} [--count N] [--first SEED] [--solver native|wasm]`,
  );
  process.exit(2);
}
const { default: soak } = await import(`./soak/${name}.mjs`);
process.exitCode = (await soak(args)) ? 0 : 1;
