// The reference pages of the documentation, made from what declares each thing: the library from declarations and docstrings,
// options from lib/api, commands from their help.
import { options } from '../../dist/api/options.js';
import { defaultOf } from '../../dist/api/option.js';
import { commands } from '../../dist/cli/run.js';
import { helpOf, overview } from '../../dist/cli/help.js';
import { format } from 'prettier';
import { exportedItems } from './api-model.mjs';

const made = (from) => `*Made from ${from} by \`npm run docs\`.*\n`;
const code = (text, language = '') => `\`\`\`${language}\n${text}\n\`\`\`\n`;
/** Markdown of the site reads `<` as the start of a tag, and `{{` as a formula, outside of code. */
const plain = (text) =>
  text
    .split(/(`[^`]*`)/)
    .map((part, i) => (i % 2 ? part : part.replaceAll('<', '&lt;').replaceAll('{{', '{&#8203;{')))
    .join('');
const cell = (text) => plain(text).replaceAll('|', '\\|').replaceAll('\n', ' ');

/** Name of a page under docs/reference → its text. */
export async function referencePages() {
  const items = exportedItems();
  return {
    'library.md': await libraryPage(items),
    'options.md': optionsPage(),
    'commands.md': commandsPage(),
  };
}

const groups = [
  ['Functions', 'Function'],
  ['Classes', 'Class'],
  ['Types', 'Interface', 'TypeAlias', 'Variable', 'Enum'],
];

async function libraryPage(items) {
  const sections = [];
  for (const [title, ...kinds] of groups) {
    const members = items.filter(({ kind }) => kinds.includes(kind));
    sections.push(`## ${title}\n\n${(await Promise.all(members.map(itemSection))).join('\n')}`);
  }
  const left = items.filter(({ kind }) => !groups.flat().includes(kind));
  if (left.length)
    throw new Error(`no group for ${left.map(({ kind, name }) => `${kind} ${name}`).join(', ')}`);
  return `# Library\n\n${made('the declarations and docstrings')}\n${sections.join('\n')}`;
}

async function itemSection({ name, signature, doc, members }) {
  // A class or an interface is shown with its members inside.
  const inside = members.map((member) => {
    const said = [member.doc.text, member.doc.returns && `Returns ${member.doc.returns}`]
      .filter(Boolean)
      .join('\n');
    const comment = said
      ? `${said
          .split('\n')
          .map((line) => `  // ${line}`.trimEnd())
          .join('\n')}\n`
      : '';
    return `${comment}  ${member.signature.replaceAll('\n', '\n  ')}`;
  });
  const whole = members.length ? `${signature} {\n${inside.join('\n')}\n}` : signature;
  const readable = await format(whole, { parser: 'typescript', printWidth: 76, singleQuote: true });
  const { text, parameters, returns, throws } = doc;
  return [
    `### ${name}\n`,
    code(readable.trimEnd(), 'ts'),
    text && `${plain(text)}\n`,
    parameters.map(([parameter, said]) => `- \`${parameter}\`: ${plain(said)}\n`).join(''),
    returns && `**Returns** ${plain(returns)}\n`,
    throws && `**Throws** ${plain(throws)}\n`,
  ]
    .filter(Boolean)
    .join('\n');
}

function optionsPage() {
  const rows = Object.entries(options).map(([name, option]) => {
    const fallback = defaultOf(option, option.calls);
    const shown = fallback === undefined ? '' : `\`${JSON.stringify(fallback)}\``;
    return `| \`${name}\` | ${cell(option.help)} | ${shown} | ${option.calls.join(', ')} |`;
  });
  return (
    `# Options\n\n${made('lib/api/options.ts')}\nOn the command line \`topK\` is \`--top-k\`. A value that is wrong, or an ` +
    'option that a call does not know, is a `TypeError` or `RangeError` with the code `BAD_OPTION`.\n\n' +
    `| option | what | default | taken by |\n|---|---|---|---|\n${rows.join('\n')}\n`
  );
}

function commandsPage() {
  const sections = Object.entries(commands).map(
    ([name, command]) => `## smug ${name}\n\n${code(helpOf(name, command).trimEnd())}`,
  );
  return `# Commands\n\n${made('what every command prints with `--help`')}\n${code(overview(commands).trimEnd())}\n${sections.join('\n')}`;
}
