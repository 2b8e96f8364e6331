// What smug compare says of options that none of its methods uses: a line on stderr for each setting, bad usage where something is asked for.
import test from 'ava';
import { digit, smug } from '../cli/smug.js';

const compare = (methods: string, ...more: string[]) =>
  smug(['compare', digit(3), '--model', 'builtin:mnist-fc', '--methods', methods, ...more]);

/** Without lines of progress, which a slow machine has. */
const said = (stderr: string) => stderr.split('\n').filter((line) => line.startsWith('smug compare:'));

/** One per kind of option, with the methods of images that use it. */
const kinds: [kind: string, flag: string, value: string, users: string][] = [
  ['which nodes are kept', '--top-k', '20', 'smug, smug-base'],
  ['evidence', '--gamma', '0.5', 'smug, smug-base'],
  ['hidden pixels', '--blank', 'mean', 'smug, smug-base, full-encoding'],
  [
    'quadrature',
    '--steps',
    '9',
    'smug, smug-base, integrated-gradients, integrated-gradients-black-white, xrai',
  ],
  ['cells', '--window', '2', 'smug'],
  ['proofs', '--time-limit', '9', 'smug, full-encoding'],
  ['random choices', '--seed', '1', 'smug, smooth-grad'],
];

test('every setting without a part is told with the methods that use it, and changes nothing', async (t) => {
  const plain = await compare('gradients,center-box');
  t.is(plain.code, 0);
  t.deepEqual(said(plain.stderr), []);
  const flags = kinds.flatMap(([, flag, value]) => [flag, value]);
  const told = await compare('gradients,center-box', ...flags);
  t.is(told.code, 0);
  t.deepEqual(
    said(told.stderr).sort(),
    kinds
      .map(
        ([, flag, , users]) =>
          `smug compare: ${flag} has no part in gradients, center-box; it is used by ${users}`,
      )
      .sort(),
  );
  const withoutTimes = (text: string) => text.replace(/ +\d+\.\d\d s$/gm, '');
  t.is(withoutTimes(told.stdout), withoutTimes(plain.stdout));
  const json = await compare('gradients,center-box', '--json', ...flags);
  t.is(json.code, 0);
  t.deepEqual(said(json.stderr), [], 'programs read documents only');
});

for (const [kind, flag, value, users] of kinds)
  test(`${kind}: ${flag} is silent where one method uses it`, async (t) => {
    const named = users.split(', ').find((name) => name !== 'full-encoding' && name !== 'smug');
    const { code, stderr } = await compare(`center-box,${named ?? 'smug'}`, flag, value);
    t.is(code, 0, stderr);
    t.false(stderr.includes('has no part'), stderr);
  });

test('what none of the methods can give is bad usage, said once and before any image', async (t) => {
  for (const [flag, ...value] of [['--core'], ['--solutions', '2'], ['--require-class']]) {
    const { code, stdout, stderr } = await compare('gradients,center-box', flag, ...value);
    t.deepEqual([code, stdout], [2, ''], stderr);
    t.true(
      stderr.includes(
        `BAD_OPTION: ${flag} must be left out with the method gradients, center-box: it is used by smug; got `,
      ),
      stderr,
    );
  }
});
