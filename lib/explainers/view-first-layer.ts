import type { ClassNames } from '../input/class-names.js';
import type { Model } from '../model/model.js';
import type { Tensor } from '../tensor.js';
import { attributeNodes, type NodeAttribution, type NodePath } from './attribute-nodes.js';
import { viewInput, type InputView } from './first-layer.js';
import type { AttributeSettings } from './options.js';

/** One input as the first layer sees it, with what the nodes of that layer are worth. */
export interface FirstLayerView extends InputView {
  attribution: NodeAttribution;
}

/** Steps 1 and 2 of the method, on the path from zero activations. */
export async function viewFirstLayer(
  model: Model,
  input: Tensor,
  settings: AttributeSettings,
  names: ClassNames | null,
  { baselines, topK }: Pick<NodePath, 'baselines' | 'topK'> = {},
): Promise<FirstLayerView> {
  const view = await viewInput(model, input, settings, names);
  return { ...view, attribution: await attributeNodes(model, view, settings, { baselines, topK }) };
}
