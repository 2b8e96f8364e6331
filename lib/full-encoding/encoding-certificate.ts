import type { EncodingCertificate } from '../api/encoding-certificate.js';
import type { FullEncodingDocument } from '../api/full-encoding.js';
import type { Graph } from '../graph/graph.js';
import type { InputGeometry } from '../masks/cells.js';
import { gapOf } from '../masks/gap.js';
import { networkDigest } from '../verification/encoding/network-digest.js';

/** What a full encoding was asked about. */
interface EncodedQuestion {
  /** Source of the model. */
  source: string;
  /** From X to the logits. */
  graph: Graph;
  geometry: InputGeometry;
  /** Of the model's input. */
  inputShape: readonly number[];
  x: ArrayLike<number>;
}

/** What `smug verify --model` reads: the answer with all that it takes to check the mask again. */
export function encodingCertificate(
  { target, parameters, mask, certificate }: FullEncodingDocument,
  { source, graph, geometry, inputShape, x }: EncodedQuestion,
): EncodingCertificate {
  const { status, provenBy, nodes, tried } = certificate;
  const { height, width, channels, channelStride } = geometry;
  const size = mask?.size ?? 0;
  // Where no mask keeps the class no number is its bound.
  const lowerBound = status === 'infeasible' ? 0 : certificate.lowerBound;
  return {
    format: 'smug-encoding-certificate',
    version: 1,
    model: { source, sha256: networkDigest(graph) },
    image: {
      ...{ inputShape: [...inputShape], height, width },
      layout: channels > 1 && channelStride === 1 ? 'channels-last' : 'channels-first',
      x: Array.from(x),
    },
    ...{ target: target.index, delta: parameters.delta, status, mask: mask?.cells ?? null, size, lowerBound },
    gap: gapOf(mask, size, lowerBound),
    said: { by: provenBy, nodes, tried },
  };
}
