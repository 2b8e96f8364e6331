import { Ajv, type ValidateFunction } from 'ajv';
import { documents } from '../../dist/api/documents.js';

/** The document that each command prints with --json. */
const printedBy: Record<string, string> = {
  explain: 'explanations',
  compare: 'comparisons',
  batch: 'batch-summary',
  sweep: 'sweep',
  report: 'written-report',
  submit: 'submitted',
  worker: 'worker-report',
  status: 'queue-status',
  solve: 'solution',
  attribute: 'attribution',
  predict: 'prediction',
  verify: 'verdict',
  doctor: 'doctor',
};

/** The same of a command that prints one document per line. */
const lineOf: Record<string, string> = { explain: 'explanation-line', status: 'queue-status' };

const ajv = new Ajv({ allErrors: true, strict: false });
const validators = new Map<string, ValidateFunction>();

/**
 * Throws where a command's JSON is not what `lib/api` declares: a field that is missing, of another type, or not
 * declared at all. An error stands on stderr as one line of JSON.
 */
export function checkPrinted(
  command: string,
  { code, stdout, stderr }: { code: number | null; stdout: string; stderr: string },
  byLine = false,
): void {
  const lines = stdout.split('\n').slice(0, -1);
  if (lines.length > 1 && !byLine) throw new Error(`expected one JSON line on stdout, got: ${stdout}`);
  for (const line of lines) {
    const document = JSON.parse(line) as object;
    check(byLine ? lineOf[command] : nameOf(command, document), document);
  }
  if (code === 0 || (command === 'verify' && stdout !== '')) return;
  const failures = stderr.split('\n').filter((line) => line.startsWith('{'));
  if (failures.length !== 1) throw new Error(`expected one JSON line on stderr, got: ${stderr}`);
  check('failure', JSON.parse(failures[0]));
}

function nameOf(command: string, document: object): string {
  if (command === 'evaluate') return 'texts' in document ? 'text-table' : 'evaluation-table';
  if (command === 'verify' && 'target' in document) return 'encoding-verdict';
  const name = printedBy[command];
  if (name === undefined) throw new Error(`nothing declares what smug ${command} --json prints`);
  return name;
}

/** One document against its declaration. */
export function check(name: string, document: unknown): void {
  let validate = validators.get(name);
  if (validate === undefined) {
    validate = ajv.compile(closed(JSON.parse(JSON.stringify(documents[name]))) as object);
    validators.set(name, validate);
  }
  if (!validate(document)) throw new Error(`${name}: ${ajv.errorsText(validate.errors)}`);
}

/** The schema with no room for undeclared fields: the published one leaves room, for what later versions add. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const parts = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return 'properties' in parts ? { additionalProperties: false, ...parts } : parts;
}
