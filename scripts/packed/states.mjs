// The package with its binaries, and with binaries that are corrupt, that abort while loading, that are gone: every time it
// explains the packaged digit, and says what ran and why.
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const abortSource = `#include <unistd.h>
#include <cstdlib>
__attribute__((constructor)) static void load() { if (write(2, "no such processor\\n", 18)) std::abort(); }
`;

/** State of the binaries → how it is brought about, and what doctor says of the platform's package. */
const states = {
  native: { outcome: 'loaded' },
  corrupt: {
    make: (addon) => writeFileSync(addon, 'no shared library'),
    outcome: 'failed',
    reason: /too short|invalid/,
  },
  aborting: {
    make: (addon, work) => {
      const source = join(work, 'abort.cc');
      writeFileSync(source, abortSource);
      execFileSync('c++', ['-shared', '-fPIC', '-o', addon, source]);
    },
    outcome: 'crashed',
    reason: /ended a child process by SIGABRT \(no such processor\)/,
  },
  removed: {
    make: (addon) => rmSync(join(addon, '..'), { recursive: true, force: true }),
    outcome: 'absent',
    reason: /not installed/,
  },
};

/** @param native whether there is a platform package at all */
export function checkStates(check, { home, installed, platformFolder, platformPackage, smug }, native, work) {
  const digit = join(installed, 'examples', 'digits', '3.png');
  for (const [state, { make, outcome, reason }] of Object.entries(states)) {
    if (!native && state !== 'removed') continue;
    const kind = state === 'native' ? 'native' : `binaries ${state}`;
    make?.(join(platformFolder, 'smug_addon.node'), work);
    const found = JSON.parse(smug(['doctor', '--json']).stdout);
    const [, attempt] = found.addon.attempts;
    check(
      `${kind}: doctor says ${outcome}${attempt.reason ? ', and why' : ''}`,
      attempt.outcome === outcome && (!reason || reason.test(attempt.reason)),
      JSON.stringify(attempt),
    );
    const asked = ['--model', 'builtin:mnist-cnn', '--gamma', '0.5', '--out', join(home, 'out'), '--json'];
    const { status, stdout, stderr } = smug(['explain', digit, ...asked]);
    check(`${kind}: npx smug explain ends well`, status === 0, stderr);
    const [result] = JSON.parse(stdout).results;
    check(`${kind}: a digit is explained, minimal proven`, result.certificate?.status === 'optimal', stdout);
    const runs =
      state === 'native'
        ? { solver: 'libz3', engine: ['cpu', 'cuda'] }
        : { solver: 'z3-wasm', engine: ['tfjs'] };
    check(`${kind}: solved by ${result.solver}`, result.solver === runs.solver);
    check(`${kind}: run on ${result.engine}`, runs.engine.includes(result.engine));
    check(
      `${kind}: pictures written`,
      result.files.length > 0 && result.files.every((file) => existsSync(file)),
    );
  }
  // Advice that can be followed: nothing here can be built.
  const { stderr } = smug(['predict', digit, '--model', 'builtin:mnist-cnn', '--engine', 'cpu']);
  const advice = native
    ? new RegExp(`npm install ${platformPackage}@\\d`)
    : /There is no package with binaries for .*in a checkout of the sources/;
  check('an engine that is missing is advised for an installed package', advice.test(stderr), stderr);
}
