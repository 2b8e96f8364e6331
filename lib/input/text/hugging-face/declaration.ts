import { type DeclarationCode, declarationFault } from '../../../errors.js';

/** One object of a `tokenizer.json`, read field by field with errors that name the place. */
export class Declaration {
  readonly #fields: Record<string, unknown>;
  readonly #where: string;
  readonly #code: DeclarationCode;

  /** @throws SmugError with `code` unless `value` is an object */
  constructor(value: unknown, where: string, code: DeclarationCode) {
    this.#where = where;
    this.#code = code;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw this.fault('an object is expected');
    this.#fields = value as Record<string, unknown>;
  }

  get type(): string {
    return this.text('type');
  }

  has(key: string): boolean {
    return this.#fields[key] !== undefined && this.#fields[key] !== null;
  }

  text(key: string, otherwise?: string): string {
    return this.#read(key, otherwise, 'a string', (value) => typeof value === 'string');
  }

  flag(key: string, otherwise?: boolean): boolean {
    return this.#read(key, otherwise, 'true or false', (value) => typeof value === 'boolean');
  }

  count(key: string, otherwise?: number): number {
    return this.#read(
      key,
      otherwise,
      'a whole number from 0',
      (value) => Number.isSafeInteger(value) && (value as number) >= 0,
    );
  }

  list(key: string, otherwise?: unknown[]): unknown[] {
    return this.#read(key, otherwise, 'a list', (value) => Array.isArray(value));
  }

  raw(key: string): unknown {
    return this.#fields[key];
  }

  object(key: string): Declaration {
    return new Declaration(this.#fields[key], `${this.#where}, "${key}"`, this.#code);
  }

  objects(key: string): Declaration[] {
    return this.list(key).map(
      (value, at) => new Declaration(value, `${this.#where}, "${key}"[${at}]`, this.#code),
    );
  }

  entries(): [string, unknown][] {
    return Object.entries(this.#fields);
  }

  fault(why: string): Error {
    return declarationFault(this.#code, `${this.#where}: ${why}.`);
  }

  /** The error for something that exists in other tokenizers but not here. */
  unsupported(what: string, supported: readonly string[]): Error {
    return this.fault(`${what} is not supported; supported are ${supported.join(', ')}`);
  }

  #read<Value>(
    key: string,
    otherwise: Value | undefined,
    expected: string,
    holds: (value: unknown) => boolean,
  ): Value {
    const value = this.#fields[key];
    if ((value === undefined || value === null) && otherwise !== undefined) return otherwise;
    if (holds(value)) return value as Value;
    throw this.fault(`"${key}" must be ${expected}; it is ${JSON.stringify(value)}`);
  }
}
