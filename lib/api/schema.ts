import type { Type as TypeBox } from 'typebox';

export type { Static, TSchema } from 'typebox';

/**
 * The part of TypeBox's builder that this package needs, with TypeBox's own types. What it builds is what TypeBox
 * builds: plain JSON Schema, whose kind stands in properties that are not enumerable. Loading TypeBox itself, some 500
 * modules, would double the time that the package takes to start; `test/api/schema.test.ts` holds both side by side.
 */
export const Type: Pick<
  typeof TypeBox,
  | 'Array'
  | 'Boolean'
  | 'Enum'
  | 'Integer'
  | 'Literal'
  | 'Null'
  | 'Number'
  | 'Object'
  | 'Optional'
  | 'Record'
  | 'String'
  | 'Union'
  | 'Unknown'
  | 'Unsafe'
> = {
  Array: build('Array', (items: object) => ({ type: 'array', items })),
  Boolean: build('Boolean', () => ({ type: 'boolean' })),
  Enum: build('Enum', (values: readonly unknown[]) => ({ enum: [...values] })),
  Integer: build('Integer', () => ({ type: 'integer' })),
  Literal: build('Literal', (value: string | number | boolean) => ({ type: typeof value, const: value })),
  Null: build('Null', () => ({ type: 'null' })),
  Number: build('Number', () => ({ type: 'number' })),
  Object: build('Object', (properties: Record<string, object>) => {
    const required = Object.keys(properties).filter((name) => !('~optional' in properties[name]));
    return { type: 'object', ...(required.length > 0 && { required }), properties };
  }),
  Optional: (schema: object) => hidden(copy(schema), '~optional', true),
  // Keys are strings everywhere in JSON: the first argument only tells the type.
  Record: build('Record', (_key: object, value: object) => ({
    type: 'object',
    patternProperties: { '^.*$': value },
  })),
  String: build('String', () => ({ type: 'string' })),
  Union: build('Union', (anyOf: readonly object[]) => ({ anyOf: [...anyOf] })),
  Unknown: build('Unknown', () => ({})),
  Unsafe: (schema: object) => hidden(copy(schema), '~unsafe', null),
};

/** A whole number from `least`, to `most` where that is given. */
export function whole(least: number, most?: number) {
  return Type.Integer({ minimum: least, ...(most !== undefined && { maximum: most }) });
}

/** The keywords of JSON Schema that declarations use. */
export interface Keywords {
  type?: string;
  const?: unknown;
  enum?: readonly unknown[];
  anyOf?: readonly Keywords[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  items?: Keywords;
  minItems?: number;
  maxItems?: number;
  properties?: Readonly<Record<string, Keywords>>;
  required?: readonly string[];
  additionalProperties?: boolean;
}

/** A builder of one kind: its own arguments first, annotations (title, description, default, minimum …) last. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the types are TypeBox's, stated above
function build(kind: string, keywords: (...own: any[]) => object): any {
  return (...own: unknown[]) => {
    const annotations = own.length > keywords.length ? (own[keywords.length] as object) : {};
    return hidden({ ...keywords(...own), ...annotations }, '~kind', kind);
  };
}

function hidden<Target extends object>(target: Target, key: string, value: unknown): any {
  return Object.defineProperty(target, key, { value, writable: true, configurable: true, enumerable: false });
}

/** With what is not enumerable. */
function copy(schema: object): object {
  return Object.defineProperties({}, Object.getOwnPropertyDescriptors(schema));
}

/** The same schema with other annotations. */
export function annotated<Schema extends object>(schema: Schema, annotations: object): Schema {
  return Object.assign(copy(schema), annotations) as Schema;
}
