// What the package exports, with signatures and docstrings, read from its declarations (dist/index.d.ts). API Extractor does
// the reading: TypeScript 7 has no interface for it, and API Extractor brings a TypeScript of its own.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import { root } from '../native-deps.mjs';

/**
 * @typedef {{ name: string, kind: string, signature: string, doc: Doc, members: Item[] }} Item
 * @typedef {{ text: string, parameters: [string, string][], returns: string, throws: string }} Doc
 */

/** @returns {Item[]} in the order of their names */
export function exportedItems() {
  const folder = mkdtempSync(join(tmpdir(), 'smug-api-'));
  const file = join(folder, 'model.json');
  const quiet = { default: { logLevel: 'none' } };
  try {
    const { succeeded } = Extractor.invoke(
      ExtractorConfig.prepare({
        packageJsonFullPath: join(root, 'package.json'),
        configObjectFullPath: undefined,
        configObject: {
          projectFolder: root,
          mainEntryPointFilePath: join(root, 'dist', 'index.d.ts'),
          newlineKind: 'lf',
          compiler: { tsconfigFilePath: join(root, 'tsconfig.json') },
          apiReport: { enabled: false },
          dtsRollup: { enabled: false },
          tsdocMetadata: { enabled: false },
          docModel: { enabled: true, apiJsonFilePath: file },
          messages: {
            compilerMessageReporting: quiet,
            extractorMessageReporting: quiet,
            tsdocMessageReporting: quiet,
          },
        },
      }),
      {
        localBuild: true,
        messageCallback: (message) => {
          message.handled = message.logLevel !== 'error';
        },
      },
    );
    if (!succeeded) throw new Error('API Extractor could not read dist/index.d.ts');
    return JSON.parse(readFileSync(file, 'utf8')).members[0].members.map(itemOf);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function itemOf({ name, kind, excerptTokens, docComment, members = [] }) {
  const signature = excerptTokens
    .map(({ text }) => text)
    .join('')
    .replace(/^export declare /, '')
    .replace(/^export /, '')
    .trim();
  return { name: name ?? kind, kind, signature, doc: docOf(docComment ?? ''), members: members.map(itemOf) };
}

/** The parts of a docstring. API Extractor puts its tags on lines of their own. */
export function docOf(comment) {
  const lines = comment
    .replace(/^\/\*\*|\*\/\s*$/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd());
  const doc = { text: '', parameters: [], returns: '', throws: '' };
  let add = (line) => {
    doc.text += `${line}\n`;
  };
  for (const line of lines) {
    const [, tag, rest] = line.match(/^@(\w+)\s*(.*)$/) ?? [];
    if (tag === 'param') {
      const [, parameter, said = ''] = rest.match(/^(\S+)\s*(?:-\s*)?(.*)$/) ?? [];
      const entry = [parameter, said];
      doc.parameters.push(entry);
      add = (more) => {
        entry[1] += ` ${more.trim()}`;
      };
    } else if (tag === 'returns' || tag === 'throws') {
      doc[tag] = `${doc[tag]} ${rest}`;
      add = (more) => {
        doc[tag] += ` ${more.trim()}`;
      };
    } else add(line);
  }
  const tidy = (text) => text.replace(/\\([`{}@<>#*_[\]])/g, '$1').trim();
  return {
    text: tidy(doc.text),
    parameters: doc.parameters.map(([name, text]) => [name, tidy(text)]),
    returns: tidy(doc.returns),
    throws: tidy(doc.throws),
  };
}
