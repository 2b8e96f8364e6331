import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
// @ts-expect-error -- a plain script
import * as release from '../../scripts/release-files.mjs';
import { projectRoot } from '../cli/smug.js';

const { changedFiles, checkVersion, publishingObstacle, releasedChangelog, withoutEmptyAddresses } = release;

const changelog =
  '# Changelog\n\n## [Unreleased] — 0.2.0\n\n### Added\n\n- A thing.\n\n## [0.1.0] — 2026-01-02\n\n- Old.\n';

test('what is unreleased becomes the section of its version, and a new one is opened', (t) => {
  const { changelog: released, notes } = releasedChangelog(changelog, '0.2.0', '2026-12-01');
  t.is(
    released,
    '# Changelog\n\n## [Unreleased]\n\n## [0.2.0] — 2026-12-01\n\n### Added\n\n- A thing.\n\n## [0.1.0] — 2026-01-02\n\n- Old.\n',
  );
  t.is(notes, '### Added\n\n- A thing.');
  t.throws(() => releasedChangelog(released, '0.3.0', '2026-12-02'), { message: /nothing under/ });
  t.throws(() => releasedChangelog(changelog, '0.1.0', '2026-12-02'), { message: /for 0\.1\.0 already/ });
});

test('a version goes forward', (t) => {
  for (const version of ['1.2.3', '1.2.4', '1.3.0', '2.0.0', '1.3.0-rc.1'])
    t.notThrows(() => checkVersion(version, '1.2.3'));
  for (const version of ['1.2.2', '0.9.9'])
    t.throws(() => checkVersion(version, '1.2.3'), { message: /is before/ });
  for (const version of ['1.2', 'v1.2.3', '1.2.3.4', ''])
    t.throws(() => checkVersion(version, '1.2.3'), { message: /is no version/ });
});

test('a release gives every manifest and the lock file its version, and changes nothing else', (t) => {
  const { files } = changedFiles('9.8.7', '2026-12-01') as { files: Record<string, string> };
  t.true(Object.keys(files).length >= 7, 'the package, four platforms, the lock file, the changelog');
  for (const [name, text] of Object.entries(files)) {
    if (!name.endsWith('.json')) continue;
    const [before, after] = [readFileSync(join(projectRoot, name), 'utf8'), text].map((json) =>
      JSON.parse(json),
    );
    t.is(after.version, '9.8.7', name);
    if (name === 'package-lock.json') {
      t.is(after.packages[''].version, '9.8.7');
      after.packages[''].version = before.packages[''].version;
    }
    t.deepEqual({ ...after, version: before.version }, before, name);
  }
});

test('nothing is published that names no repository, and empty addresses are left out', (t) => {
  const empty = { name: 'a', repository: { type: 'git', url: '' }, bugs: { url: '' }, homepage: '' };
  t.regex(publishingObstacle(empty), /no repository\.url.*git\+https:.*bugs\.url and homepage/);
  t.deepEqual(withoutEmptyAddresses(empty), { name: 'a' });
  const full = { ...empty, repository: { type: 'git', url: 'git+https://example.org/a.git' }, homepage: 'x' };
  t.is(publishingObstacle(full), null);
  t.deepEqual(withoutEmptyAddresses(full), { name: 'a', repository: full.repository, homepage: 'x' });
});
