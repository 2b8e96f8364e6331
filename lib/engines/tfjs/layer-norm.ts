import type { OperationOf } from '../reference/kernel.js';
import type { DeviceTensor } from './kernels.js';
import { axisIn } from './layout.js';
import { constantOperand, disposeAll, Kept, type Prepare } from './program.js';

export const layerNorm: Prepare<OperationOf<'layerNorm'>> = (site) => {
  const { kernels: k, operation, shape, homes } = site;
  const [layout] = homes;
  const axis = axisIn(layout, operation.axis, shape.length);
  const trailing = new Array<number>(shape.length - 1 - axis).fill(1);
  const vector = (index: number, what: string) => {
    const { data } = constantOperand(site, index, what);
    return new Kept(k, () => k.tensor(data, [data.length, ...trailing]));
  };
  const scale = vector(1, 'scale');
  const shift = vector(2, 'shift');
  const mean = (x: DeviceTensor) => k.mean(x, [axis], true);
  /** x̂ and 1/√(variance + ε) */
  const normalised = (x: DeviceTensor): [DeviceTensor, DeviceTensor] => {
    const centred = k.sub(x, mean(x));
    const variance = k.shifted(mean(k.unary('Square', centred)), operation.epsilon);
    const factor = k.div(k.scalar(1), k.unary('Sqrt', variance));
    return [k.mul(centred, factor), factor];
  };
  return {
    forms: [{ layout }, null, null],
    layout,
    saves: { inputs: true, output: false },
    forward: ([x]) => k.add(k.mul(normalised(x)[0], scale.value), shift.value),
    backward({ inputs: [x], gradient }) {
      const [normal, factor] = normalised(x);
      const by = k.mul(gradient, scale.value);
      const along = k.mul(normal, mean(k.mul(by, normal)));
      return [k.mul(factor, k.sub(k.sub(by, mean(by)), along))];
    },
    dispose: () => disposeAll([scale, shift]),
  };
};
