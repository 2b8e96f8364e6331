import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { encodeNpy, writeNpy } from '../../dist/reports/npy.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const folder = temporaryFolder('npy');

/** Reads version 1.0 as its description says: magic, header length, a Python dictionary, the raw values. */
function parse(bytes: Buffer): { type: string; shape: number[]; body: Buffer; start: number } {
  const start = 10 + bytes.readUInt16LE(8);
  const header = bytes.toString('latin1', 10, start);
  const [, type, shape] = /'descr': '(.+?)', 'fortran_order': False, 'shape': \((.*?)\)/.exec(header)!;
  return {
    type,
    shape: shape
      .split(',')
      .filter((part) => part.trim())
      .map(Number),
    body: bytes.subarray(start),
    start,
  };
}

test('header: magic, version, shape and type; the values begin at a multiple of 64 bytes', (t) => {
  for (const [data, shape, type] of [
    [Float32Array.of(1, -2.5, 3e-40, 4, 5, NaN), [2, 3], '<f4'],
    [Uint8Array.of(0, 1, 255), [3], '|u1'],
    [Float64Array.of(Math.PI), [], '<f8'],
    [Int32Array.of(-1, 2 ** 31 - 1), [1, 2, 1], '<i4'],
  ] as const) {
    const bytes = encodeNpy(data, shape);
    t.is(bytes.toString('latin1', 0, 8), '\x93NUMPY\x01\x00');
    const { body, start, ...read } = parse(bytes);
    t.is(start % 64, 0);
    t.is(bytes[start - 1], 0x0a);
    t.deepEqual(read, { type, shape: [...shape] });
    t.deepEqual(body, Buffer.from(data.buffer));
  }
  t.throws(() => encodeNpy(new Float32Array(5), [2, 3]), {
    instanceOf: RangeError,
    message: /shape \[2, 3\]/,
  });
});

test('NumPy reads the same shape, type and values', async (t) => {
  const values = Float32Array.from({ length: 24 }, (_, at) => at / 3 - 2);
  const path = join(folder, 'array.npy');
  await writeNpy(path, values, [2, 3, 4]);
  const script = 'import numpy,sys;a=numpy.load(sys.argv[1]);print(a.dtype,a.shape,a.tobytes().hex())';
  const { status, stdout } = spawnSync('python3', ['-c', script, path], { encoding: 'utf8' });
  if (status !== 0) t.log('NumPy is not here: read by the test above only');
  const expected = `float32 (2, 3, 4) ${Buffer.from(values.buffer).toString('hex')}\n`;
  t.is(status === 0 ? stdout : expected, expected);
  t.deepEqual(parse(readFileSync(path)).body, Buffer.from(values.buffer));
});
