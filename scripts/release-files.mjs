// What a release writes into the checkout: the version in every manifest, and the changelog.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './native-deps.mjs';

const heading = /^## \[Unreleased\](?: — \S+)?$/m;

/**
 * The changelog with what was unreleased under its version, and an empty section on top.
 * @returns {{ changelog: string, notes: string }} `notes`: what the version's section says
 */
export function releasedChangelog(text, version, date) {
  const start = text.match(heading);
  if (!start) throw new Error('CHANGELOG.md has no section [Unreleased]');
  if (text.includes(`\n## [${version}] `))
    throw new Error(`CHANGELOG.md has a section for ${version} already`);
  const after = text.slice(start.index + start[0].length);
  const end = after.search(/^## /m);
  const notes = (end < 0 ? after : after.slice(0, end)).trim();
  if (!/^- /m.test(notes)) throw new Error('CHANGELOG.md says nothing under [Unreleased]');
  const rest = end < 0 ? '' : `\n${after.slice(end)}`;
  const head = text.slice(0, start.index);
  return { changelog: `${head}## [Unreleased]\n\n## [${version}] — ${date}\n\n${notes}\n${rest}`, notes };
}

/** @throws where `version` is none (semver.org, no build metadata) or lower than `current` */
export function checkVersion(version, current) {
  const parts = (text) =>
    text
      .match(/^(\d+)\.(\d+)\.(\d+)(?:-[0-9A-Za-z.-]+)?$/)
      ?.slice(1, 4)
      .map(Number);
  const [next, now] = [parts(version), parts(current)];
  if (!next) throw new Error(`${version} is no version: 1.2.3 or 1.2.3-rc.1`);
  const first = next.findIndex((number, i) => number !== now[i]);
  if (first >= 0 && next[first] < now[first]) throw new Error(`${version} is before ${current}`);
}

/** Files of the checkout that a release changes, and their new text. */
export function changedFiles(version, date) {
  const text = (name) => readFileSync(join(root, name), 'utf8');
  const versioned = (name, count = 1) => {
    let left = count;
    return text(name).replace(/^( +"version": )"[^"]*"/gm, (line, start) =>
      left-- > 0 ? `${start}"${version}"` : line,
    );
  };
  const manifests = readdirSync(join(root, 'packages'))
    .map((name) => `packages/${name}/package.json`)
    .filter((name) => existsSync(join(root, name)));
  const { changelog, notes } = releasedChangelog(text('CHANGELOG.md'), version, date);
  const files = Object.fromEntries(['package.json', ...manifests].map((name) => [name, versioned(name)]));
  // The lock file names the package twice, at its top.
  return {
    files: { ...files, 'package-lock.json': versioned('package-lock.json', 2), 'CHANGELOG.md': changelog },
    notes,
  };
}

/**
 * Why the packages cannot be published yet, and what to do; null where they can. Only whoever publishes knows where the
 * project lives.
 */
export function publishingObstacle({ repository, bugs, homepage }) {
  if (repository?.url) return null;
  const others = Object.entries({ 'bugs.url': bugs?.url, homepage })
    .filter(([, value]) => !value)
    .map(([name]) => name);
  const also = others.length ? `, and ${others.join(' and ')} with it` : '';
  return (
    'Publishing is refused: package.json names no repository.url. Set it to the address of the project that publishes, ' +
    `as git+https://HOST/OWNER/NAME.git${also}: npm compares it with the project whose CI signs the provenance.`
  );
}

/** A manifest as it is published: without fields that nobody has filled in. */
export function withoutEmptyAddresses(manifest) {
  const { repository, bugs, homepage, ...rest } = manifest;
  return {
    ...rest,
    ...(repository?.url && { repository }),
    ...(bugs?.url && { bugs }),
    ...(homepage && { homepage }),
  };
}
