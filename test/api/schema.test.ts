import test from 'ava';
import { Type as TypeBox } from 'typebox';
import { Check } from 'typebox/value';
import { Type } from '../../dist/api/schema.js';

/** What either builder makes of the same words. */
const build = (type: typeof Type) =>
  type.Object(
    {
      number: type.Number({ minimum: 0, exclusiveMaximum: 1, description: 'a number' }),
      whole: type.Integer({ minimum: 1 }),
      maybe: type.Optional(type.String({ pattern: '^a' })),
      choice: type.Enum(['a', 'b'], { description: 'one of two' }),
      either: type.Union([type.Literal('auto'), type.Integer(), type.Null()], { default: 'auto' }),
      list: type.Array(type.Boolean(), { maxItems: 3 }),
      table: type.Record(type.String(), type.Number()),
      open: type.Unknown({ title: 'anything' }),
      own: type.Unsafe<AbortSignal>({ type: 'object' }),
    },
    { title: 'all of them' },
  );

/** With the properties that are not enumerable, which hold TypeBox's kinds. */
const whole = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(whole);
  return Object.fromEntries(
    Object.getOwnPropertyNames(value)
      .sort()
      .map((name) => [name, whole((value as Record<string, unknown>)[name])]),
  );
};

test("our builder makes what TypeBox's makes, hidden kinds included", (t) => {
  t.deepEqual(whole(build(Type)), whole(build(TypeBox as typeof Type)));
});

test('TypeBox checks values by our schemas', (t) => {
  const schema = build(Type);
  const value = {
    number: 0.5,
    whole: 1,
    choice: 'b',
    either: 3,
    list: [true],
    table: { a: 1 },
    open: null,
    own: {},
  };
  t.true(Check(schema, value));
  t.true(Check(schema, { ...value, maybe: 'abc' }));
  for (const wrong of [{ number: 1 }, { choice: 'c' }, { either: 'x' }, { list: [1] }, { maybe: 'b' }])
    t.false(Check(schema, { ...value, ...wrong }), JSON.stringify(wrong));
});
