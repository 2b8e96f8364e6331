// The rooms of lib/ and who may import whom: a file imports from its own room and from rooms before it. Part of
// `npm run lint`; ARCHITECTURE.md shows the same table to people.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './native-deps.mjs';

/** From the ground up. Folders, and files that stand in lib/ itself. */
export const rooms = [
  'errors',
  'api',
  'tensor',
  'random',
  'addon',
  'threads',
  'files',
  'graph',
  'input',
  'masks',
  'loaders',
  'engines',
  'solvers',
  'attribution',
  'model',
  'registry',
  'verification',
  'verify-certificate',
  'verify-full-encoding',
  'capabilities',
  'full-encoding',
  'explainers',
  'evaluation',
  'reports',
  'batch',
  'store',
  'queue',
  'server',
  'cli',
  'index',
];

/** Inside solvers, where the rooms have an order of their own. */
const solverRooms = ['bounds', 'search', 'provers', 'pipeline', 'choice', 'evidence', 'threads'];

/** Pairs that the order allows and that shall not be, and why. */
const forbidden = [
  [
    /^verification\//,
    /^(?!verification\/|api\/|errors\.)/,
    'the verifier shares nothing with what it checks',
  ],
  [/^api\//, /^(?!api\/|errors\.)/, 'lib/api holds declarations and imports nothing but errors'],
  [/^solvers\//, /^(engines|loaders)\//, 'a solver knows mask problems only'],
  [/^loaders\//, /^(engines|solvers)\//, 'a loader makes graphs only'],
];

const MOST_LINES = 400;

const lib = join(root, 'lib');

/** Everything that is wrong with the order of imports and the length of files; empty when all is well. */
export function checkRooms(folder = lib) {
  const files = sourceFiles(folder);
  const imports = new Map(files.map((file) => [file, importsOf(folder, file)]));
  const faults = [];
  for (const file of files) {
    const text = readFileSync(join(folder, file), 'utf8');
    const lines = text.split('\n').length - 1;
    if (lines > MOST_LINES) faults.push(`lib/${file} has ${lines} lines, ${MOST_LINES} are the most`);
    if (/^ +private (?!constructor)|\(private /m.test(text))
      faults.push(`lib/${file}: private members are #`);
    if (!file.startsWith('api/') && declares(text))
      faults.push(`lib/${file} declares options or documents: they stand in lib/api`);
    if (rankOf(file) < 0) faults.push(`lib/${file} is in no room; see scripts/rooms.mjs`);
    for (const other of imports.get(file)) {
      if (rankOf(other) > rankOf(file)) faults.push(`lib/${file} imports lib/${other}, a higher room`);
      if (solverRank(other) > solverRank(file))
        faults.push(`lib/${file} imports lib/${other}, a higher room of solvers`);
      for (const [from, to, why] of forbidden)
        if (from.test(file) && to.test(other)) faults.push(`lib/${file} imports lib/${other}: ${why}`);
    }
  }
  return [...faults, ...circles(imports).map((circle) => `a circle of imports: ${circle.join(' → ')}`)];
}

function sourceFiles(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.split(sep).join('/'))
    .sort();
}

/** The files inside the folder that a file imports, types included. */
function importsOf(folder, file) {
  const text = readFileSync(join(folder, file), 'utf8');
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^'";]*?from\s+'(\.[^']+)'|import\(\s*'(\.[^']+)'|(?:^|\n)import\s+'(\.[^']+)'/g,
  );
  return [...found]
    .map(([, from, dynamic, bare]) => from ?? dynamic ?? bare)
    .map((path) =>
      relative(folder, join(folder, dirname(file), path))
        .split(sep)
        .join('/')
        .replace(/\.js$/, '.ts'),
    );
}

/** Whether a file takes what declarations are made with: the builder of schemas, or that of options. */
function declares(text) {
  return [
    ['Type', 'schema'],
    ['option', 'option'],
  ].some(([name, file]) =>
    new RegExp(`import \\{[^}]*\\b(?<!type )${name}\\b[^}]*\\} from '[./]*/api/${file}\\.js'`).test(text),
  );
}

function rankOf(file) {
  return rooms.indexOf(file === 'cli.ts' ? 'cli' : file.split('/')[0].replace(/\.ts$/, ''));
}

/** Rank within lib/solvers; files of other rooms and those that stand in solvers itself are outside that order. */
function solverRank(file) {
  const [room, part, more] = file.split('/');
  return room === 'solvers' && more !== undefined ? solverRooms.indexOf(part) : NaN;
}

/** One circle for each strongly connected set of files, found by depth-first search. */
function circles(imports) {
  const found = [];
  const state = new Map();
  const path = [];
  const visit = (file) => {
    state.set(file, 'open');
    path.push(file);
    for (const other of imports.get(file) ?? []) {
      if (state.get(other) === 'open') found.push([...path.slice(path.indexOf(other)), other]);
      else if (!state.has(other)) visit(other);
    }
    path.pop();
    state.set(file, 'done');
  };
  for (const file of imports.keys()) if (!state.has(file)) visit(file);
  return found;
}

/** The page runs in browsers: of the library it knows the types of lib/api, which leave nothing behind. */
export function checkPage(folder = join(root, 'web', 'src')) {
  const statements = /^(import|export)\b(?:(?!;)[^])*?from\s+'(\.\.\/\.\.\/lib\/[^']+)'/gm;
  return readdirSync(folder, { recursive: true }).flatMap((name) =>
    /\.tsx?$/.test(name)
      ? [...readFileSync(join(folder, name), 'utf8').matchAll(statements)]
          .filter(([whole, , path]) => !/^import\s+type\b/.test(whole) || !path.startsWith('../../lib/api/'))
          .map(([, , path]) => `web/src/${name} imports ${path}: only types of lib/api`)
      : [],
  );
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const faults = [...checkRooms(), ...checkPage()];
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
